"""The queues of DBOS, and what is put into them within a transaction of the database."""

from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, EnqueueOptions

from .database import Database, until_back

APPLICATION: Final = "jimeng"
APPLICATION_VERSION: Final = "1"
"""Raised when a workflow's steps change: rows of another version are not recovered by this one."""
SAVE_QUEUE: Final = "jimeng-save"
WEBHOOK_QUEUE: Final = "jimeng-webhooks"
WATCH_QUEUE: Final = "jimeng-watch"
ROW: Final = "jimeng.row"
SAVE: Final = "jimeng.save"
WEBHOOK: Final = "jimeng.webhook"
MAX_PRIORITY: Final = 2**31 - 1


def account_queue(account: str) -> str:
    """The name of an account's queue."""
    return f"jimeng-account-{account}"


def workflow_id(task_id: str, run: int) -> str:
    """The id of a row's workflow: the task id; with a number once the row was put back."""
    return f"{task_id}.{run}" if run else task_id


class Queues:
    """Puts workflows into queues; nothing happens when their ids were used before.

    Each method takes a connection: what is stored by its transaction, and the workflow that follows
    from it, are there together or not at all.
    """

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(
            system_database_engine=database.engine, application_name=APPLICATION, lazy=True
        )
        self._registered: dict[str, dict[str, Any]] = {}
        """The options with which the queues were registered."""

    def row(self, c: sa.Connection, account: str, task_id: str, run: int, number: int) -> None:
        """Let a row be submitted within the limits of an account, in the order of the table."""
        key, priority = workflow_id(task_id, run), min(number, MAX_PRIORITY)
        self._put(c, account_queue(account), ROW, key, task_id, run, priority=priority)

    def follow(self, c: sa.Connection, task_id: str, run: int) -> None:
        """Let a row be followed whose task was submitted elsewhere, or by an earlier run."""
        self._put(c, WATCH_QUEUE, ROW, workflow_id(task_id, run), task_id, run)

    def save(self, c: sa.Connection, task_id: str, run: int) -> None:
        """Let the result of a row be saved."""
        self._put(c, SAVE_QUEUE, SAVE, f"{workflow_id(task_id, run)}.save", task_id)

    def webhook(self, c: sa.Connection, webhook_id: str, run: int) -> None:
        """Let a webhook be delivered."""
        self._put(c, WEBHOOK_QUEUE, WEBHOOK, f"{webhook_id}.{run}", webhook_id)

    def _put(
        self, c: sa.Connection, queue: str, workflow: str, key: str, *args: str | int, **more: int
    ) -> None:
        options: EnqueueOptions = {
            "queue_name": queue,
            "workflow_name": workflow,
            "workflow_id": key,
            "app_version": APPLICATION_VERSION,
        }
        if "priority" in more:
            options["priority"] = more["priority"]
        self._client.enqueue_in_transaction(c, options, *args)

    async def register(self, name: str, **options: Any) -> None:  # noqa: ANN401 - of DBOS
        """Let a queue have these options from now on; again while the database is away."""
        if self._registered.get(name) != options:
            register = partial(
                DBOS.register_queue_async, name, on_conflict="always_update", **options
            )
            await until_back(register)
            self._registered[name] = options

    def close(self) -> None:
        """Forget the client."""
        self._client.destroy()
