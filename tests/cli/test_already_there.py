"""Downloads whose file seems to be there already."""

import socket
from pathlib import Path

import anyio
import httpx
import pytest

from jimeng_app.cli.transfer import open_http_client, remote_size
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import File, FileServer
from tests.cli.films import FILM, OTHER, done, download


def put_there(task_id: str, content: bytes) -> Path:
    """A file in the place of the video."""
    path = Path("out", f"{task_id}.mp4")
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_file_that_is_there(cli: CliRunner, shelf: FileServer, task_id: str) -> None:
    """A file of the video's length is left, and result to be there; its path is a result."""
    path = put_there(task_id, OTHER)
    result = download(cli, task_id)
    assert (result.status, result.out) == (0, f"{path}\n")
    assert "already there" in result.err
    assert shelf.asked == ["bytes=0-0"]
    assert path.read_bytes() == OTHER
    assert download(cli, "--force", task_id).status == 0
    assert path.read_bytes() == FILM


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("content", [b"", b"mine", FILM[:-1], FILM + b"x"])
def test_other_file_that_is_there(
    cli: CliRunner, shelf: FileServer, task_id: str, content: bytes, ranges: bool
) -> None:
    """A file of another length is no result: it is left, that is told with 3, --force helps.

    The video's length is all that is fetched, also from a server that gives no parts.
    """
    path = put_there(task_id, content)
    film = shelf.files["/film"]
    film.ranges, film.cuts = ranges, [0]
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert f"{path.name} is there" in result.err
    assert f"({len(content)} of {len(FILM)} bytes); --force" in result.err
    assert shelf.asked == ["bytes=0-0"]
    assert path.read_bytes() == content
    assert download(cli, "--force", task_id).out == f"{path}\n"
    assert path.read_bytes() == FILM


def test_other_file_in_chinese(cli: CliRunner, task_id: str) -> None:
    """What to do about another file is told in Chinese too."""
    put_there(task_id, b"mine")
    result = cli.run("--lang", "zh", "download", "-o", "out", task_id)
    assert f"4 / {len(FILM)} 字节" in result.err


@pytest.mark.parametrize(
    "trouble",
    [
        File(FILM, statuses=[403]),
        File(FILM, statuses=[416]),
        File(FILM, statuses=[451]),
        File(FILM, statuses=[503]),
        File(FILM, statuses=[302] * 9, headers={"Location": "/film"}),
        File(FILM, headers={"Content-Type": "text/html"}),
        File(FILM, total="*"),
    ],
)
def test_length_that_is_not_told(
    cli: CliRunner, shelf: FileServer, task_id: str, trouble: File
) -> None:
    """Where nobody tells the length of the video, a file that is there counts as the video."""
    path = put_there(task_id, b"mine")
    shelf.files["/film"] = trouble
    result = download(cli, task_id)
    assert (result.status, result.out) == (0, f"{path}\n")
    assert "already there" in result.err
    assert len(cli.site.look_up.calls) == 1


def test_length_that_nobody_answers_for(cli: CliRunner, task_id: str) -> None:
    """Where the video's address has nobody behind it, a file that is there counts as the video."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    put_there(task_id, b"mine")
    for port in (closed, 99999):
        cli.site.records[task_id] = done(f"http://127.0.0.1:{port}/film")
        assert download(cli, task_id).status == 0


@pytest.mark.anyio
async def test_length_that_is_long_in_coming() -> None:
    """The question for a length ends within the time-out, however slowly an answer trickles in."""

    async def trickle(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    transport = httpx.MockTransport(trickle)
    async with httpx.AsyncClient(transport=transport, timeout=0.05) as network:
        with anyio.fail_after(20):
            assert await remote_size(network, "http://127.0.0.1/film") is None


@pytest.mark.anyio
async def test_length_of_a_file_on_this_machine() -> None:
    """The demo's files are asked for their length on the disk; one that is gone tells none."""
    film = Path("a film 海.mp4").resolve()
    film.write_bytes(FILM)
    async with open_http_client(1) as network:
        assert await remote_size(network, film.as_uri()) == len(FILM)
        film.unlink()
        assert await remote_size(network, film.as_uri()) is None
