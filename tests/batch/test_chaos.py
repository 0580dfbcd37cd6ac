"""Chaos: workers, database and upstream are killed, and every row still ends once."""

import hashlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.exc import DBAPIError

from tests.app.app_process import ROOT
from tests.batch.batch_worker import Batches, until
from tests.batch.postgres import Postgres, running_postgres
from tests.batch.receiver import SECRET, Receiver, receiving

ROWS = int(os.environ.get("CHAOS_ROWS", "300"))
SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", "1").split(",")]
KILLS = 10
ACCOUNTS = '[default]\nbackend = "web"\nrunning = 40\nper_minute = 100000\n'


class Machine:
    """The processes of one test.

    Args:
        folder: The data folder of the workers, and the upstream's.
        forks: The program that forks them.
        seed: Of the upstream's faults.
    """

    def __init__(self, folder: Path, forks: "subprocess.Popen[str]", seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self._forks = forks
        self.alive: dict[str, int] = {}
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = int(taken.getsockname()[1])
        self.variables = {
            "JIMENG_BACKEND": "web",
            "JIMENG_TOKEN": "a" * 32,
            "JIMENG_BASE_URL": f"http://127.0.0.1:{self.port}",
            "JIMENG_DATA_DIR": str(folder),
            "JIMENG_TIMEOUT": "5",
            "JIMENG_WEBHOOK_SECRET": SECRET,
            "JIMENG_ALLOW_PRIVATE_URLS": "1",
        }

    def start(self, process: str, **command: Any) -> None:
        """Fork a process."""
        assert self._forks.stdin
        assert self._forks.stdout
        self._forks.stdin.write(json.dumps(command) + "\n")
        self._forks.stdin.flush()
        self.alive[process] = int(self._forks.stdout.readline())

    def start_worker(self, name: str) -> None:
        """Start a worker."""
        self.start(name, run="work", name=name, variables=self.variables)

    def start_upstream(self) -> None:
        """Start the upstream."""
        self.seed += 1
        self.start("upstream", run="serve", folder=str(self.folder), port=self.port, seed=self.seed)

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """Kill a process, and return when it is gone."""
        process = self.alive.pop(name)
        with suppress(ProcessLookupError):
            os.kill(process, how)
        until(lambda: is_gone(process))

    def accepted(self) -> Counter[str]:
        """How often the upstream charged each task, by its own books."""
        with closing(sqlite3.connect(self.folder / "demo" / "demo.sqlite3")) as books:
            return Counter(dict(books.execute("SELECT submit_id, charges FROM tasks")))


def is_gone(process: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture(scope="module")
def forks() -> Iterator["subprocess.Popen[str]"]:
    """The program that forks the processes."""
    command = [sys.executable, "-m", "tests.batch.forkserver"]
    # What is killed stores no coverage: it need not be measured.
    foreign = ("COVERAGE_", "DATABASE_URL")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    environment["PYTHONPATH"] = str(ROOT)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment, text=True
    ) as forks:
        yield forks
        assert forks.stdin
        forks.stdin.close()


@contextmanager
def machine(folder: Path, forks: "subprocess.Popen[str]", seed: int) -> Iterator[Machine]:
    """A machine whose processes end with the block."""
    machine = Machine(folder, forks, seed)
    try:
        yield machine
    finally:
        for name in [*machine.alive]:
            machine.kill(name)


@contextmanager
def a_batch(
    machine: Machine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, count: int
) -> Iterator[Batches]:
    """A stored batch of so many rows, some with pictures."""
    for name, value in machine.variables.items():
        monkeypatch.setenv(name, value)
    (machine.folder / "accounts.toml").write_text(ACCOUNTS)
    Image.new("RGB", (400, 300), "teal").save(machine.folder / "a.png")
    batches = Batches(machine.folder, chosen_backend="web")
    rows = [f"Film {i}.,4,{'a.png' if i % 5 == 0 else ''}\n" for i in range(count)]
    table = "prompt,duration,first_frame\n" + "".join(rows)
    assert batches.submit(table, callback_url=receiver.url).added == count
    with batches.open():
        yield batches


def check_all(machine: Machine, batches: Batches, receiver: Receiver) -> None:
    """Every row ended once, was paid once, is archived whole, and was told."""
    batches.wait()
    rows = batches.rows()
    assert not [row["error"] for row in rows if row["stage"] != "completed"]
    accepted = machine.accepted()
    assert set(accepted) == {row["task_id"] for row in rows}
    assert set(accepted.values()) == {1}
    manifest = json.loads((batches.out / "manifest.json").read_text("utf-8"))
    assert len(manifest) == len(rows)
    for row in manifest:
        data = (batches.out / row["file"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    until(lambda: len(receiver.of_type("batch.ended")) >= 1)
    until(lambda: len(receiver.of_type("task.completed")) >= len(rows))
    assert {each["task_id"] for each in receiver.of_type("task.completed")} == set(accepted)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(600)
def test_two_workers_on_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: "subprocess.Popen[str]", seed: int
) -> None:
    """Two workers share a batch while one, the upstream, the database and the other are killed."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        receiver = stack.enter_context(receiving())
        each = stack.enter_context(machine(tmp_path, forks, seed))
        each.variables["DATABASE_URL"] = postgres.url()
        batches = stack.enter_context(a_batch(each, receiver, monkeypatch, ROWS))
        each.start_upstream()
        each.start_worker("a")
        each.start_worker("b")
        until(lambda: len(executors(batches)) == 2)
        at = sorted(chance.sample(range(ROWS // 10, ROWS * 3 // 4), 4))
        events = [kill_worker_a, kill_upstream, kill_database, kill_worker_b]
        for ended, event in zip(at, events, strict=True):
            until(lambda least=ended: batches.status().stages.get("completed", 0) >= least)  # type: ignore[misc]
            event(each, postgres)
        check_all(each, batches, receiver)


def executors(batches: Batches) -> set[str]:
    """The workers that have taken rows."""
    query = "SELECT DISTINCT executor_id FROM dbos.workflow_status WHERE name = 'jimeng.row'"
    with batches.connected() as worker:
        try:
            found = worker.database.read(lambda c: list(c.exec_driver_sql(query).scalars()))
        except DBAPIError:  # no worker has made the table yet
            return set()
    return {name for name in found if name}


def kill_worker_a(machine: Machine, _: Postgres) -> None:
    """A worker is killed, and starts again under its name."""
    machine.kill("a")
    machine.start_worker("a")


def kill_upstream(machine: Machine, _: Postgres) -> None:
    """The upstream is killed, and comes back."""
    machine.kill("upstream")
    machine.start_upstream()


def kill_database(machine: Machine, postgres: Postgres) -> None:
    """The database crashes, and comes back."""
    postgres.kill()
    postgres.start()


def kill_worker_b(machine: Machine, _: Postgres) -> None:
    """A worker is killed for good: the other takes its rows over."""
    machine.kill("b")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(600)
def test_one_worker_on_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: "subprocess.Popen[str]", seed: int
) -> None:
    """The only worker is killed at ten moments, and every row still ends once."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        each = stack.enter_context(machine(tmp_path, forks, seed))
        batches = stack.enter_context(a_batch(each, receiver, monkeypatch, ROWS))
        each.start_upstream()
        for ended in sorted(chance.sample(range(ROWS * 3 // 4), KILLS)):
            each.start_worker("a")
            until(lambda least=ended: batches.status().stages.get("completed", 0) >= least)  # type: ignore[misc]
            each.kill("a")
        each.start_worker("a")
        check_all(each, batches, receiver)
