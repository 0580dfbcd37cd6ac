"""Batches: rows a minute by number of workers, memory and restart with many open rows.

`python -m benchmarks.batch` prints a table; docs/scale.md has the numbers. It starts Postgres, an
upstream and workers on this machine, which therefore share its processors.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import sqlalchemy as sa

from benchmarks.memory import memory
from jimeng_app.batch import store, submission
from jimeng_app.batch.columns import in_folder
from jimeng_app.batch.database import BATCHES, ROWS, Database
from jimeng_app.batch.settings import BatchSettings
from jimeng_app.batch.submission import Table
from tests.batch.postgres import running_postgres

ROOT = Path(__file__).parents[1]
ROWS_OF_A_RUN = 400
MANY = 10_000
LIMITS = "[default]\nbackend = 'web'\nrunning = 200\nper_minute = 100000\n"


class Bench:
    """Processes on one data folder and one database."""

    def __init__(self, folder: Path, url: str, port: int, forks: "subprocess.Popen[str]") -> None:
        self.folder = folder
        self.port = port
        self.variables = {
            "JIMENG_BACKEND": "web",
            "JIMENG_TOKEN": "a" * 32,
            "JIMENG_BASE_URL": f"http://127.0.0.1:{port}",
            "JIMENG_DATA_DIR": str(folder),
            "JIMENG_ALLOW_PRIVATE_URLS": "1",
            "DATABASE_URL": url,
        }
        (folder / "accounts.toml").write_text(LIMITS, "utf-8")
        self.settings = BatchSettings.load(
            chosen_backend="web", token="a" * 32, data_dir=folder, database_url=url
        )
        self.database = Database(self.settings.database())
        self.database.create()
        self._forks = forks

    def start(self, **command: Any) -> int:  # noqa: ANN401 - JSON
        """Fork a process; returns its id."""
        if not self._forks.stdin or not self._forks.stdout:
            raise RuntimeError
        self._forks.stdin.write(json.dumps(command) + "\n")
        self._forks.stdin.flush()
        return int(self._forks.stdout.readline())

    def work(self, name: str) -> int:
        """Start a worker."""
        return self.start(run="work", name=name, variables=self.variables, fast=False)

    def submit(self, name: str, rows: int) -> float:
        """Check and store a table; returns the seconds that it took."""
        text = "prompt,duration\n" + "".join(f"{name} {i},4\n" for i in range(rows))
        table = Table(
            text.encode(), f"{name}.csv", in_folder(self.folder), name, str(self.folder / name)
        )
        begin = time.perf_counter()
        checked = anyio.run(submission.check, table, self.settings)
        anyio.run(submission.submit, table, checked, self.database)
        return time.perf_counter() - begin

    def done(self) -> int:
        """Rows that have ended."""
        query = sa.select(sa.func.count()).select_from(ROWS).where(ROWS.c.stage == "completed")
        return int(self.database.read(lambda c: c.scalar(query)) or 0)

    def clear(self) -> None:
        """Delete all rows."""
        self.database.run(lambda c: (c.execute(sa.delete(ROWS)), c.execute(sa.delete(BATCHES))))

    def wait(self, rows: int) -> float:
        """Wait until so many rows are completed; returns the seconds."""
        begin = time.perf_counter()
        while self.done() < rows:
            time.sleep(0.05)
        return time.perf_counter() - begin


@contextmanager
def bench() -> Iterator[Bench]:
    """Postgres, an upstream without faults, and what forks workers."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.batch.forkserver"]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryDirectory(prefix="jimeng-bench-", ignore_cleanup_errors=True) as folder,
        running_postgres() as postgres,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment
        ) as forks,
    ):
        found = Bench(Path(folder), postgres.url(), postgres.port + 1, forks)
        upstream = found.start(run="serve", folder=folder, port=found.port, seed=None)
        try:
            yield found
        finally:
            os.kill(upstream, 9)
            found.database.close()
            if forks.stdin:
                forks.stdin.close()


def throughput(found: Bench, workers: int) -> tuple[float, float]:
    """Rows a minute, and upstream requests a row."""
    found.clear()
    requests = found.folder / "requests"
    before = requests.stat().st_size if requests.exists() else 0
    processes = [found.work(f"w{workers}-{number}") for number in range(workers)]
    found.submit(f"run{workers}", ROWS_OF_A_RUN)
    seconds = found.wait(ROWS_OF_A_RUN)
    for process in processes:
        os.kill(process, 9)
    sent = requests.stat().st_size - before
    return ROWS_OF_A_RUN / seconds * 60, sent / ROWS_OF_A_RUN


def many_rows(found: Bench) -> dict[str, float]:
    """Storing, restarting and memory with `MANY` open rows."""
    found.clear()
    stored = found.submit("many", MANY)
    process = found.work("many")
    first = found.wait(50)
    os.kill(process, 9)
    done = found.done()
    process = found.work("many")
    restarted = found.wait(done + 50)
    found.database.run(partial(store.change_account, name="default", running=1000))
    found.wait(done + 600)
    used = memory("VmRSS", str(process))
    os.kill(process, 9)
    return {"stored": stored, "first": first, "restarted": restarted, "memory": used}


def main() -> None:
    """Measure, and print the numbers."""
    with bench() as found:
        print("| workers | rows a minute | upstream requests a row |\n| --- | --- | --- |")
        for workers in (1, 2, 4):
            rows, requests = throughput(found, workers)
            print(f"| {workers} | {rows:,.0f} | {requests:.2f} |", flush=True)
        for name, value in many_rows(found).items():
            print(f"{name}: {value:,.1f}", flush=True)
    print("load average:", os.getloadavg())


if __name__ == "__main__":
    main()
