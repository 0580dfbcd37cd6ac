"""The results of many tasks as one zip file, which is sent while they are downloaded.

A file is downloaded as a whole, and only then added: the archive has no truncated one.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
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
from jimeng_app.cli.download import results_of, with_final_suffix
from jimeng_app.cli.transfer import DownloadFailed, LinkExpired, download_file, open_http_client
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoints import look_up
from jimeng_app.static_routes import demo_file
from jimeng_app.visitor_limits import VisitorLimits
from jimeng_app.zip_stream import ZipBuffer
from jimeng_core import Clock, JimengError, SystemClock
from jimeng_core.rows import Lookup, Row

from .look_ups import ids_of, read_object

CHUNK: Final = 2**18
"""Bytes of a file that are in memory at a time."""
MAX_FILE: Final = 2**29
"""Bytes of the largest file, which is stored until it was sent. A minute of 4k has as many."""
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
    """A link does not lead to a result that an archive can have."""


def archive_route(pool: ClientPool, media: Path, clock: Clock | None = None) -> Route:
    """The route: a request has `ids`; the response is a zip file.

    Its `manifest.json` has what each file was made with, its size and SHA-256, and the tasks that
    have no file. The comment at its end is JSON: the number of `files`, and the ids that `failed`.
    Nothing is compressed. One file at a time is on this disk, until it was sent.

    Args:
        pool: The clients that look the tasks up.
        media: The folder of the demo's files.
        clock: Time and sleep between attempts to download a file.
    """
    limits = VisitorLimits(of_all=ALL_ARCHIVES, of_visitor=VISITOR_ARCHIVES)

    async def serve(request: Request) -> Response:
        call = context_of(pool, request)
        ids = ids_of(await read_object(request, call))[:MAX_IDS]
        found = await handle_errors(lambda: look_up(call, ids), lambda error: error)
        if isinstance(found, JimengError):
            return JSONResponse({"detail": call.error_message(found)}, 400)
        archive = ResultArchive(call, media, clock or SystemClock())
        return _LimitedResponse(call, limits, archive.stream(found))

    return Route("/page/archive", serve, methods=["POST"])


class _LimitedResponse(StreamingResponse):
    """A response that is sent while a slot is taken."""

    def __init__(
        self, call: CallContext, limits: VisitorLimits, content: AsyncIterator[bytes]
    ) -> None:
        super().__init__(content, media_type="application/zip")
        self._call = call
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or refuse it where there is no slot."""
        try:
            with self._limits.slot(self._call.caller.visitor):
                await super().__call__(scope, receive, send)
        except JimengError as error:  # of the slot: nothing was sent yet
            refusal = JSONResponse({"detail": self._call.error_message(error)}, 429)
            await refusal(scope, receive, send)


@dataclass(slots=True)
class ResultArchive:
    """One zip file."""

    call: CallContext
    media: Path
    clock: Clock
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
        self,
        archive: ZipFile,
        http: httpx.AsyncClient,
        lookup: Lookup,
        start: int = 0,
        *,
        retry: bool = True,
    ) -> AsyncIterator[None]:
        """Add the files of a task from number `start`; yields after each part.

        After `LinkExpired` it is looked up again, once: links die while the files before them are
        sent.
        """
        row = self.call.row(lookup)
        results = results_of(lookup.task, _name(row))
        if not results:
            self._fail(row, row["error"]["code"] if row["error"] else "not_completed")
        for number, (url, name) in enumerate(results[start:], start):
            try:
                with TemporaryDirectory(prefix="jimeng-archive-") as folder:
                    path = await self._fetch(http, url, Path(folder, f"result{Path(name).suffix}"))
                    async for _ in self._add_file(archive, path, Path(name).stem, row):
                        yield
            except (NoResult, DownloadFailed, LinkExpired, OSError) as error:
                if retry and isinstance(error, LinkExpired):
                    lookup = await self._look_up_again(lookup.id)
                    async for _ in self._add(archive, http, lookup, number, retry=False):
                        yield
                    return
                self._fail(row, "download_failed", name)

    async def _look_up_again(self, task_id: str) -> Lookup:
        [lookup] = await handle_errors(
            lambda: look_up(self.call, [task_id]),
            lambda error: [Lookup(task_id, None, error, datetime.now(UTC))],
        )
        return lookup

    async def _fetch(self, http: httpx.AsyncClient, url: str, target: Path) -> Path:
        """The file of a result: the demo's on this disk, or one that was downloaded to `target`.

        Raises:
            NoResult: It is too large, or its link is no web address.
            DownloadFailed: It could not be had, in several attempts.
            LinkExpired: Its link no longer works.
        """
        if path := demo_file(self.media, url):
            return path
        if not url.startswith(("https://", "http://")):
            raise NoResult
        await download_file(http, url, target, self.clock, _limit_size)
        return with_final_suffix(target)

    def _fail(self, row: Row, code: str, name: str | None = None) -> None:
        self.failed.append({"id": row["id"], "prompt": row["prompt"], "code": code, "name": name})

    async def _add_file(
        self, archive: ZipFile, path: Path, stem: str, row: Row
    ) -> AsyncIterator[None]:
        """Add one file; raises `OSError` before anything is written if it is not there."""
        name = stem + path.suffix
        digest = hashlib.sha256()
        size = 0
        async with await anyio.open_file(path, "rb") as file:
            with archive.open(ZipInfo(name, datetime.now(UTC).timetuple()[:6]), "w") as target:
                while chunk := await file.read(CHUNK):
                    size += len(chunk)
                    digest.update(chunk)
                    target.write(chunk)
                    yield
        settings = {each: row[each] for each in _SETTINGS}
        self.files.append({"name": name, **settings, "size": size, "sha256": digest.hexdigest()})


def _limit_size(size: int, length: int | None) -> None:
    if max(size, length or 0) > MAX_FILE:
        raise NoResult


def _name(row: Row) -> str:
    """The name of a task's files: its mode, its date and its id."""
    day = (row["created_at"] or "")[:10]
    return "-".join(filter(None, (str(row["mode"] or "video"), day, str(row["id"]))))
