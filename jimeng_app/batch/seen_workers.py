"""What is stored about workers: when each was seen.

Each function takes a connection, and is one transaction when `Database.transact` calls it.
"""

import time
from typing import Final

import sqlalchemy as sa

from .database import WORKERS

OF_LATE: Final = 30.0
"""Seconds since a worker was seen for which it counts as there."""


def mark_seen(c: sa.Connection, worker: str) -> list[str]:
    """Say that a worker is there; returns all that were seen of late, this one included."""
    now = time.time()
    if not c.execute(sa.update(WORKERS).where(WORKERS.c.id == worker).values(seen_at=now)).rowcount:
        c.execute(sa.insert(WORKERS).values(id=worker, seen_at=now))
    return sorted(c.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.seen_at > now - OF_LATE)))


def lost_workers(c: sa.Connection, seconds: float) -> list[str]:
    """The workers that were not seen for that long."""
    return list(c.scalars(sa.select(WORKERS.c.id).where(WORKERS.c.seen_at < time.time() - seconds)))


def forget_worker(c: sa.Connection, worker: str) -> None:
    """A worker has stopped, or was lost and its rows were taken over."""
    c.execute(sa.delete(WORKERS).where(WORKERS.c.id == worker))
