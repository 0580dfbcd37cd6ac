"""Limits of uploads: who may upload, and how much is stored, by visitor and in all."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .call_context import context_of
from .client_pool import ClientPool

VISITOR_BYTES: Final = 300 * 2**20
"""Bytes of a visitor's uploads: the pictures of one request, at their largest."""
ALL_BYTES: Final = 2 * 2**30
FILE_BYTES: Final = 2**18
"""What a file counts at least, so that there are 8,192 at most."""
UNFINISHED_SECONDS: Final = 600.0
"""Seconds after which a file that is still being received counts as given up."""


class UploadQuota:
    """Middleware that limits Gradio's upload route; beyond the limits, the oldest are removed.

    Args:
        app: The app behind it.
        pool: The clients, whose `uploads` is the folder.
        visitor_bytes: The limit for each visitor, and for one request.
        all_bytes: The limit for all visitors.
    """

    def __init__(
        self,
        app: ASGIApp,
        pool: ClientPool,
        *,
        visitor_bytes: int = VISITOR_BYTES,
        all_bytes: int = ALL_BYTES,
    ) -> None:
        self._app = app
        self._pool = pool
        self._visitor_bytes = visitor_bytes
        self._all_bytes = all_bytes
        self._owners: dict[Path, str] = {}
        self._receiving: Counter[str] = Counter()
        self._removing = anyio.Lock()

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
        caller = context_of(self._pool, request).caller
        length = request.headers.get("content-length", "0")
        if not caller.own_page:
            refusal = JSONResponse({"detail": "Pages of other sites may not upload."}, 403)
        elif not length.isdecimal() or int(length) > self._visitor_bytes:
            limit = self._visitor_bytes >> 20
            refusal = JSONResponse({"detail": f"An upload has {limit} MB at most."}, 413)
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
                self._receiving[visitor] > self._visitor_bytes
                or self._receiving.total() > self._all_bytes
            ):
                raise HTTPException(413, "Too much is being uploaded; try again later.")
            return message

        async def watched(message: Message) -> None:
            body.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counted, watched)
        finally:
            self._receiving[visitor] -= received
            self._receiving += Counter()  # forgets visitors of nothing
            self._owners.update(dict.fromkeys(_paths(bytes(body)), visitor))
            async with self._removing:
                await to_thread.run_sync(self._remove_oldest)

    def _remove_oldest(self) -> None:
        files = sorted(_files(self._pool.uploads))
        used = Counter({"": 0})
        for _, size, path in files:
            used[self._owners.get(path, "")] += size
        for _, size, path in files:
            owner = self._owners.get(path, "")
            if used.total() > self._all_bytes or (owner and used[owner] > self._visitor_bytes):
                path.unlink(missing_ok=True)
                with suppress(OSError):  # it has other files, or is the folder of all
                    path.parent.rmdir()
                used[owner] -= size
        self._owners = {path: owner for path, owner in self._owners.items() if path.exists()}


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """The time, size and path of each upload; one that is still being received is left out."""
    for path in folder.rglob("*"):
        try:
            status = path.stat()
        except OSError:  # removed meanwhile
            continue
        given_up = time.time() - status.st_mtime > UNFINISHED_SECONDS
        if path.is_file() and (path.parent != folder or given_up):
            yield status.st_mtime, max(status.st_size, FILE_BYTES), path


def _paths(body: bytes) -> list[Path]:
    """The paths in the response of an upload."""
    try:
        paths = json.loads(body)
    except ValueError:
        return []
    return (
        [Path(path) for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    )
