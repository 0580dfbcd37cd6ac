"""What is stored about batches: transactions of callers and commands.

Each function takes a connection, and is one transaction when `Database.run` calls it.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from jimeng_core import InvalidRequest, new_task_id
from jimeng_core.pasted_text import excerpt

from .cancellation import CHUNK, cancel
from .database import ACCOUNTS, BATCHES, ROWS
from .planning import CheckedRow
from .settings import Account
from .stages import ENDED, OPEN, Stage, row_values


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """A batch as its caller describes it."""

    id: str
    name: str
    target: str
    """A folder, or a URL that fsspec opens."""
    template: str
    callback_url: str | None = None
    owner: str = ""


class Changes(NamedTuple):
    """What a table changed in its batch."""

    added: int
    unchanged: int
    withdrawn: int
    """Rows that are no longer in the table, and were not sent yet."""


class BatchStatus(NamedTuple):
    """A batch in numbers."""

    id: str
    name: str
    owner: str
    target: str
    template: str
    paused: bool
    created_at: float
    ended_at: float | None
    stages: Mapping[str, int]
    """Rows by stage."""
    accounts: Mapping[str, Mapping[str, Any]]
    """The accounts of open rows that are paused, and why."""

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.stages.values())

    @property
    def open(self) -> int:
        """Rows that have not ended."""
        return sum(self.stages.get(stage, 0) for stage in OPEN)


def save_batch(
    c: sa.Connection, options: BatchOptions, rows: Sequence[CheckedRow], *, whole: bool = True
) -> Changes:
    """Store a table: a new batch, or the same one again.

    Rows that are there already stay as they are, with their task ids. `whole`: rows that are no
    longer in the table and were not sent are cancelled.
    """
    found = c.execute(sa.select(BATCHES.c.owner).where(BATCHES.c.id == options.id)).one_or_none()
    values: dict[str, Any] = {
        "name": options.name,
        "target": options.target,
        "template": options.template,
        "callback_url": options.callback_url,
    }
    if found is None:
        values |= {"id": options.id, "owner": options.owner, "created_at": time.time()}
        c.execute(sa.insert(BATCHES).values(**values))
    else:
        c.execute(sa.update(BATCHES).where(BATCHES.c.id == options.id).values(**values))
    there = {
        row.row_key: row
        for row in c.execute(
            sa.select(ROWS.c.row_key, ROWS.c.task_id, ROWS.c.stage, ROWS.c.number).where(
                ROWS.c.batch_id == options.id
            )
        )
    }
    new = [row_values(options.id, row) for row in rows if row.key not in there]
    for start in range(0, len(new), CHUNK):
        c.execute(sa.insert(ROWS), new[start : start + CHUNK])
    for row in rows:
        known = there.get(row.key)
        if known:
            _keep(c, known, row.request.number)
    keys = {row.key for row in rows}
    gone = [known.task_id for key, known in there.items() if key not in keys]
    withdrawn = cancel(c, options.id, gone) if whole and gone else 0
    if new or withdrawn or unfinished(c, options.id):
        _touch(c, options.id)
    return Changes(len(new), len(rows) - len(new), withdrawn)


def _keep(c: sa.Connection, known: Any, number: int) -> None:  # noqa: ANN401 - of columns
    """A row that is there already is in the table again, at some number."""
    stage = Stage(known.stage)
    if known.number == number and stage not in {Stage.CANCELLED, Stage.CANCELLING}:
        return
    same = sa.update(ROWS).where(ROWS.c.task_id == known.task_id)
    c.execute(same.values(number=number))
    same = same.where(ROWS.c.stage == stage)
    if stage is Stage.CANCELLING:
        c.execute(same.values(stage=Stage.SENDING))
    elif stage is Stage.CANCELLED:
        again = {"stage": Stage.WAITING, "run": ROWS.c.run + 1, "ended_at": None}
        c.execute(same.where(ROWS.c.sent.is_(False)).values(**again))


def _touch(c: sa.Connection, batch_id: str) -> None:
    """Let the manifest be written again, and an ended batch be open while it has open rows."""
    c.execute(
        sa.update(BATCHES)
        .where(BATCHES.c.id == batch_id)
        .values(changes=BATCHES.c.changes + 1, ended_at=None)
    )


WATCHER: Final = "-"
"""The owner of the batches of single tasks whose end a webhook tells."""


def find_batch(c: sa.Connection, text: str, owner: str | None = None) -> str:
    """The id of a batch, by its id, the beginning of it, or its name.

    Args:
        c: The connection.
        text: What a caller wrote.
        owner: Whose batches are searched; None: everyone's.

    Raises:
        InvalidRequest: No batch, or several, are meant.
    """
    mine = [] if owner is None else [BATCHES.c.owner == owner]
    for where in (
        BATCHES.c.id == text,
        BATCHES.c.name == text,
        BATCHES.c.id.startswith(text, autoescape=True),
    ):
        ids = list(c.scalars(sa.select(BATCHES.c.id).where(where, *mine).limit(2)))
        if len(ids) == 1:
            return str(ids[0])
    raise InvalidRequest(
        f"No single batch is called {excerpt(text)}; jimeng batch status lists them.",
        f"没有唯一名为 {excerpt(text)} 的批次，可用 jimeng batch status 查看。",
    )


def list_batches(
    c: sa.Connection, batch_id: str | None = None, owner: str | None = None, limit: int = 100
) -> list[BatchStatus]:
    """The batches in numbers, newest first."""
    query = sa.select(BATCHES).order_by(BATCHES.c.created_at.desc()).limit(limit)
    if batch_id is not None:
        query = query.where(BATCHES.c.id == batch_id)
    if owner is not None:
        query = query.where(BATCHES.c.owner == owner)
    elif batch_id is None:
        query = query.where(BATCHES.c.owner != WATCHER)
    batches = c.execute(query).all()
    ids = [batch.id for batch in batches]
    counts: dict[str, Counter[str]] = {each: Counter() for each in ids}
    spent: dict[str, set[str]] = {each: set() for each in ids}
    for row in c.execute(
        sa.select(ROWS.c.batch_id, ROWS.c.stage, ROWS.c.account, sa.func.count().label("n"))
        .where(ROWS.c.batch_id.in_(ids))
        .group_by(ROWS.c.batch_id, ROWS.c.stage, ROWS.c.account)
    ):
        counts[row.batch_id][row.stage] += row.n
        if row.stage in OPEN:
            spent[row.batch_id].add(row.account)
    paused = {
        row.name: row.paused
        for row in c.execute(sa.select(ACCOUNTS.c.name, ACCOUNTS.c.paused))
        if row.paused
    }
    return [
        BatchStatus(
            *(batch.id, batch.name, batch.owner, batch.target, batch.template),
            *(batch.paused, batch.created_at, batch.ended_at, counts[batch.id]),
            {name: paused[name] for name in spent[batch.id] if name in paused},
        )
        for batch in batches
    ]


def rows_of(
    c: sa.Connection, batch_id: str, stage: Stage | None = None, limit: int | None = None
) -> list[Mapping[str, Any]]:
    """The rows of a batch, in the order of the table."""
    query = sa.select(ROWS).where(ROWS.c.batch_id == batch_id).order_by(ROWS.c.number)
    if stage is not None:
        query = query.where(ROWS.c.stage == stage)
    return [dict(row) for row in c.execute(query.limit(limit)).mappings()]


def pause_batch(c: sa.Connection, batch_id: str, *, paused: bool) -> None:
    """Let no further row of a batch be sent; or let them."""
    c.execute(sa.update(BATCHES).where(BATCHES.c.id == batch_id).values(paused=paused))


def cancel_batch(c: sa.Connection, batch_id: str) -> int:
    """Cancel the rows that were not sent, and return how many; the others are still saved."""
    count = cancel(c, batch_id)
    _touch(c, batch_id)
    return count


def retry_failed(c: sa.Connection, batch_id: str) -> int:
    """Let failed rows begin again: as new tasks, or under the id that may have one, or saving."""
    failed = c.execute(
        sa.select(ROWS.c.task_id, ROWS.c.result, ROWS.c.sent).where(
            ROWS.c.batch_id == batch_id, ROWS.c.stage == Stage.FAILED
        )
    ).all()
    again = {"error": None, "ended_at": None, "run": ROWS.c.run + 1}
    for row in failed:
        values: dict[str, Any] = {"stage": Stage.WAITING}
        if not row.result and not row.sent:
            values |= {
                "task_id": new_task_id(),
                "upstream_id": None,
                "submitted_at": None,
                "result": sa.null(),
                "run": 0,
            }
        c.execute(sa.update(ROWS).where(ROWS.c.task_id == row.task_id).values({**again, **values}))
    if failed:
        _touch(c, batch_id)
    return len(failed)


def save_accounts(c: sa.Connection, accounts: Mapping[str, Account]) -> None:
    """Store the limits of accounts that are new; known ones keep theirs, which may have changed."""
    known = set(c.scalars(sa.select(ACCOUNTS.c.name)))
    for name in accounts.keys() - known:
        account = accounts[name]
        limits = {"running": account.running, "per_minute": account.per_minute}
        c.execute(sa.insert(ACCOUNTS).values(name=name, **limits))


def change_account(c: sa.Connection, name: str, **values: Any) -> None:  # noqa: ANN401 - of columns
    """Change an account: its limits, or its pause.

    Raises:
        InvalidRequest: There is no such account.
    """
    if values.get("paused", 0) is None:
        values |= {"not_before": 0, "backoff": 0}
    if not c.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.name == name).values(**values)).rowcount:
        raise InvalidRequest(
            f"No account is called {excerpt(name)}.", f"没有名为 {excerpt(name)} 的账号。"
        )


def accounts_now(c: sa.Connection) -> list[Mapping[str, Any]]:
    """The accounts with their limits and pauses."""
    return [dict(row) for row in c.execute(sa.select(ACCOUNTS).order_by("name")).mappings()]


def unfinished(c: sa.Connection, batch_id: str) -> int:
    """How many rows of a batch have not ended."""
    where = (ROWS.c.batch_id == batch_id, ROWS.c.stage.not_in(ENDED))
    return int(c.scalar(sa.select(sa.func.count()).select_from(ROWS).where(*where)) or 0)
