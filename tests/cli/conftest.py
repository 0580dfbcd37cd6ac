"""What all tests of the command line start from: the web backend, and a site that is not there."""

from collections.abc import Iterator

import pytest
import stamina

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import FileServer, running_file_server
from tests.cli.films import FILM, done
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no locale of this machine choose the language, nor a terminal the width."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retry as often as the code says, without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Commands against the site."""
    monkeypatch.setenv("JIMENG_TOKEN", TOKEN)
    clock = FakeClock()
    return CliRunner(FakeSite(clock), clock)


@pytest.fixture
def shelf() -> Iterator[FileServer]:
    """Where the videos are."""
    with running_file_server() as shelf:
        yield shelf


@pytest.fixture
def task_id(cli: CliRunner, shelf: FileServer) -> str:
    """A completed task, whose video is `/film`."""
    made = new_task_id(cli.clock.now())
    cli.site.records[made] = done(shelf.put("/film", FILM))
    return made
