"""Workers in the test's process, over the demo with instant films."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx

from jimeng_app.batch import store, submission
from jimeng_app.batch.columns import in_folder
from jimeng_app.batch.engine import WorkerOptions
from jimeng_app.batch.planning import CheckedTable
from jimeng_app.batch.settings import BatchSettings
from jimeng_app.batch.store import BatchStatus, Changes
from jimeng_app.batch.submission import Table
from jimeng_app.batch.worker import BatchWorker
from jimeng_core import SystemClock

DEADLINE = 100.0


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class FastClock(SystemClock):
    """A clock whose sleeps are short; its time is the machine's."""

    async def sleep(self, seconds: float) -> None:
        """Sleep a fortieth of the time."""
        await anyio.sleep(seconds / 40)


class Batches:
    """A database of batches, and the worker that may run on it.

    Args:
        folder: The data folder; results go to `out` in it.
        settings: More settings.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        values = {"chosen_backend": "demo", "demo_pace": 0, "data_dir": folder} | settings
        self.settings = BatchSettings.load(None, **values)
        self.folder = folder
        self.out = folder / "out"
        self.transport: httpx.AsyncBaseTransport | None = None
        self.options: dict[str, Any] = {"tick": 0.2, "clock": FastClock()}
        self.worker: BatchWorker | None = None

    def table(self, text: str, name: str = "clips.csv", **values: Any) -> Table:
        """A table of a file in the data folder."""
        options = {"target": str(self.out), "template": "{row:03}", "identity": name} | values
        return Table(text.encode(), name, in_folder(self.folder), **options)

    def check(self, table: Table) -> CheckedTable:
        """Check a table."""
        return anyio.run(partial(submission.check, table, self.settings, transport=self.transport))

    def submit(self, text: str, **values: Any) -> Changes:
        """Submit a table, all of whose rows are good."""
        table = self.table(text, **values)
        checked = self.check(table)
        assert not checked.problems, checked.problems
        with self.connected() as worker:
            return anyio.run(submission.submit, table, checked, worker.database)

    @contextmanager
    def open(self) -> Iterator[None]:
        """The database stays open in the block, in which no worker runs in this process."""
        with self.connected() as worker:
            self.worker = worker
            try:
                yield
            finally:
                self.worker = None

    @contextmanager
    def connected(self) -> Iterator[BatchWorker]:
        """The running worker, or one that is not started."""
        if self.worker:
            yield self.worker
            return
        worker = BatchWorker(self.settings)
        worker.database.create()
        try:
            yield worker
        finally:
            worker.database.close()

    @contextmanager
    def running(self, **options: Any) -> Iterator[BatchWorker]:
        """A worker that runs in the block."""
        chosen = WorkerOptions(transport=self.transport, **(self.options | options))
        with BatchWorker(self.settings, chosen) as worker:
            self.worker = worker
            try:
                yield worker
            finally:
                self.worker = None

    def status(self) -> BatchStatus:
        """The only batch."""
        with self.connected() as worker:
            [status] = worker.database.read(store.list_batches)
        return status

    def rows(self) -> list[Mapping[str, Any]]:
        """The rows of the only batch."""
        batch_id = self.status().id
        with self.connected() as worker:
            return worker.database.read(partial(store.rows_of, batch_id=batch_id))

    def change(self, change: Any, **values: Any) -> Any:
        """Make a change of `store`."""
        with self.connected() as worker:
            return worker.database.run(partial(change, **values))

    def watch(self, pause: float = 0.1) -> Iterator[BatchStatus]:
        """The batch again and again, until it has ended, or nothing moves any more.

        Args:
            pause: Seconds between two.
        """
        deadline, before = 0.0, None
        while True:
            status = self.status()
            yield status
            if status.ended_at is not None:
                return
            if status.stages != before:
                deadline, before = time.monotonic() + DEADLINE, status.stages
            assert time.monotonic() < deadline, status
            time.sleep(pause)

    def wait(self, **stages: int) -> BatchStatus:
        """Wait until the batch has ended, or its rows are in these stages."""
        for status in self.watch():
            if stages and all(status.stages.get(name, 0) == n for name, n in stages.items()):
                break
        return status
