"""What is stored about rows: transactions of workers.

Each function takes a connection, and is one transaction when `Database.transact` calls it. That
makes it again when the connection breaks before its commit is confirmed: by then the row may have
moved on, so each change names the run or the stage from which it leads.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from .cancellation import end_cancelled
from .database import ACCOUNTS, BATCHES, ROWS
from .stages import BEING_SENT, ENDED, UNSENT, ClaimedRow, Stage
from .webhook_store import add_webhook

if TYPE_CHECKING:
    from .queues import Queues

FIRST_BACKOFF: Final = 2.0
MAX_BACKOFF: Final = 60.0
"""Seconds without submissions after a refusal, doubled by each further one."""
AHEAD: Final = 20
"""Rows in an account's queue beyond those that may run; the others wait in the table."""
UNSAVED: Final = (ROWS.c.stage == Stage.WAITING, ROWS.c.result.is_not(sa.null()))
"""Rows whose tasks are completed, and whose results are to be saved again."""


def feedable(c: sa.Connection, account: str) -> list[tuple[str, int, int]]:
    """The next rows for the queue of an account: task id, run, number."""
    state = c.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.name == account)).one_or_none()
    if state is None or state.paused or state.not_before > time.time():
        return []
    queued = c.scalar(
        sa.select(sa.func.count())
        .select_from(ROWS)
        .where(ROWS.c.account == account, ROWS.c.stage == Stage.QUEUED)
    )
    # While the account is slowed down, one row tries at a time.
    free = (1 if state.backoff else state.running + AHEAD) - int(queued or 0)
    if free <= 0:
        return []
    rows = c.execute(
        sa.select(ROWS.c.task_id, ROWS.c.run, ROWS.c.number)
        .join(BATCHES, BATCHES.c.id == ROWS.c.batch_id)
        .where(
            ROWS.c.account == account,
            ROWS.c.stage == Stage.WAITING,
            ROWS.c.result.is_(sa.null()),
            BATCHES.c.paused.is_(False),
        )
        .order_by(ROWS.c.number, BATCHES.c.created_at)
        .limit(free)
    )
    return [(row.task_id, row.run, row.number) for row in rows]


def feed(c: sa.Connection, account: str, queues: "Queues") -> None:
    """Put the next rows of an account into its queue."""
    for task_id, run, number in feedable(c, account):
        if _set(c, task_id, ROWS.c.run == run, ROWS.c.stage == Stage.WAITING, stage=Stage.QUEUED):
            queues.row(c, account, task_id, run, number)


def requeue(c: sa.Connection, queues: "Queues") -> None:
    """Let every row that should be in a queue be in it."""
    columns = (ROWS.c.account, ROWS.c.task_id, ROWS.c.run, ROWS.c.number)
    for row in c.execute(sa.select(*columns).where(ROWS.c.stage == Stage.QUEUED)).all():
        queues.row(c, row.account, row.task_id, row.run, row.number)
    for row in c.execute(sa.select(*columns).where(ROWS.c.stage == Stage.SAVING)).all():
        queues.save(c, row.task_id, row.run)


def claim(c: sa.Connection, task_id: str, run: int) -> ClaimedRow | None:
    """The row of a workflow that begins; None when nothing is to be sent (any more).

    A row of a paused batch or account is put back.
    """
    row = c.execute(
        sa.select(ROWS, BATCHES.c.paused, ACCOUNTS.c.paused.label("why"), ACCOUNTS.c.not_before)
        .join(BATCHES, BATCHES.c.id == ROWS.c.batch_id)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.name == ROWS.c.account)
        .where(ROWS.c.task_id == task_id)
        .with_for_update(of=ROWS)
    ).one_or_none()
    if row is None or row.run != run or row.stage in ENDED:
        return None
    if row.stage == Stage.CANCELLING:
        end_cancelled(c, task_id)
        return None
    if row.stage in UNSENT:
        held = row.paused or row.why or (row.not_before or 0) > time.time()
        if held:
            put_back(c, task_id, run)
            return None
        _set(c, task_id, stage=Stage.SENDING)
    names = set(ClaimedRow._fields) - {"stage"}
    values = {name: value for name, value in row._mapping.items() if name in names}  # noqa: SLF001 - its public name
    stage = Stage.SENDING if row.stage in UNSENT else Stage(row.stage)
    return ClaimedRow(**values, stage=stage)


