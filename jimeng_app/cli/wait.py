"""`jimeng wait`: wait until tasks have ended."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from jimeng_core import Lookup, WaitTimeout

from .arguments import AsCsv, AsJson, ForExcel, Ids, output_format
from .get import error_in_each_row, ids_of, out_lookups, outcome
from .session import Status, run, session_of

if TYPE_CHECKING:
    from .terminal import ProgressBars

DEFAULT_TIMEOUT: Final = 24 * 60 * 60
"""Seconds: no upstream lets a task run for longer."""


def wait(
    context: typer.Context,
    ids: Ids = None,
    timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="Maximum time to wait.")
    ] = DEFAULT_TIMEOUT,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    for_excel: ForExcel = False,
) -> None:
    """Wait until tasks have ended, and print them as `get` does.

    After the timeout or Ctrl-C the tasks keep running: look them up later by their ids.
    """
    session, task_ids = session_of(context), ids_of(ids)
    form = output_format(as_json=as_json, as_csv=as_csv, for_excel=for_excel)

    async def act() -> Status:
        from .terminal import ProgressBars  # noqa: PLC0415 - rich is slow to import

        with (
            error_in_each_row(session, task_ids, form),
            ProgressBars.of_tasks(task_ids) as bars,
        ):
            show = _shown_on(bars)
            async with session.client() as client:
                lookups = await client.wait_videos(task_ids, timeout=timeout, on_update=show)
        out_lookups(session, lookups, form)
        unfinished = [lookup for lookup in lookups if lookup.task and not lookup.ended]
        for lookup in unfinished:
            session.print_error(WaitTimeout(), lookup.id)
        return max(Status.LOOKUP_FAILED if unfinished else Status.OK, *map(outcome, lookups))

    try:
        run(session, act, failure=Status.LOOKUP_FAILED)
    except KeyboardInterrupt:
        session.print_message(
            "Stopped waiting; the tasks keep running, look them up later by their ids.",
            "已停止等待；任务仍在进行，请稍后用任务 ID 查询。",
        )
        raise


def _shown_on(bars: "ProgressBars") -> Callable[[Lookup], None]:
    def on_lookup(lookup: Lookup) -> None:
        task = lookup.task
        if task is None:
            bars.show(lookup.id, 0, None, lookup.error.code if lookup.error else "")
        else:
            total = 100 if task.progress or lookup.ended else None
            bars.show(lookup.id, task.progress, total, task.state)

    return on_lookup
