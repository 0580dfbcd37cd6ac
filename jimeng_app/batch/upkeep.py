"""What a worker does beside rows: feeding the queues, manifests, taking over lost workers."""

import asyncio
import logging
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS

from . import broken_workflows, seen_workers, store, transitions, webhook_store
from .database import BATCHES, ROWS
from .engine import Engine, WorkerOptions
from .stages import ENDED
from .worker import (
    SAVE_QUEUE,
    SAVES,
    WATCH_QUEUE,
    WEBHOOK_QUEUE,
    enqueue,
    row_workflow,
    save_workflow,
    webhook_workflow,
    workflow_id,
)

log = logging.getLogger(__name__)

MINUTE: Final = 60.0
MAX_PRIORITY: Final = 2**31 - 1
BROKEN_TICKS: Final = 10
"""Rounds between two searches for broken workflows: the pause before their rows are tried again."""
MANIFEST_PAUSE: Final = 20
"""How many times as long as a manifest takes to write it is left as it is, while rows are open."""


def account_queue(account: str) -> str:
    """The name of an account's queue."""
    return f"jimeng-account-{account}"


class Upkeep:
    """The rounds of one worker.

    The rounds that concern all workers are made by the first of those that are there, by name.

    Args:
        engine: The worker's.
        name: The worker's.
        options: The times.
    """

    def __init__(self, engine: Engine, name: str, options: WorkerOptions) -> None:
        self._engine = engine
        self._database = engine.database
        self._name = name
        self._options = options
        self._accounts: list[str] = []
        self._queues: dict[str, dict[str, Any]] = {}
        """The options with which the queues were registered."""
        self._saving: set[str] = set()
        self._next_manifest: dict[str, float] = {}
        """When the manifest of a batch is written again, by the event loop's clock."""
        self._next_resolve = 0.0
        """When broken workflows are looked for again, by the event loop's clock."""
        self._leads = False
        self._connected_since: float | None = None

    async def start(self) -> None:
        """Register the queues."""
        await self._set_queues(workers=1)

    async def run(self) -> None:
        """Make rounds until cancelled."""
        while True:
            try:
                await self._round()
            except Exception:  # whatever it was: without rounds every batch would stand still
                log.exception("A round of the worker failed; it continues.")
            await asyncio.sleep(self._options.tick)

    async def _round(self) -> None:
        now = asyncio.get_running_loop().time()
        before = self._connected_since
        names = await self._database.transact(partial(seen_workers.mark_seen, worker=self._name))
        took = asyncio.get_running_loop().time() - now
        # While the database was away nobody was seen, which says nothing about the others.
        self._connected_since = now if before is None or took > self._options.tick * 5 else before
        leads = names[0] == self._name
        if leads and not self._leads:
            self._saving.clear()
            await self._requeue()
        self._leads = leads
        await self._set_queues(len(names))
        if not leads:
            return
        if now - self._connected_since > self._options.lost_after:
            await self._take_over()
        for account in self._accounts:
            await self._feed(account)
        await self._save()
        await self._watch()
        await self._send_webhooks()
        await self._write_manifests()
        if now >= self._next_resolve:
            self._next_resolve = now + BROKEN_TICKS * self._options.tick
            await broken_workflows.resolve(self._engine)
        for batch_id in await self._database.transact(transitions.finish_batches):
            log.info("batch ended", extra={"batch_id": batch_id})

    async def _set_queues(self, workers: int) -> None:
        """Let the queues have the limits of the accounts' table, which can change at any time.

        All workers together look for work as often as one does alone.
        """
        often, rarely = ({"polling_interval_sec": self._options.tick * workers / n} for n in (4, 1))
        queues: dict[str, dict[str, Any]] = {
            SAVE_QUEUE: often | {"worker_concurrency": SAVES},
            WEBHOOK_QUEUE: rarely,
            WATCH_QUEUE: rarely,
        }
        accounts = await self._database.fetch(store.accounts_now)
        self._accounts = [row["name"] for row in accounts]
        for row in accounts:
            limiter = {"limit": row["per_minute"], "period": MINUTE}
            limits = {"global_concurrency": row["running"], "limiter": limiter}
            queues[account_queue(row["name"])] = rarely | limits
        for name, options in queues.items():
            if self._queues.get(name) != options:
                await DBOS.register_queue_async(name, on_conflict="always_update", **options)
                self._queues[name] = options

    async def _feed(self, account: str) -> None:
        rows = await self._database.fetch(partial(transitions.feedable, account=account))
        for task_id, run, number in rows:
            await self._enqueue_row(account, task_id, run, number)
        if rows:
            runs = [(task_id, run) for task_id, run, _ in rows]
            await self._database.transact(partial(transitions.mark_queued, runs=runs))

    async def _requeue(self) -> None:
        """Let every row that should be in a queue be in it, after another worker led."""
        for account, task_id, run, number in await self._database.fetch(transitions.queued_rows):
            await self._enqueue_row(account, task_id, run, number)

    @staticmethod
    async def _enqueue_row(account: str, task_id: str, run: int, number: int) -> None:
        key = workflow_id(task_id, run)
        priority = min(number, MAX_PRIORITY)
        await enqueue(account_queue(account), row_workflow, key, task_id, run, priority=priority)

    async def _save(self) -> None:
        for task_id, run in await self._database.fetch(transitions.saving_rows):
            key = f"{workflow_id(task_id, run)}.save"
            if key not in self._saving:
                await enqueue(SAVE_QUEUE, save_workflow, key, task_id)
                self._saving.add(key)

    async def _watch(self) -> None:
        for task_id, run in await self._database.fetch(transitions.watched_rows):
            key = workflow_id(task_id, run)
            if key not in self._saving:
                await enqueue(WATCH_QUEUE, row_workflow, key, task_id, run)
                self._saving.add(key)

    async def _send_webhooks(self) -> None:
        for webhook_id, run in await self._database.fetch(webhook_store.new_webhooks):
            await enqueue(WEBHOOK_QUEUE, webhook_workflow, f"{webhook_id}.{run}", webhook_id)
            mark = partial(webhook_store.mark_webhook_queued, webhook_id=webhook_id)
            await self._database.transact(mark)

    async def _write_manifests(self) -> None:
        clock = asyncio.get_running_loop().time
        for batch in await self._database.fetch(_changed_batches):
            begin = clock()
            if batch["open"] and begin < self._next_manifest.get(batch["id"], 0):
                continue
            rows = await self._database.fetch(partial(store.rows_of, batch_id=batch["id"]))
            try:
                if batch["target"]:
                    await self._engine.archive(batch["target"]).write_manifest(rows)
            except OSError as error:
                log.warning("A manifest cannot be written (%s).", error.strerror)
                continue
            await self._database.transact(partial(_mark_written, batch=batch))
            end = clock()
            self._next_manifest[batch["id"]] = end + MANIFEST_PAUSE * (end - begin)

    async def _take_over(self) -> None:
        """Let the rows of workers that are not seen any more be recovered by those that are."""
        seconds = self._options.lost_after
        lost = await self._database.fetch(partial(seen_workers.lost_workers, seconds=seconds))
        for worker in lost:
            log.warning("worker lost", extra={"worker": worker})
            await asyncio.to_thread(DBOS._recover_pending_workflows, [worker])  # noqa: SLF001 - DBOS has no other for executors
            await self._database.transact(partial(seen_workers.forget_worker, worker=worker))


def _changed_batches(c: sa.Connection) -> list[dict[str, Any]]:
    is_open = sa.exists().where(ROWS.c.batch_id == BATCHES.c.id, ROWS.c.stage.not_in(ENDED))
    columns = (BATCHES.c.id, BATCHES.c.target, BATCHES.c.changes, is_open.label("open"))
    query = sa.select(*columns).where(BATCHES.c.written != BATCHES.c.changes)
    return [dict(row) for row in c.execute(query).mappings()]


def _mark_written(c: sa.Connection, batch: dict[str, Any]) -> None:
    change = sa.update(BATCHES).where(BATCHES.c.id == batch["id"])
    c.execute(change.values(written=batch["changes"]))
