"""The route class of the Ark dialect: a body size limit, and every failure in Ark's format."""

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

from .errors import TooLarge, error_response
from .misfits import validation_problem

LIMIT = 64 * 2**20
"""Bytes of a body, pictures in base64 included: as many as Ark takes (Ark protocol A7)."""


async def read_body(request: Request) -> bytearray:
    """The body of a request.

    Raises:
        TooLarge: It has more bytes than this door takes; no more of them were read.
        InvalidRequest: It broke off.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > LIMIT:
        raise _too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            if len(body) + len(chunk) > LIMIT:
                raise _too_large()
            body += chunk
    except ClientDisconnect:
        raise InvalidRequest(
            "The body broke off; send the request again.", "请求体中断，请重新发送。"
        ) from None
    return body


def _too_large() -> TooLarge:
    megabytes = LIMIT >> 20
    return TooLarge(
        f"The body is larger than {megabytes} MB; use fewer or smaller pictures, or http(s) URLs.",
        f"请求体超过 {megabytes} MB，请减少或缩小图片，或改用 http(s) 链接。",
    )


class ArkRoute(APIRoute):
    """A route of this door."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which answers whatever happens."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            async def work() -> Response:
                try:
                    return await handle(request)
                except RequestValidationError as error:
                    # Where a value stood (path or query) is no part of its name.
                    raise validation_problem(
                        [{**each, "loc": each["loc"][1:]} for each in error.errors()]
                    ) from None

            return await handle_errors(work, lambda error: error_response(request, error))

        return answer

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to this path, also one of another method."""
        method = scope["method"]
        if method in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        error = InvalidRequest(
            f"{method[:20]} cannot be done here; see /docs for what can.",
            f"这里不支持 {method[:20]}，可用的方法见 /docs。",
        )
        answer = error_response(Request(scope), error, HTTPStatus.METHOD_NOT_ALLOWED)
        answer.headers["Allow"] = ", ".join(sorted(self.methods or ()))
        await answer(scope, receive, send)
