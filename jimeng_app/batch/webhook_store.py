"""What is stored about webhooks, and about single tasks whose end one tells.

Each function takes a connection, and is one transaction when `Database.run` or `transact` calls it.
"""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from jimeng_core import new_task_id

from .database import BATCHES, ROWS, WEBHOOKS
from .stages import Stage
from .store import WATCHER

if TYPE_CHECKING:
    from .queues import Queues

NEW: Final = WEBHOOKS.c.state == "new"
"""Webhooks that no workflow delivers yet."""


def watch_task(c: sa.Connection, task_id: str, account: str, mode: str, url: str) -> None:
    """Let a task that was submitted elsewhere be followed, and its end be told to an address.

    A submission that is repeated with its id is told once.
    """
    batch_id = f"task-{task_id}"
    if c.scalar(sa.select(BATCHES.c.id).where(BATCHES.c.id == batch_id)):
        return
    now = time.time()
    values = {"name": task_id, "target": "", "template": "", "callback_url": url}
    c.execute(sa.insert(BATCHES).values(id=batch_id, owner=WATCHER, created_at=now, **values))
    row = {"number": 1, "row_key": task_id, "request": {}, "sent": True, "submitted_at": now}
    c.execute(
        sa.insert(ROWS).values(
            task_id=task_id,
            batch_id=batch_id,
            account=account,
            mode=mode,
            stage=Stage.RUNNING,
            **row,
        )
    )


def add_webhook(c: sa.Connection, url: str, event: str, data: Mapping[str, Any]) -> str:
    """Store a webhook, which a worker delivers; returns its id."""
    body = json.dumps({"type": event, "timestamp": _iso(), "data": data}, ensure_ascii=False)
    webhook_id = f"msg_{new_task_id()}"
    values = {"id": webhook_id, "url": url, "body": body, "created_at": time.time()}
    c.execute(sa.insert(WEBHOOKS).values(state="new", **values))
    return webhook_id


def send_new(c: sa.Connection, queues: "Queues") -> None:
    """Let the new webhooks be delivered."""
    change = sa.update(WEBHOOKS).where(NEW).values(state="queued")
    for row in c.execute(change.returning(WEBHOOKS.c.id, WEBHOOKS.c.run)).all():
        queues.webhook(c, row.id, row.run)


def change_webhook(c: sa.Connection, webhook_id: str, **values: Any) -> None:  # noqa: ANN401 - of columns
    """Store what became of a webhook."""
    c.execute(sa.update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id).values(**values))


def dead_webhooks(c: sa.Connection) -> list[Mapping[str, Any]]:
    """The webhooks that were not delivered within a day."""
    query = sa.select(WEBHOOKS).where(WEBHOOKS.c.state == "dead").order_by(WEBHOOKS.c.created_at)
    return [dict(row) for row in c.execute(query).mappings()]


def replay_webhooks(c: sa.Connection, webhook_id: str | None = None) -> int:
    """Deliver webhooks again: one, or all that were given up; returns how many."""
    where = WEBHOOKS.c.id == webhook_id if webhook_id else WEBHOOKS.c.state == "dead"
    again = {"state": "new", "run": WEBHOOKS.c.run + 1, "tries": 0}
    return c.execute(sa.update(WEBHOOKS).where(where).values(**again)).rowcount


def _iso() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
