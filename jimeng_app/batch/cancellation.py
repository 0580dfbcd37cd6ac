"""What is stored when rows are cancelled.

Each function takes a connection, and is a part of its caller's transaction.
"""

import time
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from .database import BATCHES, ROWS
from .stages import UNSENT, Stage

CHUNK: Final = 500
"""Rows of one statement."""


def cancel(c: sa.Connection, batch_id: str, task_ids: Sequence[str] | None = None) -> int:
    """Cancel rows of a batch, all or some; returns how many were cancelled at once.

    A row that may have been sent is followed to its end. One that is being sent is cancelled when
    its submission is refused.
    """
    chunks: Sequence[Sequence[str] | None] = [None]
    if task_ids is not None:
        chunks = [task_ids[i : i + CHUNK] for i in range(0, len(task_ids), CHUNK)]
    count = 0
    for chunk in chunks:
        where = [ROWS.c.batch_id == batch_id]
        where += [ROWS.c.task_id.in_(chunk)] if chunk is not None else []
        being_sent = sa.update(ROWS).where(*where, ROWS.c.stage == Stage.SENDING)
        c.execute(being_sent.values(stage=Stage.CANCELLING))
        count += _end(c, *where, ROWS.c.stage.in_(UNSENT))
    return count


def end_cancelled(c: sa.Connection, task_id: str) -> None:
    """A row that was cancelled while it was being sent is not being sent any more."""
    _end(c, ROWS.c.task_id == task_id, ROWS.c.stage == Stage.CANCELLING)
    its_batch = sa.select(ROWS.c.batch_id).where(ROWS.c.task_id == task_id).scalar_subquery()
    change = sa.update(BATCHES).where(BATCHES.c.id == its_batch)
    c.execute(change.values(changes=BATCHES.c.changes + 1))


def _end(c: sa.Connection, *where: sa.ColumnElement[bool]) -> int:
    rows = sa.update(ROWS).where(*where)
    to_follow = {"stage": Stage.RUNNING, "run": ROWS.c.run + 1, "submitted_at": None}
    c.execute(rows.where(ROWS.c.sent).values(**to_follow))
    ended = {"stage": Stage.CANCELLED, "ended_at": time.time(), "error": None}
    return c.execute(rows.values(**ended)).rowcount
