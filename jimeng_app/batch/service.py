"""Batches in the app: whose they are, and the worker that runs when there is something to do."""

import hashlib
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from jimeng_app.access import may_spend
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_core import InvalidRequest, NotFound, Task
from jimeng_core.problems import invalid_field

from . import store, submission, webhook_store
from .columns import among_uploads
from .database import Database
from .planning import CheckedTable
from .settings import DEMO_ACCOUNT, BatchSettings, load_accounts
from .store import BatchStatus, Changes
from .submission import Table

if TYPE_CHECKING:
    from .engine import WorkerOptions
    from .worker import BatchWorker

log = logging.getLogger(__name__)

VISITOR_ROWS: Final = 20
"""Rows of one table of a visitor, and of all his open batches."""
VISITOR_BATCHES: Final = 5
WATCH_SECONDS: Final = 10.0
"""Seconds that a submission waits for the database, once its task exists."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A table that was sent to the app, with its pictures and options."""

    data: bytes
    file_name: str
    pictures: Mapping[str, bytes]
    name: str = ""
    account: str = ""
    template: str = ""
    callback_url: str | None = None
    max_cost: float | None = None


class BatchService:
    """The batches of one app.

    Args:
        pool: The clients, with the app's settings.
        options: Of its worker.
    """

    def __init__(self, pool: ClientPool, options: "WorkerOptions | None" = None) -> None:
        self._pool = pool
        self.settings = BatchSettings.load(pool.settings)
        self._options = options
        self._database: Database | None = None
        self.worker: BatchWorker | None = None
        self._starting = anyio.Lock()

    async def database(self) -> Database:
        """The database, with its tables."""
        if self._database is None:
            database = Database(self.settings.database())
            await to_thread.run_sync(database.create)
            await to_thread.run_sync(
                database.run, partial(store.save_accounts, accounts=load_accounts(self.settings))
            )
            self._database = database
        return self._database

    async def resume(self) -> None:
        """Start the worker if an earlier run of the app has left open rows."""
        database = await self.database()
        if any(each.ended_at is None for each in await database.fetch(store.list_batches)):
            await self.work()

    async def work(self) -> None:
        """Start the worker unless it runs, here or in another process, or is not wanted."""
        async with self._starting:
            if self.worker or not self.settings.worker:
                return
            from .worker import BatchWorker  # noqa: PLC0415 - DBOS is slow to import

            worker = BatchWorker(self.settings, self._options)
            try:
                await to_thread.run_sync(worker.start)
            except InvalidRequest as error:
                log.info("Another process runs the batches: %s", error.message)
                return
            self.worker = worker

    async def aclose(self) -> None:
        """Stop the worker; its rows continue with the next start."""
        if self.worker:
            await to_thread.run_sync(self.worker.stop)
        if self._database:
            self._database.close()

    def owner(self, call: CallContext) -> str:
        """Whose batches a caller's are: empty for who may spend the server's credentials."""
        if may_spend(self._pool.settings, call.caller, public=self._pool.public):
            return ""
        return hashlib.sha256(f"visitor {call.caller.visitor}".encode()).hexdigest()[:32]

    async def check(self, call: CallContext, upload: Upload) -> tuple[Table, CheckedTable]:
        """Check a table; sends nothing.

        Raises:
            InvalidRequest: It cannot be read, or a visitor asks for too much.
        """
        owner = self.owner(call)
        account = upload.account or (DEMO_ACCOUNT if owner else "default")
        folder = self.settings.data_folder("batches")
        find = among_uploads(await to_thread.run_sync(_store, folder / "pictures", upload.pictures))
        table = Table(
            data=upload.data,
            file_name=upload.file_name,
            find=find,
            identity=upload.name or upload.file_name,
            target="",
            name=upload.name,
            owner=owner,
            account=account,
            template=upload.template or "{row:03}-{mode}-{id}",
            callback_url=upload.callback_url,
        )
        if owner and upload.callback_url:
            raise InvalidRequest(
                "Only who runs this server may have webhooks sent; leave callback_url out.",
                "只有运行此服务器的人可以使用回调，请去掉 callback_url。",
            )
        checked = await submission.check(table, self.settings)
        if owner:
            self._check_visitor(checked)
        return table, checked

    @staticmethod
    def _check_visitor(checked: CheckedTable) -> None:
        accounts = {row.request.account for row in checked.rows}
        if accounts - {DEMO_ACCOUNT}:
            raise InvalidRequest(
                "Only who runs this server may spend its accounts; leave the column account out.",
                "只有运行此服务器的人可以使用它的账号，请去掉“账号”列。",
            )
        if len(checked.rows) > VISITOR_ROWS:
            raise InvalidRequest(
                f"The demo takes {VISITOR_ROWS} rows here; send fewer, or run your own server.",
                f"演示最多 {VISITOR_ROWS} 行，请减少行数，或自行部署。",
            )

    async def submit(
        self, table: Table, checked: CheckedTable, max_cost: float | None = None
    ) -> tuple[str, Changes]:
        """Store the rows that may be submitted, and let the worker run.

        Raises:
            InvalidRequest: They cost too much, or a visitor has too many open rows.
        """
        database = await self.database()
        if table.owner:
            mine = await database.fetch(partial(store.list_batches, owner=table.owner))
            others = [each for each in mine if each.id != table.options.id and each.open]
            rows = sum(each.open for each in others) + len(checked.rows)
            if len(others) >= VISITOR_BATCHES or rows > VISITOR_ROWS:
                raise InvalidRequest(
                    "Your other batches have not ended; wait for them.",
                    "你的其他批次尚未结束，请等其完成。",
                )
        target = self.settings.data_folder("batches") / "results" / table.options.id
        changes = await submission.submit(table.into(str(target)), checked, database, max_cost)
        await self.work()
        return table.options.id, changes

    async def check_watch(self, call: CallContext, url: str) -> None:
        """Check that the end of a caller's task can be told to an address.

        Raises:
            InvalidRequest: It cannot: a worker has no credential but the server's own, the address
                does not fit, there is no secret to sign with, or the database cannot be used.
        """
        if self.owner(call) or call.access.token is not None:
            raise invalid_field(
                "callback_url",
                "Only tasks of the server's own account have webhooks; leave callback_url out.",
                "只有使用服务器自身账号的任务可以使用回调，请去掉 callback_url。",
            )
        submission.check_callback(url, self.settings)
        await self.database()

    async def watch(self, call: CallContext, task: Task, url: str) -> None:
        """Tell the end of a task that was submitted to an address.

        The task exists, whatever the database does: a failure is logged only.
        """
        with anyio.move_on_after(WATCH_SECONDS):
            try:
                await self._watch(call, task, url)
            except (SQLAlchemyError, InvalidRequest, OSError) as error:
                log.warning("No webhook for the task %s (%s).", task.id, type(error).__name__)
            return
        log.warning("No webhook for the task %s: the database is away.", task.id)

    async def _watch(self, call: CallContext, task: Task, url: str) -> None:
        database = await self.database()
        watch = partial(
            webhook_store.watch_task,
            task_id=task.id,
            account=call.access.backend.value,
            mode=task.mode.value if task.mode else "",
            url=url,
        )
        await database.transact(watch)
        await self.work()

    async def batches(self, call: CallContext) -> list[BatchStatus]:
        """The batches of a caller, newest first."""
        database = await self.database()
        return await database.fetch(partial(store.list_batches, owner=self.owner(call)))

    async def batch(self, call: CallContext, batch_id: str) -> BatchStatus:
        """A batch of a caller; raises `NotFound`."""
        database = await self.database()
        query = partial(store.list_batches, batch_id=batch_id, owner=self.owner(call))
        found = await database.fetch(query)
        if not found:
            raise NotFound(
                "You have no batch of this id; list yours.", "没有该 ID 的批次，请查看列表。"
            )
        return found[0]

    async def rows(self, call: CallContext, batch_id: str) -> list[Mapping[str, Any]]:
        """The rows of a caller's batch; raises `NotFound`."""
        batch = await self.batch(call, batch_id)
        database = await self.database()
        return await database.fetch(partial(store.rows_of, batch_id=batch.id))

    async def change(self, call: CallContext, batch_id: str, action: str) -> None:
        """Pause, resume, cancel or retry a caller's batch; raises `NotFound`."""
        batch = await self.batch(call, batch_id)
        database = await self.database()
        changes: dict[str, Callable[..., object]] = {
            "pause": partial(store.pause_batch, paused=True),
            "resume": partial(store.pause_batch, paused=False),
            "cancel": store.cancel_batch,
            "retry-failed": store.retry_failed,
        }
        await database.transact(partial(changes[action], batch_id=batch.id))
        await self.work()


def _store(folder: Path, pictures: Mapping[str, bytes]) -> dict[str, Path]:
    """Pictures as files, each content once; by the names that the table uses."""
    if pictures:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stored = {}
    for name, data in pictures.items():
        path = folder / hashlib.sha256(data).hexdigest()
        if not path.exists():
            part = path.with_suffix(f".{id(data)}.part")
            part.write_bytes(data)
            shutil.move(part, path)
        stored[name] = path
    return stored
