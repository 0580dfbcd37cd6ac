"""`jimeng download`: the results of completed tasks, a few at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import anyio
import httpx
import typer
from rich.progress import DownloadColumn, TextColumn, TransferSpeedColumn

from jimeng_core import AsyncJimeng, Completed, Failed, JimengError, Lookup
from jimeng_core.gather import gather
from jimeng_core.ids import canonical
from jimeng_core.tasks import CompletedImages

from .bars import Bars
from .fetching import LinkGone, NotFetched, fetch, open_network
from .looking import ids_of
from .options import Ids
from .printing import out
from .session import Session, Status, run, session_of

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
    """Save the videos of completed tasks as ID.mp4, and print their paths.

    What breaks off goes on where it stopped when you run the same command again.
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
        async with session.client() as client, open_network(session.settings.timeout) as network:
            found = await client.get_videos(asked)
            with Bars(
                [one.id for one in found if isinstance(one.task, Completed)], *columns
            ) as bars:
                errand = Errand(session, client, network, bars, folder, force=force)
                return max(await errand.run(found))

    run(session, act, failure=Status.UNANSWERED)


@dataclass(frozen=True)
class Errand:
    """What all downloads of one command share."""

    session: Session
    client: AsyncJimeng
    network: httpx.AsyncClient
    bars: Bars
    folder: Path
    force: bool

    async def run(self, found: Sequence[Lookup]) -> list[Status]:
        """Download what can be had, and say of all else why not."""
        limit = anyio.CapacityLimiter(AT_ONCE)

        async def one_of(lookup: Lookup) -> Status:
            async with limit:
                return await self._one(lookup)

        return await gather([partial(one_of, one) for one in found])

    async def _one(self, found: Lookup, *, again: bool = True) -> Status:
        """Download one video; when its address has expired, ask for the task once more."""
        if not isinstance(found.task, Completed):
            return self._explain(found)
        target = self.folder / f"{found.id}.mp4"
        try:
            if target.exists() and not self.force:
                self.session.say(
                    "already there (--force replaces it).", "已存在（--force 可覆盖）。", found.id
                )
            else:
                show = partial(self.bars.show, found.id)
                await fetch(
                    self.network, found.task.video.url, target, self.session.world.clock, show
                )
        except LinkGone:
            if again:
                [fresh] = await self.client.get_videos([found.id])
                return await self._one(fresh, again=False)
            self.session.say(
                "its address does not open, a fresh one neither; try again later.",
                "其地址已失效，重新获取后仍无法打开，请稍后再试。",
                found.id,
            )
            return Status.UNANSWERED
        except NotFetched as error:
            self.session.say(error.message, error.message_zh, found.id)
            return Status.UNANSWERED
        out(f"{target}\n")
        return Status.FINE

    def _explain(self, found: Lookup) -> Status:
        """Say why there is nothing to download."""
        match found:
            case Lookup(error=JimengError() as error):
                self.session.tell(error, found.id)
            case Lookup(task=Failed(failure=failure)):
                self.session.say(failure.message, failure.message_zh, found.id)
                return Status.FAILED
            case Lookup(task=CompletedImages()):
                self.session.say(
                    "it made images; open their addresses, which `jimeng get` tells.",
                    "这是图片任务，请打开 `jimeng get` 给出的地址。",
                    found.id,
                )
            case _:
                self.session.say(
                    "not finished yet; `jimeng wait` tells when it is.",
                    "尚未完成，可用 `jimeng wait` 等待。",
                    found.id,
                )
        return Status.UNANSWERED
