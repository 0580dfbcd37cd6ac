"""What strangers may make the server read: so much of a body, and no address of its own network."""

import socket
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from starlette.testclient import TestClient

from tests.app.app_process import picture
from tests.core.demo_tools import client
from tests.http.ark_client import QUICK, TASKS, WORDS, door, linked

MEGABYTE = b"a" * 2**20


def chunks(megabytes: int) -> Iterator[bytes]:
    """A body without a length."""
    for _ in range(megabytes):
        yield MEGABYTE


def assert_too_large(answer: httpx.Response) -> None:
    """That an answer says so, in Ark's form."""
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "invalid_request"
    assert "64 MB" in answer.json()["error"]["message"]


def test_length_is_believed_when_it_is_too_large(app_url: str) -> None:
    """A body that names too large a length is refused before a byte of it is read."""
    host, port = app_url.removeprefix("http://").split(":")
    head = f"POST {TASKS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {2**40}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_body_without_a_length(app_url: str) -> None:
    """Bytes are counted as they come, and those that are too many are not waited for."""
    assert_too_large(httpx.post(f"{app_url}{TASKS}", content=chunks(65), timeout=30))


def test_largest_body(app_url: str) -> None:
    """The very limit is read (and is no JSON, here)."""
    answer = httpx.post(f"{app_url}{TASKS}", content=chunks(64), timeout=30)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]["message"]


def test_body_that_breaks_off(app_url: str) -> None:
    """A caller who goes away in the middle leaves no error behind (the app would say so)."""
    host, port = app_url.removeprefix("http://").split(":")
    head = f"POST {TASKS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())
    assert httpx.get(f"{app_url}{TASKS}/x").status_code == 400


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A web server on the loopback that has a picture, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(picture("teal"))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_upload_of_the_page(app_url: str) -> None:
    """No file of the server is opened by its path: not even one that was uploaded to the page."""
    files = {"files": ("a.png", picture("teal"), "image/png")}
    [path] = httpx.post(f"{app_url}/gradio_api/upload", files=files).json()
    assert Path(path).is_file()
    answer = httpx.post(f"{app_url}{TASKS}", json={"content": [WORDS, linked(path)], **QUICK})
    assert answer.status_code == 400
    assert "http(s) URL or a data: URI" in answer.json()["error"]["message"]


@pytest.mark.parametrize("role", ["first_frame", "reference_image"])
def test_private_address(app_url: str, web: tuple[str, list[str]], role: str) -> None:
    """A picture on the server's own network is not fetched for a stranger."""
    address, asked = web
    body = {"content": [WORDS, linked(f"{address}/a.png", role)], **QUICK}
    answer = httpx.post(f"{app_url}{TASKS}", json=body)
    assert answer.status_code == 400
    assert "private" in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"].startswith(("first_frame", "images[0]"))
    assert asked == []


def test_redirect_to_a_private_address(
    web: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a public server lead there."""
    address, asked = web
    hosts = []

    async def handle(_: object, request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"location": f"{address}/a.png"}, content=nothing())

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    body = {"content": [WORDS, linked("http://8.8.8.8/a.png")], **QUICK}
    with TestClient(door(lambda: client(tmp_path), data_dir=tmp_path)) as caller:
        answer = caller.post(TASKS, json=body)
    assert answer.status_code == 400
    assert "private" in answer.json()["error"]["message"]
    assert (hosts, asked) == (["8.8.8.8"], [])


async def nothing() -> AsyncIterator[bytes]:
    """A body that is not read before it is asked for."""
    yield b""
