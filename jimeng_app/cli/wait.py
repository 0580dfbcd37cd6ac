"""`jimeng wait`: all ids in one request a round, until each has ended or failed for good."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

import typer
from rich.progress import TaskProgressColumn, TextColumn

from jimeng_core import AsyncJimeng, Clock, Lookup, NotFound, Processing, WaitTimeout
from jimeng_core.polling import FIRST_INTERVAL, INTERVAL_GROWTH, MAX_INTERVAL
from jimeng_core.tasks import Ended

from .get import error_in_each_row, ids_of, out_lookups, outcome
from .options import AsCsv, AsJson, Ids, output_format
from .output import ProgressBars
from .session import Status, run, session_of

DEFAULT_TIMEOUT: Final = 24 * 60 * 60
"""Seconds to wait when nothing is said: an upstream lets no task run for longer."""


def wait(
    context: typer.Context,
    ids: Ids = None,
    timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long to wait at the most.")
    ] = DEFAULT_TIMEOUT,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Wait until tasks have ended, and print them as `get` does.

    When the time is up or you press Ctrl-C, the tasks go on: ask for them later.
    """
    session, form, asked = (
        session_of(context),
        output_format(as_json=as_json, as_csv=as_csv),
        ids_of(ids),
    )

    async def act() -> Status:
        state = TextColumn("{task.fields[state]}", markup=False)
        with (
            error_in_each_row(session, asked, form),
            ProgressBars(asked, TaskProgressColumn(), state) as bars,
        ):
            async with session.client() as client:
                found = await wait_for(
                    client, asked, timeout, session.environment.clock, _shown_on(bars)
                )
        out_lookups(session, found, form)
        unfinished = [one for one in found if one.task and not isinstance(one.task, Ended)]
        for one in unfinished:
            session.print_error(WaitTimeout(), one.id)
        return max(Status.LOOKUP_FAILED if unfinished else Status.OK, *map(outcome, found))

    try:
        run(session, act, failure=Status.LOOKUP_FAILED)
    except KeyboardInterrupt:
        session.print_message(
            "Stopped waiting; the tasks go on, ask for them later by their ids.",
            "已停止等待；任务仍在进行，请稍后用任务 ID 查询。",
        )
        raise


async def wait_for(
    client: AsyncJimeng,
    ids: Sequence[str],
    timeout: float,
    clock: Clock,
    watch: Callable[[Lookup], None],
) -> list[Lookup]:
    """The last look-up of each id: its end, why it cannot be had, or how it stood at the end.

    The pauses are those of `AsyncJimeng.wait_video`, for all ids together: the upstream that wants
    to be asked most often sets them.

    Args:
        client: Who asks.
        ids: In the order of the answer.
        timeout: Seconds of patience, more than 0.
        clock: Tells the time, and waits.
        watch: Called with each look-up.
    """
    deadline = clock.monotonic() + timeout
    last: dict[str, Lookup] = {}
    seen: set[str] = set()
    left, pause = list(ids), FIRST_INTERVAL
    while left and (rest := deadline - clock.monotonic()) > 0:
        await clock.sleep(min(pause, rest))
        found = await client.get_videos(left)
        for one in found:
            watch(one)
            last[one.id] = one
            if isinstance(one.task, Processing):
                seen.add(one.id)
        left = [one.id for one in found if _goes_on(one, known=one.id in seen)]
        pause = min(pause * INTERVAL_GROWTH, max(_longest(found), FIRST_INTERVAL))
    return [last[one] for one in ids]


def _goes_on(found: Lookup, *, known: bool) -> bool:
    """Whether to ask again. A task that was seen to run can be gone for a while (protocol 9)."""
    if found.error:
        return found.error.retryable or (known and isinstance(found.error, NotFound))
    return not isinstance(found.task, Ended)


def _longest(found: Sequence[Lookup]) -> float:
    """Seconds between two rounds at the most."""
    told = [
        one.task.poll_seconds
        for one in found
        if one.task and one.task.poll_seconds and not isinstance(one.task, Ended)
    ]
    return min([MAX_INTERVAL, *told])


def _shown_on(bars: ProgressBars) -> Callable[[Lookup], None]:
    def watch(found: Lookup) -> None:
        task = found.task
        if task is None:
            bars.show(found.id, 0, None, found.error.code if found.error else "")
        else:
            total = 100 if task.progress or isinstance(task, Ended) else None
            bars.show(found.id, task.progress, total, task.state)

    return watch
