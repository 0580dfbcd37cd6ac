"""`jimeng download`: save the results of completed tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import anyio
import httpx
import typer

from jimeng_core import AsyncJimeng, Completed, CompletedImages, Failed, Lookup, Task
from jimeng_core.concurrency import gather
from jimeng_core.ids import canonical

from .arguments import Ids
from .content import IMAGE_SUFFIXES, UNKNOWN_IMAGE, image_suffix
from .get import ids_of, outcome
from .output import out
from .session import Session, Status, run, session_of
from .transfer import DownloadFailed, LinkExpired, download_file, open_http_client, remote_size

if TYPE_CHECKING:
    from .terminal import ProgressBars

MAX_DOWNLOADS: Final = 3
"""Downloads that run at once."""


class ResultFile(NamedTuple):
    """One file of a task's result."""

    url: str
    name: str
    """Its suffix is `UNKNOWN_IMAGE` until the format is known."""


def results_of(task: Task | None, name: str) -> list[ResultFile]:
    """The files of a task's result (`NAME.mp4`, or `NAME-1.jpg` …); empty if it has none."""
    match task:
        case Completed(video=video):
            return [ResultFile(video.url, f"{name}.mp4")]
        case CompletedImages(images=images):
            return [
                ResultFile(image.url, f"{name}-{number}{UNKNOWN_IMAGE}")
                for number, image in enumerate(images, start=1)
            ]
        case _:
            return []


def existing_file(path: Path) -> Path | None:
    """The file that was downloaded to a path before, under its final suffix."""
    suffixes = IMAGE_SUFFIXES if path.suffix == UNKNOWN_IMAGE else (path.suffix,)
    paths = (path.with_suffix(suffix) for suffix in suffixes)
    return next((path for path in paths if path.is_file()), None)


def with_final_suffix(path: Path) -> Path:
    """The downloaded file, renamed if its suffix depends on its content."""
    if path.suffix != UNKNOWN_IMAGE:
        return path
    return path.replace(path.with_suffix(image_suffix(path) or UNKNOWN_IMAGE))


def download(
    context: typer.Context,
    ids: Ids = None,
    folder: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", file_okay=False, help="Folder to save to."),
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Save the results of completed tasks and print the paths.

    The files are ID.mp4, or ID-1.jpg, ID-2.jpg and so on. To continue an interrupted download, run
    the same command again. An existing file is not replaced; if its size differs from the
    result's, the command reports it.
    """
    session = session_of(context)
    # In one spelling, so that no task is downloaded twice.
    task_ids = [*dict.fromkeys(map(canonical, ids_of(ids)))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"Cannot create {folder} ({error.strerror}).") from None

    async def act() -> Status:
        from .terminal import ProgressBars  # noqa: PLC0415 - rich is slow to import

        async with (
            session.client() as client,
            open_http_client(allow_private=session.settings.allow_private_urls) as http,
        ):
            lookups = await client.get_many(task_ids)
            with_results = [lookup.id for lookup in lookups if results_of(lookup.task, lookup.id)]
            with ProgressBars.of_bytes(with_results) as bars:
                batch = DownloadBatch(session, client, http, bars, folder, force=force)
                return max(await batch.run(lookups))

    run(session, act, failure=Status.LOOKUP_FAILED)


@dataclass(frozen=True)
class DownloadBatch:
    """The downloads of one command."""

    session: Session
    client: AsyncJimeng
    http: httpx.AsyncClient
    bars: "ProgressBars"
    folder: Path
    force: bool

    async def run(self, lookups: Sequence[Lookup]) -> list[Status]:
        """Download all results, and print why a task has none."""
        limiter = anyio.CapacityLimiter(MAX_DOWNLOADS)

        async def limited(lookup: Lookup) -> Status:
            async with limiter:
                return await self._download_task(lookup)

        return await gather([partial(limited, lookup) for lookup in lookups])

    async def _download_task(self, lookup: Lookup, start: int = 0, *, retry: bool = True) -> Status:
        """Download a task's files from number `start`; after `LinkExpired`, look it up again."""
        results = results_of(lookup.task, lookup.id)
        if not results:
            return self._explain(lookup)
        status = Status.OK
        try:
            for result in results[start:]:
                status = max(status, await self._download(lookup.id, result))
                start += 1
        except LinkExpired:
            if retry:
                [lookup] = await self.client.get_many([lookup.id])
                return max(status, await self._download_task(lookup, start, retry=False))
            self.session.print_message(
                "its URL does not work, and neither does a new one; try again later.",
                "其链接已失效，重新获取后仍无法打开，请稍后再试。",
                lookup.id,
            )
            return Status.LOOKUP_FAILED
        except DownloadFailed as error:
            self.session.print_message(error.message, error.message_zh, lookup.id)
            return Status.LOOKUP_FAILED
        return status

    async def _download(self, task_id: str, result: ResultFile) -> Status:
        """Download one file unless it exists, and print its path."""
        target, show = self.folder / result.name, partial(self.bars.show, task_id)
        if not self.force and (existing := existing_file(target)):
            return await self._compare(task_id, result, existing)
        await download_file(self.http, result.url, target, self.session.environment.clock, show)
        out(f"{with_final_suffix(target)}\n")
        return Status.OK

    async def _compare(self, task_id: str, result: ResultFile, existing: Path) -> Status:
        """Print the path of an existing file, unless its size differs from the result's."""
        size = (await anyio.Path(existing).stat()).st_size
        expected = await remote_size(self.http, result.url)
        if expected not in (size, None):
            self.session.print_message(
                f"{existing.name} exists with other content ({size} of {expected} bytes);"
                " --force replaces it.",
                f"已有同名文件 {existing.name}，但内容不同（{size} / {expected} 字节），"
                "--force 可覆盖。",
                task_id,
            )
            return Status.LOOKUP_FAILED
        self.session.print_message(
            "already downloaded (--force replaces it).", "已下载（--force 可覆盖）。", task_id
        )
        out(f"{existing}\n")
        return Status.OK

    def _explain(self, lookup: Lookup) -> Status:
        """Print why a task has no result."""
        if lookup.error:
            self.session.print_error(lookup.error, lookup.id)
        elif isinstance(lookup.task, Failed):
            failure = lookup.task.failure
            self.session.print_message(failure.message, failure.message_zh, lookup.id)
        else:
            self.session.print_message(
                "not finished yet; wait for it with `jimeng wait`.",
                "尚未完成，可用 `jimeng wait` 等待。",
                lookup.id,
            )
        return outcome(lookup) or Status.LOOKUP_FAILED  # not finished
