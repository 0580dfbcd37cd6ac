"""The route class of the Ark dialect: every error in Ark's format."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimeng_app.call_context import handle_errors
from jimeng_app.lenient_routes import ALLOWED
from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import from_pydantic

from .errors import error_response


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
        response.headers["Allow"] = ", ".join(sorted(scope.get(ALLOWED, methods)))
        await response(scope, receive, send)
