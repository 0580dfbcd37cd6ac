"""What a worker does beside rows: feeding the queues, manifests, taking over lost workers."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from dbos import DBOS

from . import broken_workflows, seen_workers, store, transitions, webhook_store
from .database import ACCOUNTS, BATCHES, ROWS, WEBHOOKS
from .engine import Engine, WorkerOptions
from .queues import SAVE_QUEUE, WATCH_QUEUE, WEBHOOK_QUEUE, Queues, account_queue
from .stages import ENDED, OPEN

log = logging.getLogger(__name__)

MINUTE: Final = 60.0
MAX_TAKEN: Final = 32
"""Rows whose results a worker takes from the queue at a time: more than it saves at a time, as it
looks there four times a second at most."""
BROKEN_TICKS: Final = 10
"""Rounds between two searches for broken workflows: the pause before their rows are tried again."""
MANIFEST_PAUSE: Final = 20
"""How many times as long as a manifest takes to write it is left as it is, while rows are open."""


class Work(NamedTuple):
    """What is to be done in a round."""

    accounts: list[Mapping[str, Any]]
    """Those with open rows."""
    fed: list[str]
    """The accounts whose queues can take more rows."""
    unsaved: bool
    """Whether results are to be saved again."""
    watched: list[tuple[str, int]]
    """Tasks to follow that no workflow has submitted: task id, run."""
    webhooks: bool
    """Whether there are new ones."""
    changed: list[Mapping[str, Any]]
    """Batches whose manifests are to be written."""
    ended: bool
    """Whether a batch may have ended."""


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
        self._watched: set[tuple[str, int]] = set()
        self._next_manifest: dict[str, float] = {}
        """When the manifest of a batch is written again, by the event loop's clock."""
        self._next_resolve = 0.0
        """When broken workflows are looked for again, by the event loop's clock."""
        self._leads = False
        self._connected_since: float | None = None

    async def start(self) -> None:
        """Register the queues."""
        work = await self._database.fetch(_work)
        await self._set_queues(work.accounts, workers=1)

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
            self._watched.clear()
            await self._transact(transitions.requeue)
        self._leads = leads
        if not leads:
            return
        if now - self._connected_since > self._options.lost_after:
            await self._take_over()
        work = await self._database.fetch(_work)
        await self._set_queues(work.accounts, len(names))
        for account in work.fed:
            await self._transact(partial(transitions.feed, account=account))
        if work.unsaved:
            await self._transact(transitions.save_again)
        await self._watch(work.watched)
        if work.webhooks:
            await self._transact(webhook_store.send_new)
        await self._write_manifests(work.changed)
        if now >= self._next_resolve:
            self._next_resolve = now + BROKEN_TICKS * self._options.tick
            await broken_workflows.resolve(self._engine)
        if work.ended or work.changed:
            for batch_id in await self._database.transact(transitions.finish_batches):
                log.info("batch ended", extra={"batch_id": batch_id})

    async def _transact(self, change: Callable[..., None]) -> None:
        await self._database.transact(partial(change, queues=self._engine.queues))

    async def _set_queues(self, accounts: Sequence[Mapping[str, Any]], workers: int) -> None:
        """Let the queues have the limits of the accounts' table, which can change at any time.

        All workers together look for work as often as one does alone.
        """
        often, rarely = ({"polling_interval_sec": self._options.tick * workers / n} for n in (4, 1))
        register = self._engine.queues.register
        await register(SAVE_QUEUE, **often, worker_concurrency=MAX_TAKEN)
        await register(WEBHOOK_QUEUE, **rarely)
        await register(WATCH_QUEUE, **rarely)
        for row in accounts:
            limiter = {"limit": row["per_minute"], "period": MINUTE}
            limits = {"global_concurrency": row["running"], "limiter": limiter}
            await register(account_queue(row["name"]), **rarely, **limits)

    async def _watch(self, rows: Sequence[tuple[str, int]]) -> None:
        new = [row for row in rows if row not in self._watched]
        if new:
            await self._transact(partial(_follow, rows=new))
            self._watched.update(new)

    async def _write_manifests(self, batches: Sequence[Mapping[str, Any]]) -> None:
        clock = asyncio.get_running_loop().time
        for batch in batches:
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


def _follow(c: sa.Connection, rows: Sequence[tuple[str, int]], queues: Queues) -> None:
    for task_id, run in rows:
        queues.follow(c, task_id, run)


def _work(c: sa.Connection) -> Work:
    open_rows = sa.exists().where(ROWS.c.account == ACCOUNTS.c.name, ROWS.c.stage.in_(OPEN))
    accounts = c.execute(sa.select(ACCOUNTS).where(open_rows)).mappings().all()
    is_open = sa.exists().where(ROWS.c.batch_id == BATCHES.c.id, ROWS.c.stage.not_in(ENDED))
    columns = (BATCHES.c.id, BATCHES.c.target, BATCHES.c.changes, is_open.label("open"))
    changed = sa.select(*columns).where(BATCHES.c.written != BATCHES.c.changes)
    ended = sa.select(BATCHES.c.id).where(BATCHES.c.ended_at.is_(None), ~is_open)
    return Work(
        accounts=[dict(row) for row in accounts],
        fed=[row["name"] for row in accounts if transitions.feedable(c, row["name"])],
        unsaved=_any(c, sa.select(ROWS.c.task_id).where(*transitions.UNSAVED)),
        watched=transitions.watched_rows(c),
        webhooks=_any(c, sa.select(WEBHOOKS.c.id).where(webhook_store.NEW)),
        changed=[dict(row) for row in c.execute(changed).mappings()],
        ended=_any(c, ended),
    )


def _any(c: sa.Connection, query: sa.Select[Any]) -> bool:
    return c.execute(query.limit(1)).first() is not None


def _mark_written(c: sa.Connection, batch: Mapping[str, Any]) -> None:
    change = sa.update(BATCHES).where(BATCHES.c.id == batch["id"])
    c.execute(change.values(written=batch["changes"]))
