"""A Postgres server of the test's own, which can be killed."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

USER = "postgres"


def programs() -> Path:
    """The folder of Postgres' programs; `scripts/find-postgres.sh` finds or installs them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folder = os.environ.get("POSTGRES") or (found[-1] if found else None)
    assert folder, "PostgreSQL is not installed: see scripts/find-postgres.sh"
    return Path(folder)


class Postgres:
    """A server on a free port.

    Args:
        folder: Its files; its user can reach them.
    """

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._folder = folder
        self._programs = programs()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = int(taken.getsockname()[1])
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, USER, USER)
            self._as = {"user": USER, "group": USER, "extra_groups": []}
        self._run("initdb", "-D", str(self._data), "-U", "jimeng", "-A", "trust", "--no-sync")

    def url(self, name: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://jimeng@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += " -c shared_buffers=16MB -c max_connections=60"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-o", options, "-w", "start")

    def kill(self) -> None:
        """End every process at once, as a crash does."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **self._as,
        )


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server that runs in the block."""
    folder = Path(tempfile.mkdtemp(prefix="jimeng-pg-"))
    try:
        postgres = Postgres(folder)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
