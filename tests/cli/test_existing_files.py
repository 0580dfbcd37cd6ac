"""Downloads whose file already exists."""

import socket
from pathlib import Path

import anyio
import httpx
import pytest

from jimeng_app.cli.transfer import open_http_client, remote_size
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import File, FileServer
from tests.cli.films import FILM, OTHER, completed, download


def existing_file(task_id: str, content: bytes) -> Path:
    """Create a file where the video would be saved."""
    path = Path("out", f"{task_id}.mp4")
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_same_size(cli: CliRunner, server: FileServer, task_id: str) -> None:
    """A file of the video's size counts as downloaded: it is kept, and its path is printed."""
    path = existing_file(task_id, OTHER)
    result = download(cli, task_id)
    assert (result.status, result.out) == (0, f"{path}\n")
    assert "already downloaded" in result.err
    assert server.requested == ["bytes=0-0"]
    assert path.read_bytes() == OTHER
    assert download(cli, "--force", task_id).status == 0
    assert path.read_bytes() == FILM


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("content", [b"", b"mine", FILM[:-1], FILM + b"x"])
def test_other_size(
    cli: CliRunner, server: FileServer, task_id: str, content: bytes, ranges: bool
) -> None:
    """A file of another size is kept and reported with status 3; --force replaces it.

    Only the video's size is fetched, also from a server without byte ranges.
    """
    path = existing_file(task_id, content)
    film = server.files["/film"]
    film.ranges, film.cuts = ranges, [0]
    result = download(cli, task_id)
    assert (result.status, result.out, result.err.count("\n")) == (3, "", 1)
    assert f"{path.name} exists" in result.err
    assert f"({len(content)} of {len(FILM)} bytes); --force" in result.err
    assert server.requested == ["bytes=0-0"]
    assert path.read_bytes() == content
    assert download(cli, "--force", task_id).out == f"{path}\n"
    assert path.read_bytes() == FILM


def test_other_size_in_chinese(cli: CliRunner, task_id: str) -> None:
    """The report about another file is available in Chinese."""
    existing_file(task_id, b"mine")
    result = cli.run("--lang", "zh", "download", "-o", "out", task_id)
    assert f"4 / {len(FILM)} 字节" in result.err


@pytest.mark.parametrize(
    "file",
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
def test_unknown_size(cli: CliRunner, server: FileServer, task_id: str, file: File) -> None:
    """If the server does not report the video's size, an existing file counts as downloaded."""
    path = existing_file(task_id, b"mine")
    server.files["/film"] = file
    result = download(cli, task_id)
    assert (result.status, result.out) == (0, f"{path}\n")
    assert "already downloaded" in result.err
    assert len(cli.site.look_up.calls) == 1


def test_unreachable_server(cli: CliRunner, task_id: str) -> None:
    """If the video's server cannot be reached, an existing file counts as downloaded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    existing_file(task_id, b"mine")
    for port in (closed, 99999):
        cli.site.records[task_id] = completed(f"http://127.0.0.1:{port}/film")
        assert download(cli, task_id).status == 0


@pytest.mark.anyio
async def test_slow_server() -> None:
    """The request for a size ends within the timeout, however slow the server is."""

    async def hang(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    transport = httpx.MockTransport(hang)
    async with httpx.AsyncClient(transport=transport, timeout=0.05) as http:
        with anyio.fail_after(100):
            assert await remote_size(http, "http://127.0.0.1/film") is None


@pytest.mark.anyio
async def test_local_file() -> None:
    """The size of a demo file is that of the file; None if it is gone."""
    film = Path("a film 海.mp4").resolve()
    film.write_bytes(FILM)
    async with open_http_client(allow_private=False) as http:
        assert await remote_size(http, film.as_uri()) == len(FILM)
        film.unlink()
        assert await remote_size(http, film.as_uri()) is None