def mark_sent(c: sa.Connection, task_id: str) -> None:
    """From now on something may have been sent under the id."""
    _set(c, task_id, sent=True)


def put_back(c: sa.Connection, task_id: str, run: int, **values: Any) -> bool:  # noqa: ANN401 - of columns
    """Let a row wait in its place for a workflow of its next run; whether it was in `run`.

    If it was cancelled meanwhile, it ends.
    """
    same_run = ROWS.c.run == run
    if _set(c, task_id, same_run, ROWS.c.stage == Stage.CANCELLING, **values, run=run + 1):
        end_cancelled(c, task_id)
        return True
    values |= {"stage": Stage.WAITING, "run": run + 1}
    return _set(c, task_id, same_run, ROWS.c.stage.in_((*UNSENT, Stage.SENDING)), **values)


def try_again(c: sa.Connection, task_id: str, run: int, queues: "Queues") -> None:
    """Let a row be tried again whose workflow of `run` has ended by an unexpected error.

    It is put back, or followed if the upstream has its task.
    """
    here = (ROWS.c.run == run, ROWS.c.stage == Stage.RUNNING)
    if _set(c, task_id, *here, run=run + 1):
        queues.follow(c, task_id, run + 1)
    else:
        put_back(c, task_id, run)


def refused(
    c: sa.Connection,
    row: ClaimedRow,
    *,
    unsent: bool,
    pause: float | None = None,
    reason: Mapping[str, Any] | None = None,
) -> None:
    """A submission was not accepted: the row is put back, its account slows down or stops.

    Args:
        c: The connection.
        row: The row.
        unsent: Whether surely nothing is under its id.
        pause: Seconds that the upstream asks for.
        reason: Why the account stops; None: it slows down.
    """
    if not put_back(c, row.task_id, row.run, **({"sent": False} if unsent else {})):
        return
    if reason:
        pause_account(c, row.account, reason)
    else:
        slow_down(c, row.account, pause)


def slow_down(c: sa.Connection, account: str, seconds: float | None) -> None:
    """Let an account pause between submissions: as long as the upstream says, else twice as long.

    Refusals that arrive during the pause do not lengthen it.
    """
    now = time.time()
    state = c.execute(
        sa.select(ACCOUNTS.c.backoff, ACCOUNTS.c.not_before)
        .where(ACCOUNTS.c.name == account)
        .with_for_update()
    ).one()
    if state.not_before > now:
        return
    backoff = min(max(seconds or 0.0, state.backoff * 2, FIRST_BACKOFF), MAX_BACKOFF)
    change = sa.update(ACCOUNTS).where(ACCOUNTS.c.name == account)
    c.execute(change.values(backoff=backoff, not_before=now + backoff))


def speed_up(c: sa.Connection, account: str) -> None:
    """A submission was accepted: shorten the pause between them."""
    state = c.execute(
        sa.select(ACCOUNTS.c.backoff).where(ACCOUNTS.c.name == account, ACCOUNTS.c.backoff > 0)
    ).one_or_none()
    if state:
        backoff = state.backoff / 2 if state.backoff > FIRST_BACKOFF else 0
        change = sa.update(ACCOUNTS).where(ACCOUNTS.c.name == account)
        c.execute(change.values(backoff=backoff, not_before=time.time() + backoff))


def pause_account(c: sa.Connection, account: str, reason: Mapping[str, Any]) -> None:
    """Let nothing be sent by an account until a person resumes it."""
    c.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.name == account).values(paused=dict(reason)))


def mark_running(c: sa.Connection, row: ClaimedRow, upstream_id: str) -> None:
    """The upstream has accepted a row."""
    other = upstream_id if upstream_id != row.task_id else None
    values = {"stage": Stage.RUNNING, "upstream_id": other, "submitted_at": time.time()}
    if _set(c, row.task_id, ROWS.c.run == row.run, ROWS.c.stage.in_(BEING_SENT), **values):
        speed_up(c, row.account)


