"""Limits of uploads: who may upload, and how much is stored, by visitor and in all."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .call_context import context_of
from .client_pool import ClientPool

_ELSEWHERE: Final = "Another site's page cannot add files; open this page in a window of its own."
_ELSEWHERE_ZH: Final = "在其他网站的页面中无法添加文件，请在单独的窗口中打开本页。"
_TOO_LARGE: Final = "A file may have {limit} MB at most; choose a smaller one."
_TOO_LARGE_ZH: Final = "文件不能超过 {limit} MB，请换一个小一些的。"


class UploadQuota:
    """Middleware that limits Gradio's upload route.

    Args:
        app: The app behind it.
        pool: The clients, whose `stored_uploads` has the limits.
    """

    def __init__(self, app: ASGIApp, pool: ClientPool) -> None:
        self._app = app
        self._pool = pool
        self._stored = pool.stored_uploads
        self._receiving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; limit it if it is an upload."""
        if (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"].rstrip("/").endswith("/gradio_api/upload")
        ):
            await self._upload(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        call = context_of(self._pool, request)
        caller = call.caller
        length = request.headers.get("content-length", "0")
        # Plain text: the page shows it as it is.
        if not caller.own_page:
            refusal = PlainTextResponse(_ELSEWHERE_ZH if call.chinese else _ELSEWHERE, 403)
        elif not length.isdecimal() or int(length) > self._stored.visitor_bytes:
            sentence = _TOO_LARGE_ZH if call.chinese else _TOO_LARGE
            limit = self._stored.visitor_bytes >> 20
            refusal = PlainTextResponse(sentence.format(limit=limit), 413)
        else:
            await self._store(caller.visitor, scope, receive, send)
            return
        await refusal(scope, receive, send)

    async def _store(self, visitor: str, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        body = bytearray()

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            size = len(message.get("body", b""))
            received += size
            self._receiving[visitor] += size
            if (
                self._receiving[visitor] > self._stored.visitor_bytes
                or self._receiving.total() > self._stored.all_bytes
            ):
                raise HTTPException(413, "Too much is being uploaded; try again later.")
            return message

        async def watched(message: Message) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        self._stored.make_folder()
        try:
            await self._app(scope, counted, watched)
        finally:
            self._receiving[visitor] -= received
            self._receiving += Counter()  # forgets visitors of nothing
            await self._stored.keep(_paths(bytes(body)), visitor)


def _paths(body: bytes) -> list[Path]:
    """The paths in the response of an upload."""
    try:
        paths = json.loads(body)
    except ValueError:
        return []
    return (
        [Path(path) for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    )
