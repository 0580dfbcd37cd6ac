"""The route class of the Ark dialect: a body size limit, and every error in Ark's format."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimeng_app.call_context import handle_errors
from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import from_pydantic

from .errors import MAX_BODY, TooLarge, error_response


async def read_body(request: Request) -> bytearray:
    """The body of a request.

    Raises:
        TooLarge: It is larger than `MAX_BODY`; the rest of it is not read.
        InvalidRequest: The connection was closed before its end.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_BODY:
        raise TooLarge
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) + len(chunk) > MAX_BODY:
                raise TooLarge
            body += chunk
    except ClientDisconnect:
        raise InvalidRequest(
            "The body is incomplete; send the request again.", "请求体不完整，请重新发送。"
        ) from None
    return body


class ArkRoute(APIRoute):
    """A route whose errors are responses in Ark's format."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of requests; it never raises."""
        handler = super().get_route_handler()

        async def respond(request: Request) -> Response:
            async def work() -> Response:
                try:
                    return await handler(request)
                except RequestValidationError as error:
                    # The first part of `loc` is `path` or `query`.
                    errors = [{**item, "loc": item["loc"][1:]} for item in error.errors()]
                    raise from_pydantic(errors) from None

            return await handle_errors(work, lambda error: error_response(request, error))

        return respond

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request for this path; 405 if its method is not supported."""
        method, methods = scope["method"], sorted(self.methods or ())
        if method in methods:
            await super().handle(scope, receive, send)
            return
        error = InvalidRequest(
            f"The method {method[:20]} is not supported here; see /docs for those that are.",
            f"这里不支持 {method[:20]}，可用的方法见 /docs。",
        )
        response = error_response(Request(scope), error, HTTPStatus.METHOD_NOT_ALLOWED)
        response.headers["Allow"] = ", ".join(methods)
        await response(scope, receive, send)
