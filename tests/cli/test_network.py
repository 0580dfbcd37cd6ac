"""Downloads behind proxies."""

from pathlib import Path

import pytest

from jimeng_app.cli.transfer import download_file, open_http_client
from tests.cli.cli_runner import CliRunner
from tests.cli.films import FILM, completed, download, files
from tests.core.web.fake_site import FakeClock
from tests.environment.proxy_servers import closed_port, refusing_proxy, socks_proxy


def test_socks(cli: CliRunner, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video is downloaded through a SOCKS proxy."""
    with socks_proxy() as (address, hosts):
        monkeypatch.setenv("ALL_PROXY", f"socks://{address}/")
        assert download(cli, task_id).status == 0
    assert files() == {f"{task_id}.mp4": FILM}
    assert hosts == ["127.0.0.1"]


def test_refusing_proxy(cli: CliRunner, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses is named at once, without further attempts."""
    cli.site.records[task_id] = completed("https://film.example/film")
    with refusing_proxy() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        done = download(cli, task_id)
    assert (done.status, done.out) == (3, "")
    assert "HTTPS_PROXY" in done.err
    assert asked == [b"CONNECT film.example:443 HTTP/1.1\r\n"]
    assert cli.clock.sleeps == []


def test_closed_proxy(cli: CliRunner, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one on which nobody listens."""
    monkeypatch.setenv("HTTP_PROXY", closed_port())
    done = download(cli, task_id)
    assert (done.status, cli.clock.sleeps) == (3, [])
    assert "HTTP_PROXY" in done.err


def test_unusable_proxy(cli: CliRunner, task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that cannot be understood is named; for a local file it does not matter."""
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:1080")
    done = download(cli, task_id)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("ALL_PROXY ")


@pytest.mark.anyio
async def test_local_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the demo is copied whatever the variables are."""
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:1080")
    source, target = tmp_path / "film", tmp_path / "a.mp4"
    source.write_bytes(FILM)
    async with open_http_client(allow_private=False) as http:
        await download_file(http, source.as_uri(), target, FakeClock(), lambda *_: None)
    assert target.read_bytes() == FILM
