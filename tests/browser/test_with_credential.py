"""An app with a credential to lend, over real connections: what others can make of it.

It may open 256 files, and its site is a stand-in on this machine.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Browser

from tests.app.app_process import running_app

pytestmark = pytest.mark.browser

TOKEN = "0123456789abcdef0123456789abcdef"
FEW_FILES = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")
SILENT = 300
CALL = "/gradio_api/run/submit_first_last_frame"
BODY = json.dumps({"data": ["海"]})


@dataclass
class Server:
    """A server on this machine, which responds to anything with the same bytes."""

    url: str
    cookies: list[str] = field(default_factory=list)
    """Of the requests, in order."""


@contextmanager
def serving(body: bytes, media_type: str) -> Iterator[Server]:
    """Run a server on a free port."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Cookie", ""))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name of http.server

        def log_message(self, *_: object) -> None:
            """Keep standard error clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{server.server_port}", seen)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """The stand-in, which refuses every session."""
    refusal = {"ret": "1015", "errmsg": "login error", "data": None}
    with serving(json.dumps(refusal).encode(), "application/json") as server:
        yield server


@pytest.fixture(scope="module")
def lending_app(site: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, without a slash at the end."""
    folder = tmp_path_factory.mktemp("lending")
    settings = {"JIMENG_TOKEN": TOKEN, "JIMENG_BASE_URL": site.url}
    with running_app(folder, FEW_FILES, **settings) as url:
        yield url.rstrip("/")


def send(url: str, version: str, *headers: str) -> bytes:
    """Send a submission in HTTP of a version; returns the whole response."""
    address = httpx.URL(url)
    lines = [f"POST {CALL} HTTP/{version}", f"Host: {address.netloc.decode()}", *headers]
    head = [*lines, "Content-Type: application/json", f"Content-Length: {len(BODY.encode())}"]
    with socket.create_connection((address.host, address.port or 80), 30) as connection:
        connection.sendall(("\r\n".join(head) + "\r\n\r\n" + BODY).encode())
        connection.settimeout(100)
        response = b""
        while b"]," not in response and (piece := connection.recv(2**16)):
            response += piece
    return response


def test_spends_the_credential(lending_app: str, site: Server) -> None:
    """A program on this computer spends the server's credential."""
    before = len(site.cookies)
    assert b"unauthorized" in send(lending_app, "1.1")  # as the stand-in says
    assert TOKEN in "".join(site.cookies[before:])


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        ("1.0", ["Connection: close"]),  # nginx with a bare proxy_pass
        ("1.0", []),
        ("1.1", ["Connection: close"]),
        ("1.1", ["cdn_src_ip: 192.0.2.1"]),
        ("1.1", ["Origin: https://other.example"]),
        ("1.1", ["Sec-Fetch-Site: cross-site"]),
    ],
)
def test_forwarded(lending_app: str, site: Server, version: str, headers: list[str]) -> None:
    """Through a proxy, or from another site's page, nobody spends it."""
    before = len(site.cookies)
    response = send(lending_app, version, *headers)
    assert b"unauthorized" in response
    assert site.cookies[before:] == []


PATHS = (
    *("/", "/config", "/theme.css", "/examples/cat.jpg", "/demo-media/none.mp4", "/nowhere"),
    *("/gradio_api/info", "/gradio_api/mcp", "/docs", "/api/v3/contents/generations/tasks"),
    *("/gradio_api/run/get_video", "/gradio_api/file=/etc/passwd", "/gradio_api/queue/data"),
)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_headers_of_every_response(lending_app: str, method: str) -> None:
    """No response of an app with a credential may be embedded by, or read from, another site."""
    with httpx.Client(base_url=lending_app, headers={"Origin": "https://other.example"}) as http:
        for path in PATHS:
            response = http.request(method, path)
            policies = response.headers.get_list("content-security-policy")
            assert "frame-ancestors 'self'" in policies, path
            assert "access-control-allow-origin" not in response.headers, path
            assert response.headers["x-content-type-options"] == "nosniff", path
            assert response.headers["referrer-policy"] == "same-origin", path


@pytest.mark.parametrize("app", ["lending_app", "app_url"])
def test_embedded(browser: Browser, request: pytest.FixtureRequest, app: str) -> None:
    """A page of another site can embed an app without a credential, and none with one."""
    url = request.getfixturevalue(app)
    with serving(f'<iframe src="{url}"></iframe>'.encode(), "text/html") as other:
        page = browser.new_page()
        page.goto(other.url.replace("127.0.0.1", "localhost"))
        [frame] = page.main_frame.child_frames
        frame.wait_for_load_state()
        shown = frame.url
        page.close()
    assert shown.startswith(url) == (app == "app_url")


def test_silent_connections(lending_app: str) -> None:
    """More silent connections than the app may open files do not keep it from serving its page."""
    address = httpx.URL(lending_app)
    with ExitStack() as stack, httpx.Client(base_url=lending_app, timeout=100) as http:
        for _ in range(SILENT):
            place = (address.host, address.port or 80)
            stack.enter_context(socket.create_connection(place, 100))
        assert http.get("/", headers={"Connection": "close"}).status_code == 200