def mark_saving(c: sa.Connection, task_id: str, result: Mapping[str, Any]) -> int | None:
    """A task is completed; its result is to be saved: returns the row's run, if it was running."""
    here = ROWS.c.stage == Stage.RUNNING
    if not _set(c, task_id, here, stage=Stage.SAVING, result=dict(result)):
        return None
    return c.scalar(sa.select(ROWS.c.run).where(ROWS.c.task_id == task_id))


def finish(
    c: sa.Connection, task_id: str, stage: Stage, values: Mapping[str, Any], *, notify: bool
) -> None:
    """A row has ended, once; its webhook is stored with it."""
    changed = c.execute(
        sa.update(ROWS)
        .where(ROWS.c.task_id == task_id, ROWS.c.stage.not_in(ENDED))
        .values(stage=stage, ended_at=time.time(), **values)
    )
    if not changed.rowcount:
        return
    row = c.execute(sa.select(ROWS).where(ROWS.c.task_id == task_id)).one()
    c.execute(
        sa.update(BATCHES).where(BATCHES.c.id == row.batch_id).values(changes=BATCHES.c.changes + 1)
    )
    url = c.scalar(sa.select(BATCHES.c.callback_url).where(BATCHES.c.id == row.batch_id))
    if notify and url:
        data = {
            "batch_id": row.batch_id,
            "row": row.number,
            "name": row.name or None,
            "task_id": row.task_id,
            "stage": str(stage),
            "error": row.error,
            "files": row.files,
            "task": row.result,
        }
        add_webhook(c, url, f"task.{stage}", data)


def finish_batches(c: sa.Connection) -> list[str]:
    """End the batches whose rows have ended and whose manifests are whole; returns their ids."""
    is_open = sa.exists().where(ROWS.c.batch_id == BATCHES.c.id, ROWS.c.stage.not_in(ENDED))
    ended = c.execute(
        sa.select(BATCHES).where(
            BATCHES.c.ended_at.is_(None), BATCHES.c.written == BATCHES.c.changes, ~is_open
        )
    ).all()
    for batch in ended:
        change = sa.update(BATCHES).where(BATCHES.c.id == batch.id)
        c.execute(change.values(ended_at=time.time()))
        if batch.callback_url and batch.target:  # not of a single task, whose end was told
            counts = c.execute(
                sa.select(ROWS.c.stage, sa.func.count())
                .where(ROWS.c.batch_id == batch.id)
                .group_by(ROWS.c.stage)
            )
            rows = {str(stage): int(count) for stage, count in counts}
            data = {"batch_id": batch.id, "name": batch.name, "rows": rows}
            add_webhook(c, batch.callback_url, "batch.ended", data)
    return [batch.id for batch in ended]


def save_again(c: sa.Connection, queues: "Queues") -> None:
    """Let the results be saved of rows that wait for nothing else."""
    for row in c.execute(sa.select(ROWS.c.task_id, ROWS.c.run).where(*UNSAVED)).all():
        if _set(c, row.task_id, *UNSAVED, stage=Stage.SAVING):
            queues.save(c, row.task_id, row.run)


def watched_rows(c: sa.Connection) -> list[tuple[str, int]]:
    """The tasks to follow that no workflow has submitted: task id, run.

    They were submitted elsewhere, or their rows were cancelled while it was not known whether they
    had been.
    """
    query = (
        sa.select(ROWS.c.task_id, ROWS.c.run)
        .join(BATCHES, BATCHES.c.id == ROWS.c.batch_id)
        .where(ROWS.c.stage == Stage.RUNNING)
        .where((BATCHES.c.target == "") | ROWS.c.submitted_at.is_(None))
    )
    return [(row.task_id, row.run) for row in c.execute(query)]


def _set(
    c: sa.Connection,
    task_id: str,
    *where: sa.ColumnElement[bool],
    **values: Any,  # noqa: ANN401 - of columns
) -> bool:
    """Change a row if it is as `where` says; returns whether it was."""
    change = sa.update(ROWS).where(ROWS.c.task_id == task_id, *where)
    return bool(c.execute(change.values(**values)).rowcount)
