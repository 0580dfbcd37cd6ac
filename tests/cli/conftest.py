"""Fixtures of the command line: the web backend on a fake site, and a file server."""

from collections.abc import Iterator

import pytest
import stamina

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import FileServer, running_file_server
from tests.cli.films import FILM, completed
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Language and width do not depend on this machine."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retries happen without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A runner of commands on the web backend."""
    monkeypatch.setenv("JIMENG_TOKEN", TOKEN)
    monkeypatch.setenv("JIMENG_ALLOW_PRIVATE_URLS", "1")  # for the server of the videos
    clock = FakeClock()
    return CliRunner(FakeSite(clock), clock)


@pytest.fixture
def server() -> Iterator[FileServer]:
    """The server of the videos."""
    with running_file_server() as server:
        yield server


@pytest.fixture
def task_id(cli: CliRunner, server: FileServer) -> str:
    """The id of a completed task, whose video is `/film`."""
    task_id = new_task_id(cli.clock.now())
    cli.site.records[task_id] = completed(server.put("/film", FILM))
    return task_id
