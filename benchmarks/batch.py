"""Batches: rows a minute by number of workers, memory and restart with many open rows.

`python -m benchmarks.batch`, a part of `make bench`, writes the table of docs/scale.md. It starts
Postgres, an upstream and workers on this machine, which therefore share its processors.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import sqlalchemy as sa

from benchmarks.memory import memory
from benchmarks.report import store_batch
from jimeng_app.batch import submission
from jimeng_app.batch.columns import in_folder
from jimeng_app.batch.database import BATCHES, ROWS, WORKERS, Database
from jimeng_app.batch.settings import BatchSettings
from jimeng_app.batch.submission import Table
from tests.batch.postgres import running_postgres

ROOT = Path(__file__).parents[1]
NUMBERS = (1, 2, 4)
"""Of workers."""
ROWS_OF_A_RUN = 400
WARM = 60
"""Rows that have ended when a run's measurement begins: by then its workers have started."""
FEW = 300
MANY = 10_000
TICKS = os.sysconf("SC_CLK_TCK")
Line = tuple[str, str]
"""What was measured, and the number with its unit."""
LIMITS = "[default]\nbackend = 'web'\nrunning = 200\nper_minute = 100000\n"


class Bench:
    """Processes on one data folder and one database; without a URL it is an SQLite file."""

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
            chosen_backend="web", token="a" * 32, data_dir=folder, database_url=url or None
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
        """Delete all rows, and forget the workers that were killed."""
        for each in (ROWS, BATCHES, WORKERS):
            self.database.run(lambda c, each=each: c.execute(sa.delete(each)))  # type: ignore[misc]

    def wait(self, rows: int) -> float:
        """Wait until so many rows are completed; returns the seconds."""
        begin = time.perf_counter()
        while self.done() < rows:
            time.sleep(0.1)
        return time.perf_counter() - begin

    def counts(self, workers: Sequence[int]) -> "Counts":
        """What was used until now."""
        requests = self.folder / "requests"
        query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        query = "SELECT 0" if self.database.is_sqlite else query
        return Counts(
            time.perf_counter(),
            self.done(),
            requests.stat().st_size if requests.exists() else 0,
            int(self.database.read(lambda c: c.exec_driver_sql(query).scalar()) or 0),
            sum(map(processor_seconds, workers)),
        )


class Counts(NamedTuple):
    """What was used until a moment."""

    seconds: float
    rows: int
    requests: int
    transactions: int
    processor: float
    """Seconds of the workers."""


def processor_seconds(process: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path("/proc", str(process), "stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def bench(*, postgres: bool) -> Iterator[Bench]:
    """A database, an upstream without faults, and what forks workers."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.batch.forkserver"]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryDirectory(prefix="jimeng-bench-", ignore_cleanup_errors=True) as folder,
        running_postgres() if postgres else nullcontext() as server,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment
        ) as forks,
    ):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = int(taken.getsockname()[1])
        found = Bench(Path(folder), server.url() if server else "", port, forks)
        upstream = found.start(run="serve", folder=folder, port=found.port, seed=None)
        try:
            yield found
        finally:
            kill(upstream)
            found.database.close()
            if forks.stdin:
                forks.stdin.close()


def kill(process: int) -> None:
    """Kill a process, and return when it is gone, and its name free."""
    os.kill(process, 9)
    while Path("/proc", str(process)).exists():
        time.sleep(0.01)


def throughput(found: Bench, workers: int) -> list[Line]:
    """Rows a minute, and what a row takes, once the workers have started."""
    found.clear()
    found.submit(f"run{workers}", ROWS_OF_A_RUN)
    processes = [found.work(f"w{workers}-{number}") for number in range(workers)]
    sent = found.folder / "requests"
    before = sent.stat().st_size if sent.exists() else 0
    found.wait(WARM)
    first = found.counts(processes)
    found.wait(ROWS_OF_A_RUN)
    last = found.counts(processes)
    for process in processes:
        kill(process)
    rows = last.rows - first.rows
    kind = "SQLite" if found.database.is_sqlite else "Postgres"
    title = f"{kind}, {workers} worker{'s' * (workers > 1)}"
    lines = [
        (f"{title}: rows a minute", f"{rows / (last.seconds - first.seconds) * 60:,.0f}"),
        (f"{title}: upstream requests a row", f"{(last.requests - before) / last.rows:.2f}"),
        (
            f"{title}: processor of the workers a row",
            f"{(last.processor - first.processor) / rows * 1000:.0f} ms",
        ),
    ]
    if used := last.transactions - first.transactions:
        lines.append((f"{title}: transactions of the database a row", f"{used / rows:.0f}"))
    return lines


def restart(found: Bench, rows: int) -> list[Line]:
    """Storing rows, the restart of a worker that is killed with nearly all of them open."""
    found.clear()
    stored = found.submit(f"open{rows}", rows)
    process = found.work("restart")
    found.wait(10)
    kill(process)
    done = found.done()
    process = found.work("restart")
    seconds = found.wait(done + 50)
    used = memory("VmRSS", str(process))
    kill(process)
    return [
        (f"{rows:,} rows: checked and stored", f"{stored:.1f} s"),
        (f"{rows:,} open rows: from a worker's restart to 50 ended rows", f"{seconds:.1f} s"),
        (f"{rows:,} open rows: memory of the worker then", f"{used:.0f} MB"),
    ]


def measured() -> Iterator[Line]:
    """Everything that is measured."""
    with bench(postgres=True) as found:
        for workers in NUMBERS:
            yield from throughput(found, workers)
        for rows in (FEW, MANY):
            yield from restart(found, rows)
    with bench(postgres=False) as found:
        yield from throughput(found, 1)


def main() -> None:
    """Measure, print and store the numbers; takes less than two minutes on an idle machine."""
    lines: list[Line] = []
    for name, value in measured():
        print(f"{name}: {value}", flush=True)
        lines.append((name, value))
    for path in store_batch(lines):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
