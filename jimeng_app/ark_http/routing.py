"""A route whose every failure ends in Ark's form."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimeng_app.calls import attempt
from jimeng_core.errors import InvalidRequest

from .errors import refused
from .misfits import misfit


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
                    raise misfit(
                        [{**each, "loc": each["loc"][1:]} for each in error.errors()]
                    ) from None

            return await attempt(work, lambda error: refused(request, error))

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
        answer = refused(Request(scope), error, HTTPStatus.METHOD_NOT_ALLOWED)
        answer.headers["Allow"] = ", ".join(sorted(self.methods or ()))
        await answer(scope, receive, send)
