"""An HTTP file server with faults: broken connections, changed files, error statuses."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class File:
    """A file, and the faults of the next responses."""

    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    """Whether the server supports byte ranges."""
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the connection breaks, for each of the next responses."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next responses, instead of the file."""
    total: int | str | None = None
    """The size that a partial response reports; None for the right one."""
    length: bool = True
    """Whether responses have a `Content-Length`."""


class FileServer:
    """The files, and the requests for them.

    Attributes:
        files: By path.
        requested: The ranges of the requests, in order; None for a whole file.
        headers: The headers of the requests.
        barrier: Holds back responses until that many requests have arrived.
        concurrency: The largest number of requests at once.
    """

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, File] = {}
        self.requested: list[str | None] = []
        self.headers: list[Message] = []
        self.barrier: threading.Barrier | None = None
        self.concurrency = 0
        self._active = 0
        self._lock = threading.Lock()

    def put(self, path: str, content: bytes) -> str:
        """Add a file; returns its URL."""
        self.files[path] = File(content)
        return f"{self.url}{path}"

    @contextmanager
    def counted(self, headers: Message) -> Iterator[None]:
        """Count a request while it is being served."""
        with self._lock:
            self.requested.append(headers.get("Range"))
            self.headers.append(headers)
            self._active += 1
            self.concurrency = max(self.concurrency, self._active)
        if self.barrier:
            self.barrier.wait(100)
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1


@contextmanager
def running_file_server() -> Iterator[FileServer]:
    """Run a server on a free port."""
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with files.counted(self.headers):
                _respond(self, files.files[self.path])

        def log_message(self, *_: object) -> None:
            """Keep standard error clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        files.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()


def _respond(handler: BaseHTTPRequestHandler, file: File) -> None:
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    part = match if file.ranges else None
    start = int(part[1]) if part else 0
    end = int(part[2]) + 1 if part and part[2] else len(file.content)
    body = file.content[start:end]
    status = 206 if part else 200
    if file.statuses:
        status, body = file.statuses.pop(0), b"no"
    elif part and not body:
        status, body = 416, b""
    handler.send_response(status)
    if status < 400:
        for name, value in file.headers.items():
            handler.send_header(name, value)
    if status == 206:
        total = file.total or len(file.content)
        handler.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{total}")
    if file.length:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: file.cuts.pop(0)] if file.cuts else body)
