from pathlib import Path

import pytest

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import FileServer
from tests.cli.films import completed
from tests.coloured_films import GREEN, RED, film
from tests.core.web.record_tools import record

PNG = b"\x89PNG"


@pytest.fixture
def film_id(cli: CliRunner, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a completed task whose film is on this machine."""
    monkeypatch.setenv("JIMENG_ALLOW_PRIVATE_URLS", "1")
    task_id = new_task_id(cli.clock.now())
    cli.site.records[task_id] = completed(server.put("/a.mp4", film(GREEN, RED)))
    return task_id


def test_saved(cli: CliRunner, film_id: str) -> None:
    """The picture is saved under the id, and its path printed."""
    result = cli.run("last-frame", film_id)
    assert (result.status, result.out, result.err) == (0, f"{film_id}-last.png\n", "")
    assert Path(f"{film_id}-last.png").read_bytes().startswith(PNG)


def test_existing_file(cli: CliRunner, film_id: str) -> None:
    """An existing file is replaced with --force only."""
    words = ("last-frame", "-", "--output", "frame.png")
    Path("frame.png").write_bytes(b"mine")
    result = cli.run(*words, stdin=film_id)
    assert (result.status, result.out) == (3, "")
    assert "--force" in result.err
    assert Path("frame.png").read_bytes() == b"mine"
    assert cli.run(*words, "--force", stdin=film_id).out == "frame.png\n"
    assert Path("frame.png").read_bytes().startswith(PNG)


def test_nowhere_to_write(cli: CliRunner, film_id: str) -> None:
    """A file that cannot be written is a sentence."""
    result = cli.run("last-frame", film_id, "-o", "none/frame.png")
    assert (result.status, result.out) == (3, "")
    assert result.err.startswith(f"{film_id}: the file cannot be written")


def test_running_task(cli: CliRunner) -> None:
    """A task that runs has none."""
    task_id = new_task_id(cli.clock.now())
    cli.site.records[task_id] = record(42)
    result = cli.run("last-frame", task_id)
    assert (result.status, result.out) == (3, "")
    assert "not ended" in result.err


def test_two_ids(cli: CliRunner) -> None:
    """One id is taken."""
    result = cli.run("last-frame", "-", stdin=f"{new_task_id()} {new_task_id()}")
    assert result.status == 2
    assert "one task id" in result.err
