"""The outermost layer of the app: a malformed request is a 4xx and one line in the log."""

import logging
import re
from collections.abc import Mapping
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jimeng_core.pasted_text import excerpt

log = logging.getLogger(__name__)

_HOST: Final = re.compile(r"(?:[^\s/?#@\\<>\"^`{|}\[\]:]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_ORIGIN: Final = re.compile(rf"null|[A-Za-z][A-Za-z0-9+.-]*://(?:{_HOST.pattern})?")
_GRADIO: Final = "/gradio_api/"
_STREAM: Final = "/gradio_api/queue/data"
"""Where Gradio refuses an unknown session only after it has begun the response, with an event."""
_REFUSAL: Final = b'"unexpected_error"'


class RequestGuard:
    """ASGI middleware that answers what Gradio's routes would raise for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if name := _malformed(Headers(scope=scope)):
            log.warning("Refused a request with a malformed header %s.", name)
            response = JSONResponse({"detail": f"The header {name} is malformed."}, 400)
            await response(scope, receive, send)
            return
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        held: list[Message] = []
        stream = _STREAM in scope["path"]

        async def watched(message: Message) -> None:
            nonlocal started
            start = message["type"] == "http.response.start"
            if stream and not started and (start or _REFUSAL in message.get("body", b"")):
                held.append(message)
                return
            started = True
            for each in (*held, message):
                await send(each)
            held.clear()

        try:
            await self._app(scope, receive, watched)
            for message in held:
                await send(message)
        except Exception as error:
            if _GRADIO not in scope["path"]:
                raise
            log.warning("Refused %s %s.", scope["method"], excerpt(scope["path"]))
            log.debug("Why it was refused:", exc_info=True)
            if not started:
                status = getattr(error.__cause__, "status_code", 400)
                response = JSONResponse({"detail": "There is no such event or session."}, status)
                await response(scope, receive, send)


async def refuse_invalid(_: Request, error: Exception) -> Response:
    """The response to a request that does not have the form of a route; repeats no input."""
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    detail = [
        {"type": each["type"], "loc": [excerpt(part) for part in each["loc"]], "msg": each["msg"]}
        for each in errors[:10]
    ]
    return JSONResponse({"detail": detail}, 422)


def _malformed(headers: Mapping[str, str]) -> str | None:
    """The name of a header that is not what it must be."""
    if "host" in headers and not _HOST.fullmatch(headers["host"]):
        return "Host"
    if "origin" in headers and not _ORIGIN.fullmatch(headers["origin"]):
        return "Origin"
    return None
