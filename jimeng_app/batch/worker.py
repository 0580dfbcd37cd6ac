"""A worker: runs the rows of all batches, over DBOS, in an event loop of its own thread."""

import asyncio
import logging
import socket
import threading
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from functools import partial
from typing import Final, Self

from dbos import DBOS, DBOSConfig
from filelock import FileLock, Timeout
from sqlalchemy.exc import DBAPIError

from jimeng_core import InvalidRequest

from . import row_work, seen_workers, store, webhooks
from .database import Database, until_back
from .engine import Engine, WorkerOptions
from .queues import APPLICATION, APPLICATION_VERSION, ROW, SAVE, WEBHOOK, Queues
from .settings import BatchSettings
from .upkeep import Upkeep

log = logging.getLogger(__name__)
logging.getLogger("dbos").addHandler(logging.NullHandler())  # else DBOS adds one to standard error

EXECUTOR_THREADS: Final = 32
CONNECTIONS: Final = 5
"""Of DBOS to the database."""
START_POLL_SECONDS: Final = 0.5


_engine: Engine | None = None
"""The engine of this process: DBOS, whose functions are global, runs once in a process."""


def _running() -> Engine:
    if _engine is None:
        message = "no worker runs in this process"
        raise RuntimeError(message)
    return _engine


@DBOS.step(name="jimeng.submit")
async def _submit(task_id: str, run: int) -> bool:
    return await row_work.submit(_running(), task_id, run)


@DBOS.workflow(name=ROW, max_recovery_attempts=None)
async def row_workflow(task_id: str, run: int) -> None:
    """Submit a row, and follow its task to its end.

    The end is stored with the row, which says at a recovery what is left to do: only what leaves
    this machine for good is a step.
    """
    if await _submit(task_id, run):
        await row_work.follow(_running(), task_id)


@DBOS.workflow(name=SAVE, max_recovery_attempts=None)
async def save_workflow(task_id: str) -> None:
    """Save the result of a row."""
    await row_work.save(_running(), task_id)


@DBOS.step(name="jimeng.deliver")
async def _deliver(webhook_id: str) -> bool:
    return await webhooks.deliver(_running(), webhook_id)


@DBOS.workflow(name=WEBHOOK, max_recovery_attempts=None)
async def webhook_workflow(webhook_id: str) -> None:
    """Deliver a webhook, again and again for a day."""
    if await webhooks.deliver(_running(), webhook_id):
        return
    for pause in webhooks.PAUSES:
        await DBOS.sleep_async(pause)
        if await _deliver(webhook_id):
            return
    await _give_up(webhook_id)


@DBOS.step(name="jimeng.give_up")
async def _give_up(webhook_id: str) -> None:
    await webhooks.give_up(_running(), webhook_id)


class BatchWorker:
    """A worker in a thread of its own; a context manager.

    Args:
        settings: The database, the accounts.
        options: Its name and times.

    Raises:
        InvalidRequest: Another process works on the same SQLite file, or a setting does not fit.
    """

    def __init__(self, settings: BatchSettings, options: WorkerOptions | None = None) -> None:
        self._settings = settings
        self._options = options or WorkerOptions()
        self.database = Database(settings.database())
        self._opened = ExitStack()
        """What `stop` closes: the database, and the lock of the name."""
        self._opened.callback(self.database.close)
        self._thread: threading.Thread | None = None
        self._ready: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self.name = ""
        self.engine: Engine | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return once rows are worked on."""
        with self._opened:
            self.name = self._claim_name()
            self._thread = threading.Thread(target=self._run, name="jimeng-worker", daemon=True)
            self._thread.start()
            while not wait([self._ready], START_POLL_SECONDS).done:
                pass  # at intervals, so that Ctrl-C is heard while the database is away
            self._ready.result()
            self._opened = self._opened.pop_all()

    def stop(self) -> None:
        """Stop; what is under way continues with the next start, here or elsewhere."""
        if self._loop and self._stopping and self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._opened.close()

    def _claim_name(self) -> str:
        """A name that no other process of this machine has, the same at each start."""
        path = self.database.path
        if path:
            if self._lock(f"{path}.worker"):
                return self._options.name or "single"
            raise InvalidRequest(
                f"Another process runs the batches in {path}; let it, or set"
                " DATABASE_URL=postgresql://… for several workers (docs/scale.md).",
                f"另一个进程正在处理 {path} 中的批次；请让它继续，或设置"
                " DATABASE_URL=postgresql://… 以使用多个 worker（见 docs/scale.md）。",
            )
        folder = self._settings.data_folder("batches")
        folder.mkdir(parents=True, exist_ok=True)
        host = self._options.name or socket.gethostname()
        names = (f"{host}-{number}" for number in range(1, 1000))
        return next(name for name in names if self._lock(str(folder / f"{name}.worker")))

    def _lock(self, path: str) -> bool:
        lock = FileLock(path, timeout=0)
        try:
            self._opened.enter_context(lock)
        except Timeout:
            return False
        return True

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            else:
                log.exception("The worker has stopped.")

    async def _serve(self) -> None:
        global _engine  # noqa: PLW0603 - DBOS's functions are global
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await asyncio.to_thread(self.database.create)
        queues = Queues(self.database)
        self.engine = _engine = Engine(self._settings, self.database, queues, self._options)
        accounts = self.engine.accounts
        await self.database.transact(partial(store.save_accounts, accounts=accounts))
        try:
            await until_back(self._launch)
            upkeep = Upkeep(self.engine, self.name, self._options)
            await upkeep.start()
            self._ready.set_result(None)
            rounds = asyncio.create_task(upkeep.run())
            await self._stopping.wait()
            rounds.cancel()
            await asyncio.gather(rounds, return_exceptions=True)
            forget = partial(seen_workers.forget_worker, worker=self.name)
            with suppress(DBAPIError):  # the others notice that it is not seen any more
                await asyncio.to_thread(self.database.run, forget)
        finally:
            await self.engine.aclose()
            await asyncio.to_thread(DBOS.destroy)
            _engine = None

    async def _launch(self) -> None:
        await asyncio.to_thread(DBOS.destroy)  # what a launch that failed has left
        DBOS(config=self._config())
        DBOS.launch()  # adopts this loop

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self.database.url,
            "application_version": APPLICATION_VERSION,
            "executor_id": self.name,
            "max_executor_threads": EXECUTOR_THREADS,
            "sys_db_pool_size": CONNECTIONS,
            "use_listen_notify": False,
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": self._options.tick,
            "scheduler_polling_interval_sec": 3600.0,
        }
