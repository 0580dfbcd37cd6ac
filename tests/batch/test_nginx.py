"""`deploy/nginx.conf`, in an nginx of the test's own before two servers."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.app_process import ROOT
from tests.batch.batch_worker import until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
PLACES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Replica(BaseHTTPRequestHandler):
    """Answers a GET with its headers, a POST with the length of its body; `/events` waits."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/events":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n")
            self.go_on.wait(20)
            self.wfile.write(b"4\r\nlast\r\n0\r\n\r\n")
            return
        port = self.connection.getsockname()[1]
        self._body({name.lower(): value for name, value in self.headers.items()} | {"port": port})

    def do_POST(self) -> None:
        size = len(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self._body({"size": size})

    def _body(self, values: dict[str, Any]) -> None:
        body = json.dumps(values).encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def replica() -> Iterator[int]:
    """A server; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replica)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """The address of nginx before two servers."""
    with ExitStack() as stack:
        ports = [stack.enter_context(replica()) for _ in range(2)]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = int(taken.getsockname()[1])
        text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
        servers = " ".join(f"server 127.0.0.1:{each};" for each in ports)
        places = "".join(f"{name}_temp_path {tmp_path}/{name}; " for name in PLACES)
        for old, new in (
            ("server app:7860;", servers),
            ("listen 80;", f"listen 127.0.0.1:{port};"),
            ("http {", f"http {{ access_log off; {places}"),
            ("worker_processes auto;", f"worker_processes 1; pid {tmp_path}/pid;"),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / "nginx.conf").write_text(text, "utf-8")
        settings = "daemon off;" + (" user root;" if os.getuid() == 0 else "")
        files = ("-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error"))
        command = [str(NGINX), "-p", str(tmp_path), *files, "-g", settings]
        nginx = stack.enter_context(subprocess.Popen(command))
        stack.callback(nginx.terminate)
        stack.callback(Replica.go_on.set)
        until(lambda: accepts(port))
        yield f"http://127.0.0.1:{port}"


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


def test_before_two_replicas(proxy: str) -> None:
    """A visitor stays with one replica, which knows his address and sends events at once."""
    with httpx.Client(base_url=proxy, trust_env=False, timeout=10) as http:
        headers = {"Host": "films.example", "X-Forwarded-Proto": "https"}
        seen = [http.get("/", headers=headers).json() for _ in range(6)]
        assert len({each["port"] for each in seen}) == 1
        assert seen[0]["host"] == seen[0]["x-forwarded-host"] == "films.example"
        assert seen[0]["x-forwarded-proto"] == "https"
        assert http.get("/").json()["x-forwarded-proto"] == "http"
        assert seen[0]["x-forwarded-for"] == "127.0.0.1"
        assert http.post("/", content=b"x" * 2**21).json() == {"size": 2**21}
        Replica.go_on.clear()
        with http.stream("GET", "/events") as events:
            parts = events.iter_bytes()
            assert next(parts) == b"first"
            Replica.go_on.set()
            assert b"".join(parts) == b"last"
