"""Limits for callers: the size of a body, and no picture from the server's network."""

import socket
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from tests.app.app_process import picture
from tests.core.demo_tools import client
from tests.each import each
from tests.http.ark_client import QUICK, TASKS, WORDS, ark_app, linked

MEGABYTE = b"a" * 2**20


def chunks(megabytes: int) -> Iterator[bytes]:
    """A body without `Content-Length`."""
    for _ in range(megabytes):
        yield MEGABYTE


def assert_too_large(response: httpx.Response) -> None:
    """The response is 413 in Ark's format."""
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "invalid_request"
    assert "64 MB" in response.json()["error"]["message"]


def test_content_length_above_the_limit(app_url: str) -> None:
    """A body whose `Content-Length` is too large is refused before it is read."""
    host, port = app_url.removeprefix("http://").split(":")
    head = f"POST {TASKS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {2**40}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=100) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_body_without_content_length(app_url: str) -> None:
    """Without `Content-Length` a body is refused as soon as it exceeds the limit."""
    assert_too_large(httpx.post(f"{app_url}{TASKS}", content=chunks(65), timeout=100))


def test_largest_body(app_url: str) -> None:
    """A body of exactly the limit is read (here it is not JSON)."""
    response = httpx.post(f"{app_url}{TASKS}", content=chunks(64), timeout=100)
    assert response.status_code == 400
    assert "not JSON" in response.json()["error"]["message"]


def test_incomplete_body(app_url: str) -> None:
    """A connection closed within a body leaves no error in the app's log."""
    host, port = app_url.removeprefix("http://").split(":")
    head = f"POST {TASKS} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())
    assert httpx.get(f"{app_url}{TASKS}/x").status_code == 400


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A web server on the loopback with a picture, and the paths requested from it."""
    requested: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(picture("teal"))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requested
        server.shutdown()
        thread.join()


def test_server_path(app_url: str) -> None:
    """No file of the server is read by its path, not even an upload of the page."""
    files = {"files": ("a.png", picture("teal"), "image/png")}
    [path] = httpx.post(f"{app_url}/gradio_api/upload", files=files).json()
    assert Path(path).is_file()
    response = httpx.post(f"{app_url}{TASKS}", json={"content": [WORDS, linked(path)], **QUICK})
    assert response.status_code == 400
    assert "http(s) URL or a data: URI" in response.json()["error"]["message"]


@pytest.mark.parametrize("role", ["first_frame", "reference_image"])
def test_private_address(app_url: str, web: tuple[str, list[str]], role: str) -> None:
    """A picture at a private address is not fetched."""
    address, requested = web
    body = {"content": [WORDS, linked(f"{address}/a.png", role)], **QUICK}
    response = httpx.post(f"{app_url}{TASKS}", json=body)
    assert response.status_code == 400
    assert "private" in response.json()["error"]["message"]
    assert response.json()["error"]["param"].startswith(("first_frame", "images[0]"))
    assert requested == []


def test_redirect_to_a_private_address(
    web: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect to a private address is not followed."""
    address, requested = web
    hosts = []

    async def handle(_: object, request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"location": f"{address}/a.png"}, content=empty_body())

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    body = {"content": [WORDS, linked("http://8.8.8.8/a.png")], **QUICK}
    with TestClient(ark_app(lambda: client(tmp_path), data_dir=tmp_path)) as caller:
        response = caller.post(TASKS, json=body)
    assert response.status_code == 400
    assert "private" in response.json()["error"]["message"]
    assert (hosts, requested) == (["8.8.8.8"], [])


async def empty_body() -> AsyncIterator[bytes]:
    """A body that is read lazily."""
    yield b""


@each(
    "body",
    [
        {"ratio": "x" * 1000},
        {"resolution": "x" * 1000},
        {"duration": "x" * 1000},
        {"duration": 10**1000},
        {"seed": 10**1000},
        {"x" * 1000: 1},
        {"content": [{"type": "x" * 1000}]},
        {"content": [{"type": "text", "text": "x" * 3000}]},
        {"content": [{"type": "text", "text": f"a --{'x' * 1000} 5"}]},
        {"content": [{"type": "text", "text": "a --dur " + "x" * 1000}]},
        {"content": [WORDS, {"type": "image_url", "image_url": {"url": "x" * 1000}}]},
        {"content": [WORDS, {"type": "image_url", "image_url": {"url": "http://" + "x" * 1000}}]},
        {"task_id": "x" * 1000},
    ],
)
def test_errors_repeat_little(body: dict[str, Any], app_url: str) -> None:
    """An error repeats at most 80 characters of an input."""
    response = httpx.post(f"{app_url}{TASKS}", json={"content": [WORDS], **body})
    assert response.status_code == 400
    assert "x" * 81 not in response.text
    assert "0" * 81 not in response.text


def test_look_ups_repeat_little(app_url: str) -> None:
    """So do the look-ups of invalid ids."""
    long = "x" * 1000
    assert long[:81] not in httpx.get(f"{app_url}{TASKS}/{long}").text
    response = httpx.get(f"{app_url}{TASKS}", params={"filter.task_ids": f"{long},1"})
    assert response.json()["errors"][0]["id"] == "x" * 80
