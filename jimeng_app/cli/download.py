"""`jimeng download`: save the results of completed tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import anyio
import httpx
import typer
from rich.progress import DownloadColumn, TextColumn, TransferSpeedColumn

from jimeng_core import AsyncJimeng, Completed, CompletedImages, Failed, JimengError, Lookup, Task
from jimeng_core.concurrency import gather
from jimeng_core.ids import canonical

from .get import ids_of
from .options import Ids
from .output import ProgressBars, out
from .session import Session, Status, run, session_of
from .transfer import DownloadFailed, LinkExpired, download_file, open_http_client, remote_size

_BEGINNINGS: Final = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp"}
"""What files of images begin with, and their endings: links do not tell the kind."""


_UNKNOWN: Final = ".image"


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of a task."""

    url: str
    stem: str
    """Its name without the ending."""
    ending: str | None
    """None where only its bytes will tell."""

    def there(self, folder: Path) -> Path | None:
        """The file, where a folder has it already."""
        endings = [self.ending] if self.ending else [*_BEGINNINGS.values(), _UNKNOWN]
        paths = [folder / f"{self.stem}{ending}" for ending in endings]
        return next((path for path in paths if path.is_file()), None)

    def target(self, folder: Path) -> Path:
        """Where it is brought to."""
        return folder / f"{self.stem}{self.ending or _UNKNOWN}"

    def named(self, folder: Path) -> Path:
        """The file that was brought, under its own ending."""
        path = self.target(folder)
        if self.ending:
            return path
        with path.open("rb") as file:
            start = file.read(4)
        known = (ending for begin, ending in _BEGINNINGS.items() if start.startswith(begin))
        return path.replace(path.with_suffix(next(known, _UNKNOWN)))


def results_of(task: Task | None, name: str) -> list[ResultFile]:
    """The files of a task: `NAME.mp4`, or `NAME-1.jpg` and so on; none while it has no result."""
    match task:
        case Completed(video=video):
            return [ResultFile(video.url, name, ".mp4")]
        case CompletedImages(images=images):
            return [
                ResultFile(image.url, f"{name}-{number}", None)
                for number, image in enumerate(images, start=1)
            ]
        case _:
            return []


AT_ONCE: Final = 3
"""How many files are on their way at the same time."""


def download(
    context: typer.Context,
    ids: Ids = None,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", file_okay=False, help="Where to.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Save the results of completed tasks as ID.mp4 or ID-1.jpg …, and print their paths.

    What breaks off goes on where it stopped when you run the same command again. A file that is
    there is left; if its length is not the result's, that is told.
    """
    session = session_of(context)
    # In one spelling: two downloads of one task would get in each other's way.
    asked = [*dict.fromkeys(map(canonical, ids_of(ids)))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be made ({error.strerror}).") from None

    async def act() -> Status:
        columns = (DownloadColumn(), TransferSpeedColumn(), TextColumn("{task.fields[state]}"))
        async with (
            session.client() as client,
            open_http_client(session.settings.timeout) as network,
        ):
            found = await client.get_videos(asked)
            with ProgressBars(
                [one.id for one in found if results_of(one.task, one.id)], *columns
            ) as bars:
                batch = DownloadBatch(session, client, network, bars, folder, force=force)
                return max(await batch.run(found))

    run(session, act, failure=Status.LOOKUP_FAILED)


@dataclass(frozen=True)
class DownloadBatch:
    """What all downloads of one command share."""

    session: Session
    client: AsyncJimeng
    network: httpx.AsyncClient
    bars: ProgressBars
    folder: Path
    force: bool

    async def run(self, found: Sequence[Lookup]) -> list[Status]:
        """Download what can be had, and say of all else why not."""
        limit = anyio.CapacityLimiter(AT_ONCE)

        async def one_of(lookup: Lookup) -> Status:
            async with limit:
                return await self._one(lookup)

        return await gather([partial(one_of, one) for one in found])

    async def _one(self, found: Lookup, brought: int = 0, *, again: bool = True) -> Status:
        """Download what one task left; when an address has expired, ask for the task once more.

        Args:
            found: The task.
            brought: How many of its files are here already.
            again: Whether it may be asked for.
        """
        results = results_of(found.task, found.id)
        if not results:
            return self._explain(found)
        worst = Status.OK
        try:
            for result in results[brought:]:
                worst = max(worst, await self._download(found.id, result))
                brought += 1
        except LinkExpired:
            if again:
                [fresh] = await self.client.get_videos([found.id])
                return max(worst, await self._one(fresh, brought, again=False))
            self.session.print_message(
                "its address does not open, a fresh one neither; try again later.",
                "其地址已失效，重新获取后仍无法打开，请稍后再试。",
                found.id,
            )
            return Status.LOOKUP_FAILED
        except DownloadFailed as error:
            self.session.print_message(error.message, error.message_zh, found.id)
            return Status.LOOKUP_FAILED
        return worst

    async def _download(self, task_id: str, result: ResultFile) -> Status:
        """Print the path of a result's file, downloaded if it is not there."""
        if not self.force and (there := result.there(self.folder)):
            return await self._leave(task_id, result, there)
        show, target = partial(self.bars.show, task_id), result.target(self.folder)
        await download_file(self.network, result.url, target, self.session.environment.clock, show)
        out(f"{result.named(self.folder)}\n")
        return Status.OK

    async def _leave(self, task_id: str, result: ResultFile, there: Path) -> Status:
        """Leave a file that is there: it is the result, as far as its length can tell."""
        size = (await anyio.Path(there).stat()).st_size
        whole = await remote_size(self.network, result.url)
        if whole not in (size, None):
            self.session.print_message(
                f"a file named {there.name} is there with other content ({size} of {whole} bytes);"
                " --force replaces it.",
                f"已有同名文件 {there.name}，但内容不同（{size} / {whole} 字节），--force 可覆盖。",
                task_id,
            )
            return Status.LOOKUP_FAILED
        self.session.print_message(
            "already there (--force replaces it).", "已存在（--force 可覆盖）。", task_id
        )
        out(f"{there}\n")
        return Status.OK

    def _explain(self, found: Lookup) -> Status:
        """Say why there is nothing to download."""
        match found:
            case Lookup(error=JimengError() as error):
                self.session.print_error(error, found.id)
            case Lookup(task=Failed(failure=failure)):
                self.session.print_message(failure.message, failure.message_zh, found.id)
                return Status.FAILED
            case _:
                self.session.print_message(
                    "not finished yet; `jimeng wait` tells when it is.",
                    "尚未完成，可用 `jimeng wait` 等待。",
                    found.id,
                )
        return Status.LOOKUP_FAILED
