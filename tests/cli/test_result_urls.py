"""Where the URLs of results may lead, and what may be there."""

import socket
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from jimeng_app.cli import transfer
from jimeng_app.cli.transfer import open_http_client
from jimeng_core import new_task_id
from jimeng_core.pictures import public_network
from jimeng_core.pictures.public_network import PrivateAddress, PublicNetwork
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import File, FileServer
from tests.cli.films import FILM, completed, download, files
from tests.cli.test_images import completed as completed_images
from tests.environment.proxy_servers import socks_proxy

LOOPBACK = "127.0.0.1"


@pytest.fixture(params=["http://169.254.169.254/latest", "http://localhost:{port}/film", "{film}"])
def private_id(
    request: pytest.FixtureRequest,
    cli: CliRunner,
    server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The id of a task whose result is at a private address."""
    monkeypatch.delenv("JIMENG_ALLOW_PRIVATE_URLS")
    film = server.put("/film", FILM)
    task_id = new_task_id(cli.clock.now())
    port = httpx.URL(film).port
    cli.site.records[task_id] = completed(request.param.format(film=film, port=port))
    return task_id


def test_private_address(cli: CliRunner, server: FileServer, private_id: str) -> None:
    """A result at a private address is not requested, and the sentence names the setting."""
    done = download(cli, private_id)
    assert (done.status, done.out, server.requested) == (3, "", [])
    assert "JIMENG_ALLOW_PRIVATE_URLS=1" in done.err
    assert files() == {}


def test_existing_file_of_a_private_address(
    cli: CliRunner, server: FileServer, private_id: str
) -> None:
    """The size of such a result is not asked for either."""
    Path("out").mkdir()
    Path("out", f"{private_id}.mp4").write_bytes(FILM)
    assert "already downloaded" in download(cli, private_id).err
    assert server.requested == []


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>", b"[default]\nkey=1", b"\x89PNG\r\n\x1a\n"])
def test_no_video(cli: CliRunner, server: FileServer, task_id: str, content: bytes) -> None:
    """Bytes that are no video are an error, and nothing is saved."""
    server.files["/film"] = File(content)
    done = download(cli, task_id)
    assert (done.status, done.out) == (3, "")
    assert "no video" in done.err
    assert files() == {}


def test_no_image(cli: CliRunner, server: FileServer) -> None:
    """Bytes that are no image are an error, and nothing is saved."""
    task_id = new_task_id(cli.clock.now())
    cli.site.records[task_id] = completed_images(server.put("/1", FILM))
    done = download(cli, task_id)
    assert (done.status, done.out, files()) == (3, "", {})


@pytest.mark.parametrize("length", [True, False])
def test_too_large(
    cli: CliRunner,
    server: FileServer,
    task_id: str,
    monkeypatch: pytest.MonkeyPatch,
    length: bool,
) -> None:
    """A result that is larger than any video is given up, whether its size is told or not."""
    monkeypatch.setattr(transfer, "MAX_BYTES", 1000)
    server.files["/film"].length = length
    done = download(cli, task_id)
    assert (done.status, done.out) == (3, "")
    assert "larger than" in done.err
    assert not Path("out", f"{task_id}.mp4").exists()


def test_silent_server(cli: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is given up after a while, whatever `JIMENG_TIMEOUT` is."""
    monkeypatch.setenv("JIMENG_TIMEOUT", "1000")
    monkeypatch.setattr(transfer, "SILENCE_SECONDS", 0.02)
    task_id = new_task_id(cli.clock.now())
    with socket.create_server((LOOPBACK, 0)) as silent:
        cli.site.records[task_id] = completed(f"http://{LOOPBACK}:{silent.getsockname()[1]}/")
        done = download(cli, task_id)
    assert done.status == 3
    assert "interrupted" in done.err


@pytest.fixture
def one_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the address of the file server counts as public."""
    monkeypatch.setattr(public_network, "is_public", LOOPBACK.__eq__)


def client(*addresses: str) -> httpx.AsyncClient:
    """A client for which each host that is no address has these addresses; none: unknown."""

    async def resolve(host: str, _port: int) -> Sequence[str]:
        if host[0].isdecimal():
            return [host]
        if not addresses:
            raise OSError("unknown host")
        return addresses

    transport = PublicNetwork(allow_private=False, resolve=resolve)
    return httpx.AsyncClient(transport=transport, follow_redirects=True, trust_env=False)


def named(url: str) -> str:
    """A URL with a name for the address."""
    return url.replace(LOOPBACK, "film.example")


@pytest.mark.anyio
@pytest.mark.usefixtures("one_public")
async def test_public_address(server: FileServer) -> None:
    """A name with public addresses is connected to at one of them, under its own name."""
    url = named(server.put("/film", FILM))
    async with client(LOOPBACK, LOOPBACK) as http:
        assert (await http.get(url)).content == FILM
    assert server.headers[0]["Host"] == f"film.example:{httpx.URL(url).port}"


@pytest.mark.anyio
async def test_other_address(server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one address refuses the connection, the next one is tried."""
    monkeypatch.setattr(public_network, "is_public", bool)
    async with client("127.0.0.2", LOOPBACK) as http:
        assert (await http.get(named(server.put("/film", FILM)))).content == FILM


@pytest.mark.anyio
@pytest.mark.usefixtures("one_public")
@pytest.mark.parametrize("addresses", [["10.0.0.1"], [LOOPBACK, "10.0.0.1"]])
async def test_private_name(server: FileServer, addresses: list[str]) -> None:
    """A name of which one address is private is not connected to."""
    async with client(*addresses) as http:
        with pytest.raises(PrivateAddress):
            await http.get(named(server.put("/film", FILM)))
    assert server.requested == []


@pytest.mark.anyio
@pytest.mark.usefixtures("one_public")
async def test_redirect(server: FileServer) -> None:
    """A redirect to a private address is not followed."""
    url = server.put("/film", FILM)
    server.files["/film"].statuses = [302]
    server.files["/film"].headers = {"Location": url.replace(LOOPBACK, "127.0.0.2")}
    async with client() as http:
        with pytest.raises(PrivateAddress):
            await http.get(url)
    assert server.requested == [None]


@pytest.mark.anyio
async def test_unknown_host() -> None:
    """A name without an address is a failed connection."""
    async with client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://film.example/")


@pytest.mark.anyio
@pytest.mark.parametrize("known", [True, False])
async def test_proxy(server: FileServer, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    """A proxy gets names that are unknown here, and none that lead to a private address."""
    url = server.put("/film", FILM).replace(LOOPBACK, "localhost")
    with socks_proxy() as (address, hosts):
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{address}")
        async with client(*([LOOPBACK] if known else [])) as http:
            if known:
                with pytest.raises(PrivateAddress):
                    await http.get(url)
            else:
                assert (await http.get(url)).content == FILM
    assert hosts == ([] if known else ["localhost"])


@pytest.mark.anyio
async def test_private_addresses_allowed(server: FileServer) -> None:
    """With the setting, any address is connected to."""
    async with open_http_client(allow_private=True) as http:
        assert (await http.get(server.put("/film", FILM))).content == FILM
