"""The results of many tasks as one zip file, which is sent while they are downloaded."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import anyio
import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from jimeng_app.argument_reading import MAX_IDS
from jimeng_app.call_context import CallContext, context_of, handle_errors
from jimeng_app.cli.content import UNKNOWN_IMAGE, result_suffix
from jimeng_app.cli.download import results_of
from jimeng_app.cli.transfer import MAX_BYTES, open_http_client
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoints import look_up
from jimeng_app.seats import Seats
from jimeng_app.static_routes import demo_file
from jimeng_app.zip_stream import ZipBuffer
from jimeng_core import JimengError
from jimeng_core.pictures.public_network import PrivateAddress
from jimeng_core.rows import Lookup, Row

from .look_ups import requested_ids

CHUNK: Final = 2**18
"""Bytes of a file that are in memory at a time."""
ALL_ARCHIVES: Final = 8
"""Archives that are sent at a time."""
VISITOR_ARCHIVES: Final = 2
"""Those of one visitor."""
_SETTINGS: Final = (
    *("id", "mode", "prompt", "model", "duration_seconds", "resolution", "ratio", "fps", "seed"),
    *("width", "height", "created_at", "completed_at"),
)
"""Fields of the row that the list of an archive repeats."""


class NoResult(Exception):
    """A file cannot be downloaded, or is no result."""


def archive_route(pool: ClientPool, media: Path) -> Route:
    """The route: a request has `ids`; the response is a zip file.

    Its `manifest.json` has what each file was made with, its size and SHA-256, and the tasks that
    have no file. The comment at its end is JSON: the number of `files`, and the ids that `failed`.
    Nothing is compressed, and no file is stored on this server.

    Args:
        pool: The clients that look the tasks up.
        media: The folder of the demo's files.
    """
    seats = Seats(of_all=ALL_ARCHIVES, of_visitor=VISITOR_ARCHIVES)

    async def serve(request: Request) -> Response:
        call = context_of(pool, request)
        ids = (await requested_ids(request, call))[:MAX_IDS]
        found = await handle_errors(lambda: look_up(call, ids), lambda error: error)
        if isinstance(found, JimengError):
            return JSONResponse({"detail": call.error_message(found)}, 400)
        return _SeatedResponse(call, seats, ResultArchive(call, media).stream(found))

    return Route("/page/archive", serve, methods=["POST"])


class _SeatedResponse(StreamingResponse):
    """A response that is sent while a seat is taken."""

    def __init__(self, call: CallContext, seats: Seats, content: AsyncIterator[bytes]) -> None:
        super().__init__(content, media_type="application/zip")
        self._call = call
        self._seats = seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or refuse it where there is no seat."""
        try:
            with self._seats.take(self._call.caller.visitor):
                await super().__call__(scope, receive, send)
        except JimengError as error:  # of the seat: nothing was sent yet
            refusal = JSONResponse({"detail": self._call.error_message(error)}, 429)
            await refusal(scope, receive, send)


@dataclass(slots=True)
class ResultArchive:
    """One zip file."""

    call: CallContext
    media: Path
    files: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    async def stream(self, lookups: Sequence[Lookup]) -> AsyncIterator[bytes]:
        """The bytes of the zip file."""
        buffer = ZipBuffer()
        allow_private = self.call.pool.settings.allow_private_urls
        async with open_http_client(allow_private=allow_private) as http:
            with ZipFile(buffer, "w", ZIP_STORED) as archive:
                for lookup in {each.id: each for each in lookups}.values():
                    async for _ in self._add(archive, http, lookup):
                        yield buffer.take()
                archive.writestr("manifest.json", self._manifest())
                failed = list(dict.fromkeys(each["id"] for each in self.failed))
                comment = {"files": len(self.files), "failed": failed}
                archive.comment = json.dumps(comment).encode()
        yield buffer.take()

    def _manifest(self) -> str:
        content = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": self.files,
            "failed": self.failed,
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    async def _add(
        self, archive: ZipFile, http: httpx.AsyncClient, lookup: Lookup
    ) -> AsyncIterator[None]:
        """Add the files of a task; yields after each part."""
        row = self.call.row(lookup)
        results = results_of(lookup.task, _name(row))
        if not results:
            self._fail(row, row["error"]["code"] if row["error"] else "not_completed")
        for url, name in results:
            try:
                async for _ in self._add_file(archive, self._content(http, url), name, row):
                    yield
            except (NoResult, PrivateAddress, OSError, httpx.HTTPError, httpx.InvalidURL):
                self._fail(row, "download_failed", name)

    def _fail(self, row: Row, code: str, name: str | None = None) -> None:
        self.failed.append({"id": row["id"], "prompt": row["prompt"], "code": code, "name": name})

    async def _add_file(
        self, archive: ZipFile, content: AsyncIterator[bytes], name: str, row: Row
    ) -> AsyncIterator[None]:
        """Add one file; raises before anything is written if it is no result."""
        start = await anext(content, b"")
        suffix = result_suffix(start, image=name.endswith(UNKNOWN_IMAGE))
        if suffix is None:
            raise NoResult
        name = name.removesuffix(UNKNOWN_IMAGE) + suffix if name.endswith(UNKNOWN_IMAGE) else name
        digest = hashlib.sha256(start)
        with archive.open(ZipInfo(name, datetime.now(UTC).timetuple()[:6]), "w") as target:
            target.write(start)
            size = len(start)
            yield
            async for chunk in content:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise NoResult
                digest.update(chunk)
                target.write(chunk)
                yield
        settings = {each: row[each] for each in _SETTINGS}
        self.files.append({"name": name, **settings, "size": size, "sha256": digest.hexdigest()})

    async def _content(self, http: httpx.AsyncClient, url: str) -> AsyncIterator[bytes]:
        """The parts of a file: of the demo's on this disk, or of one on the internet."""
        if path := demo_file(self.media, url):
            async with await anyio.open_file(path, "rb") as file:
                while chunk := await file.read(CHUNK):
                    yield chunk
            return
        async with http.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise NoResult
            async for chunk in response.aiter_bytes(CHUNK):
                yield chunk


def _name(row: Row) -> str:
    """The name of a task's files: its mode, its date and its id."""
    day = (row["created_at"] or "")[:10]
    return "-".join(filter(None, (str(row["mode"] or "video"), day, str(row["id"]))))
