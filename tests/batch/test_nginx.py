"""`deploy/nginx.conf`, in an nginx of the test's own before two servers and before the app."""

import io
import json
import os
import shutil
import socket
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.app_process import ROOT, running_app
from tests.batch.batch_worker import Batches, until
from tests.batch.postgres import running_postgres

TASKS = "/demo/api/v3/contents/generations/tasks"
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


def program() -> str:
    """The path of nginx; `scripts/find-nginx.sh` finds or downloads it."""
    found = os.environ.get("NGINX") or shutil.which("nginx", path=f"{os.defpath}:/usr/sbin")
    assert found, "nginx is not installed: see scripts/find-nginx.sh"
    return found


@contextmanager
def nginx(folder: Path, ports: Sequence[int]) -> Iterator[str]:
    """The address of nginx before servers; `folder/served` names the one of each request."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    servers = " ".join(f"server 127.0.0.1:{each};" for each in ports)
    places = "".join(f"{name}_temp_path {folder}/{name}; " for name in PLACES)
    log = f"log_format served '$upstream_addr'; access_log {folder}/served served;"
    for old, new in (
        ("server app:7860;", servers),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("http {", f"http {{ {log} {places}"),
        ("worker_processes auto;", f"worker_processes 1; pid {folder}/pid;"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text, "utf-8")
    settings = "daemon off;" + (" user root;" if os.getuid() == 0 else "")
    files = ("-c", str(folder / "nginx.conf"), "-e", str(folder / "error"))
    with subprocess.Popen([program(), "-p", str(folder), *files, "-g", settings]) as process:
        try:
            until(lambda: accepts(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


def test_before_two_servers(tmp_path: Path) -> None:
    """A visitor stays with one server, which knows his address and sends events at once."""
    with ExitStack() as stack:
        ports = [stack.enter_context(replica()) for _ in range(2)]
        stack.callback(Replica.go_on.set)
        proxy = stack.enter_context(nginx(tmp_path, ports))
        http = stack.enter_context(httpx.Client(base_url=proxy, trust_env=False, timeout=10))
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


@pytest.mark.usefixtures("batches")  # films in no time
def test_a_replica_that_stops(tmp_path: Path) -> None:
    """What a visitor began at one of two replicas goes on at the other when that one stops.

    The replicas, and the worker that makes the films of a batch, share a Postgres and a data
    folder.
    """
    with ExitStack() as stack:
        database = stack.enter_context(running_postgres()).url()
        apps: dict[int, ExitStack] = {}
        for name in ("a", "b"):
            app = stack.enter_context(ExitStack())
            shared = {"JIMENG_DATA_DIR": str(tmp_path), "JIMENG_BATCH_WORKER": "0"}
            url = app.enter_context(running_app(tmp_path / name, DATABASE_URL=database, **shared))
            apps[int(url.rstrip("/").rpartition(":")[2])] = app
        proxy = stack.enter_context(nginx(tmp_path, [*apps]))
        http = stack.enter_context(httpx.Client(base_url=proxy, trust_env=False, timeout=60))
        task = {"content": [{"type": "text", "text": "A cat."}]}
        task_id = http.post(TASKS, json=task).raise_for_status().json()["id"]
        table = {"table": ("clips.csv", b"prompt,duration\nA cat.,4\nA dog.,4\n")}
        batch = http.post("/api/batches", files=table).raise_for_status().json()["batch"]["id"]
        [served] = set((tmp_path / "served").read_text().split())
        apps.pop(int(served.rpartition(":")[2])).close()

        until(lambda: http.get(f"{TASKS}/{task_id}").json().get("status") == "succeeded")
        assert http.get(f"/api/batches/{batch}").json()["stages"] == {"waiting": 2}
        stack.enter_context(Batches(tmp_path, database_url=database).running())
        until(lambda: bool(http.get(f"/api/batches/{batch}").json()["ended_at"]))
        results = http.get(f"/api/batches/{batch}/results.zip").content
        with zipfile.ZipFile(io.BytesIO(results)) as files:
            assert len([name for name in files.namelist() if name.endswith(".mp4")]) == 2
        [other] = apps
        assert (tmp_path / "served").read_text().split()[-1] == f"127.0.0.1:{other}"
