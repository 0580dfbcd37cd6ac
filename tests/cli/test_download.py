import threading
from pathlib import Path

import pytest
from filelock import FileLock

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliResult, CliRunner
from tests.cli.file_server import FileServer
from tests.cli.films import FILM, OTHER, done, download, files
from tests.core.web.fake_site import TOKEN, envelope, in_turn
from tests.core.web.record_tools import record


def part_of(name: str) -> bytes:
    """The one part file that there is of a file."""
    [part] = Path("out").glob(f"{name}.mp4.*.part")
    return part.read_bytes()


def test_whole_file(cli: CliRunner, task_id: str) -> None:
    """The video lies there under its id, its path is printed, and nothing else is left."""
    assert download(cli, task_id) == CliResult(0, f"out/{task_id}.mp4\n", "")
    assert files() == {f"{task_id}.mp4": FILM}


def test_no_credential_goes_there(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """Whoever keeps the videos is not told who asks."""
    download(cli, task_id)
    [headers] = shelf.headers
    assert TOKEN not in str(headers)
    assert "cookie" not in headers


def test_cut_connection(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """After a break, only what is missing is asked for."""
    shelf.files["/film"].cuts = [1000, 2000]
    assert download(cli, task_id).status == 0
    assert shelf.asked == [None, "bytes=1000-", "bytes=3000-"]
    assert files() == {f"{task_id}.mp4": FILM}


def test_resumed_by_the_next_command(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """What broke off too often is kept, told with 3, and goes on with the next command."""
    shelf.files["/film"].cuts = [100] * 5
    result = download(cli, task_id)
    assert (result.status, result.out) == (3, "")
    assert result.err.startswith(f"{task_id}: the connection broke off too often")
    assert part_of(task_id) == FILM[:500]
    assert cli.clock.sleeps == [1, 2, 4, 8]
    assert download(cli, task_id).status == 0
    assert shelf.asked[-1] == "bytes=500-"
    assert files() == {f"{task_id}.mp4": FILM}


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_changed_file(cli: CliRunner, shelf: FileServer, task_id: str, name: str) -> None:
    """A file that changed in between is fetched anew: no patchwork of two."""
    film = shelf.files["/film"]
    film.headers = {name: '"one"'}
    film.cuts = [100] * 5
    download(cli, task_id)
    film.content, film.headers = OTHER, {name: '"two"'}
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": OTHER}


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"one"'}])
def test_version_that_has_no_name(
    cli: CliRunner, shelf: FileServer, task_id: str, headers: dict[str, str]
) -> None:
    """Where the server does not tell versions apart, a file is always fetched from its start."""
    film = shelf.files["/film"]
    film.headers, film.cuts = headers, [100]
    assert download(cli, task_id).status == 0
    assert shelf.asked == [None, None]
    assert files() == {f"{task_id}.mp4": FILM}


def test_server_without_ranges(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A server that sends all of it again is taken at its word."""
    film = shelf.files["/film"]
    film.ranges, film.cuts = False, [100, 200]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": FILM}


@pytest.mark.parametrize("total", [len(FILM) - 1, len(FILM) + 1])
def test_other_length(cli: CliRunner, shelf: FileServer, task_id: str, total: int) -> None:
    """A rest of a file of another length is no rest of this one."""
    film = shelf.files["/film"]
    film.cuts, film.total = [100], total
    assert download(cli, task_id).status == 0
    assert shelf.asked == [None, "bytes=100-", None]
    assert files() == {f"{task_id}.mp4": FILM}


def test_part_that_is_too_long(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A file that got shorter than what is there of it is fetched anew."""
    shelf.files["/film"].cuts = [1000] * 5
    download(cli, task_id)
    shelf.files["/film"].content = FILM[:300]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": FILM[:300]}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_in_trouble(cli: CliRunner, shelf: FileServer, task_id: str, status: int) -> None:
    """A server that has trouble is asked again."""
    shelf.files["/film"].statuses = [status] * 4
    assert download(cli, task_id).status == 0


@pytest.mark.parametrize("status", [403, 404, 410])
def test_expired_address(cli: CliRunner, shelf: FileServer, task_id: str, status: int) -> None:
    """An address that opens no longer: the task is asked for once more, and its new one taken."""
    shelf.files["/film"].statuses = [status]
    fresh = done(shelf.put("/fresh", FILM))
    records = [envelope({task_id: one}) for one in (cli.site.records[task_id], fresh)]
    cli.site.look_up.mock(side_effect=in_turn(*records))
    assert download(cli, task_id).status == 0
    assert len(cli.site.look_up.calls) == 2
    assert files() == {f"{task_id}.mp4": FILM}


def test_address_that_stays_expired(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """When a fresh address does not open either, that is told with 3; nobody asks for ever."""
    shelf.files["/film"].statuses = [403] * 9
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert len(cli.site.look_up.calls) == 2
    assert files() == {}


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/html; charset=utf-8"}, {"Content-Encoding": "gzip"}]
)
def test_page_instead_of_a_video(
    cli: CliRunner, shelf: FileServer, task_id: str, headers: dict[str, str]
) -> None:
    """A page of words, as a hotel's network sends it, is no video."""
    shelf.files["/film"].headers = headers
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert files() == {}


def test_empty_file(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """An empty file is no video."""
    shelf.files["/film"].content = b""
    assert download(cli, task_id).status == 3
    assert files() == {}


def test_other_refusal(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A status that asking again will not change is told."""
    shelf.files["/film"].statuses = [451]
    result = download(cli, task_id)
    assert result.status == 3
    assert "451" in result.err
    assert shelf.asked == [None]


def test_what_is_no_completed_task(cli: CliRunner, task_id: str) -> None:
    """What cannot be downloaded is told by its id: failed 1, unfinished or unknown 3."""
    failed, unfinished = (new_task_id(cli.clock.now()) for _ in range(2))
    cli.site.records |= {failed: record(30, fail_code="2038"), unfinished: record(42)}
    assert [download(cli, one).status for one in (failed, unfinished, "x")] == [1, 3, 3]
    result = download(cli, failed, unfinished, "x", task_id)
    assert (result.status, result.out) == (3, f"out/{task_id}.mp4\n")
    told = sorted(line.partition(": ")[0] for line in result.err.splitlines())
    assert told == sorted([failed, unfinished, "x"])


def test_several_at_a_time(cli: CliRunner, shelf: FileServer) -> None:
    """Three files are on their way at once, and no more."""
    ids = [new_task_id(cli.clock.now()) for _ in range(6)]
    shelf.together = threading.Barrier(3)
    for index, one in enumerate(ids):
        cli.site.records[one] = done(shelf.put(f"/{index}", FILM + bytes([index])))
    assert download(cli, *ids).status == 0
    assert shelf.most == 3
    assert files() == {f"{one}.mp4": FILM + bytes([index]) for index, one in enumerate(ids)}


def test_one_task_in_two_spellings(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A task is downloaded once, however often and in whatever spelling it is named."""
    assert download(cli, task_id, task_id.upper()).out == f"out/{task_id}.mp4\n"
    assert shelf.asked == [None]


def test_another_command_is_at_it(cli: CliRunner, task_id: str) -> None:
    """Two commands do not write into one part file: the second one says so, with 3."""
    Path("out").mkdir()
    with FileLock(f"out/{task_id}.mp4.lock"):
        result = download(cli, task_id)
    assert (result.status, result.out) == (3, "")
    assert "another command" in result.err


def test_address_that_leads_nowhere(cli: CliRunner, task_id: str) -> None:
    """An address that cannot be one is told in a sentence."""
    cli.site.records[task_id] = done("http://127.0.0.1:99999/film")
    assert download(cli, task_id).status == 3


def test_redirect(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A redirect is followed; redirects in a circle come to an end."""
    shelf.put("/fresh", OTHER)
    film = shelf.files["/film"]
    film.headers, film.statuses = {"Location": "/fresh"}, [302]
    assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": OTHER}
    film.headers, film.statuses = {"Location": "/film"}, [302] * 9
    assert download(cli, "--force", task_id).status == 3
    assert len(shelf.asked) == 2 + 4


def test_place_that_is_taken(cli: CliRunner, task_id: str) -> None:
    """A disk that does not take the file is told in a sentence."""
    Path("out", f"{task_id}.mp4").mkdir(parents=True)
    for words in ((), ("--force",)):
        result = download(cli, *words, task_id)
        assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
        assert "it cannot be written" in result.err


def test_folder_that_is_a_file(cli: CliRunner) -> None:
    """A folder that cannot be one is wrong use."""
    Path("out").write_bytes(b"")
    assert download(cli, "x").status == 2
