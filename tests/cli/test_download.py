import threading
from pathlib import Path

import pytest
from filelock import FileLock

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliResult, CliRunner
from tests.cli.file_server import FileServer
from tests.cli.films import FILM, OTHER, completed, download, files
from tests.core.web.fake_site import TOKEN, envelope, in_turn
from tests.core.web.record_tools import record


def part_of(name: str) -> bytes:
    """The content of a file's only part file."""
    [part] = Path("out").glob(f"{name}.mp4.*.part")
    return part.read_bytes()


def test_whole_file(cli: CliRunner, task_id: str) -> None:
    """The video is saved under its id, its path is printed, and no other file is left."""
    assert download(cli, task_id) == CliResult(0, f"out/{task_id}.mp4\n", "")
    assert files() == {f"{task_id}.mp4": FILM}


def test_no_credential_is_sent(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """The server of the videos does not get the credential."""
    download(cli, task_id)
    [headers] = server.headers
    assert TOKEN not in str(headers)
    assert "cookie" not in headers


def test_interruption(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """After an interruption, only the missing bytes are requested."""
    server.files["/film"].cuts = [1000, 2000]
    assert download(cli, task_id).status == 0
    assert server.requested == [None, "bytes=1000-", "bytes=3000-"]
    assert files() == {f"{task_id}.mp4": FILM}


def test_continued_by_the_next_command(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """After too many interruptions the status is 3, and the next command continues the download."""
    server.files["/film"].cuts = [100] * 5
    result = download(cli, task_id)
    assert (result.status, result.out) == (3, "")
    assert result.err.startswith(f"{task_id}: the connection was interrupted too often")
    assert part_of(task_id) == FILM[:500]
    assert cli.clock.sleeps == [1, 2, 4, 8]
    assert download(cli, task_id).status == 0
    assert server.requested[-1] == "bytes=500-"
    assert files() == {f"{task_id}.mp4": FILM}


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_changed_file(cli: CliRunner, server: FileServer, task_id: str, name: str) -> None:
    """A file that changed is downloaded from its start: no mixture of two versions."""
    film = server.files["/film"]
    film.headers = {name: '"one"'}
    film.cuts = [100] * 5
    download(cli, task_id)
    film.content, film.headers = OTHER, {name: '"two"'}
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": OTHER}


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"one"'}])
def test_unknown_version(
    cli: CliRunner, server: FileServer, task_id: str, headers: dict[str, str]
) -> None:
    """Without a version from the server, a file is always downloaded from its start."""
    film = server.files["/film"]
    film.headers, film.cuts = headers, [100]
    assert download(cli, task_id).status == 0
    assert server.requested == [None, None]
    assert files() == {f"{task_id}.mp4": FILM}


def test_server_without_ranges(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A server without byte ranges, which sends the whole file again, works too."""
    film = server.files["/film"]
    film.ranges, film.cuts = False, [100, 200]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": FILM}


@pytest.mark.parametrize("total", [len(FILM) - 1, len(FILM) + 1])
def test_other_size(cli: CliRunner, server: FileServer, task_id: str, total: int) -> None:
    """A part of a file of another size is not used."""
    film = server.files["/film"]
    film.cuts, film.total = [100], total
    assert download(cli, task_id).status == 0
    assert server.requested == [None, "bytes=100-", None]
    assert files() == {f"{task_id}.mp4": FILM}


def test_file_that_became_smaller(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A file that became smaller than its part file is downloaded from its start."""
    server.files["/film"].cuts = [1000] * 5
    download(cli, task_id)
    server.files["/film"].content = FILM[:300]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": FILM[:300]}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_temporary_error(cli: CliRunner, server: FileServer, task_id: str, status: int) -> None:
    """After a temporary error the request is repeated."""
    server.files["/film"].statuses = [status] * 4
    assert download(cli, task_id).status == 0


@pytest.mark.parametrize("status", [403, 404, 410])
def test_expired_url(cli: CliRunner, server: FileServer, task_id: str, status: int) -> None:
    """When a URL has expired, the task is looked up once more and its new URL is used."""
    server.files["/film"].statuses = [status]
    fresh = completed(server.put("/fresh", FILM))
    records = [envelope({task_id: one}) for one in (cli.site.records[task_id], fresh)]
    cli.site.look_up.mock(side_effect=in_turn(*records))
    assert download(cli, task_id).status == 0
    assert len(cli.site.look_up.calls) == 2
    assert files() == {f"{task_id}.mp4": FILM}


def test_url_that_stays_expired(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """When a new URL does not work either, the status is 3, after one more look-up."""
    server.files["/film"].statuses = [403] * 9
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert len(cli.site.look_up.calls) == 2
    assert files() == {}


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/html; charset=utf-8"}, {"Content-Encoding": "gzip"}]
)
def test_page_instead_of_a_video(
    cli: CliRunner, server: FileServer, task_id: str, headers: dict[str, str]
) -> None:
    """A web page, as a login page of a public network, is not saved as a video."""
    server.files["/film"].headers = headers
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert files() == {}


def test_empty_file(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """An empty file is not saved as a video."""
    server.files["/film"].content = b""
    assert download(cli, task_id).status == 3
    assert files() == {}


def test_other_error_status(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A status that repeating will not change is reported at once."""
    server.files["/film"].statuses = [451]
    result = download(cli, task_id)
    assert result.status == 3
    assert "451" in result.err
    assert server.requested == [None]


def test_tasks_without_a_result(cli: CliRunner, task_id: str) -> None:
    """A task without a result is reported by its id: failed 1, unfinished or unknown 3."""
    failed, unfinished = (new_task_id(cli.clock.now()) for _ in range(2))
    cli.site.records |= {failed: record(30, fail_code="2038"), unfinished: record(42)}
    assert [download(cli, one).status for one in (failed, unfinished, "x")] == [1, 3, 3]
    result = download(cli, failed, unfinished, "x", task_id)
    assert (result.status, result.out) == (3, f"out/{task_id}.mp4\n")
    reported = sorted(line.partition(": ")[0] for line in result.err.splitlines())
    assert reported == sorted([failed, unfinished, "x"])


def test_several_at_a_time(cli: CliRunner, server: FileServer) -> None:
    """Three downloads run at once, and no more."""
    ids = [new_task_id(cli.clock.now()) for _ in range(6)]
    server.barrier = threading.Barrier(3)
    for index, task_id in enumerate(ids):
        cli.site.records[task_id] = completed(server.put(f"/{index}", FILM + bytes([index])))
    assert download(cli, *ids).status == 0
    assert server.concurrency == 3
    expected = {f"{task_id}.mp4": FILM + bytes([n]) for n, task_id in enumerate(ids)}
    assert files() == expected


def test_one_task_in_two_spellings(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A task is downloaded once, even if its id is given twice in different spellings."""
    assert download(cli, task_id, task_id.upper()).out == f"out/{task_id}.mp4\n"
    assert server.requested == [None]


def test_concurrent_commands(cli: CliRunner, task_id: str) -> None:
    """Two commands do not write to one part file: the second one ends with status 3."""
    Path("out").mkdir()
    with FileLock(f"out/{task_id}.mp4.lock"):
        result = download(cli, task_id)
    assert (result.status, result.out) == (3, "")
    assert "another command" in result.err


def test_invalid_url(cli: CliRunner, task_id: str) -> None:
    """An invalid URL is reported."""
    cli.site.records[task_id] = completed("http://127.0.0.1:99999/film")
    assert download(cli, task_id).status == 3


def test_redirect(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A redirect is followed; a redirect loop ends."""
    server.put("/fresh", OTHER)
    film = server.files["/film"]
    film.headers, film.statuses = {"Location": "/fresh"}, [302]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": OTHER}
    film.headers, film.statuses = {"Location": "/film"}, [302] * 9
    assert download(cli, "--force", task_id).status == 3
    assert len(server.requested) == 2 + 4


def test_unwritable_file(cli: CliRunner, task_id: str) -> None:
    """A file that cannot be written is reported in one sentence."""
    Path("out", f"{task_id}.mp4").mkdir(parents=True)
    for words in ((), ("--force",)):
        result = download(cli, *words, task_id)
        assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
        assert "it cannot be written" in result.err


def test_folder_that_is_a_file(cli: CliRunner) -> None:
    """A folder that cannot be created is wrong use."""
    Path("out").write_bytes(b"")
    assert download(cli, "x").status == 2
