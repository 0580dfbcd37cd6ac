"""A server of files on this machine that cuts, changes and refuses as told."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class File:
    """One file, and what is to happen to the next requests for it."""

    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    """Whether a part of it can be asked for."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes of each of the next answers the connection breaks."""
    statuses: list[int] = field(default_factory=list)
    """What the next requests are answered with instead."""
    total: int | str | None = None
    """The length that a partial answer names; None: the right one."""


class FileServer:
    """The files, and who asked for them.

    Attributes:
        files: By path.
        asked: The ranges that were asked for, in order; None: all of a file.
        headers: Of the requests.
        together: How many requests wait for each other before any is answered.
        most: How many requests were under way at once.
    """

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, File] = {}
        self.asked: list[str | None] = []
        self.headers: list[Message] = []
        self.together: threading.Barrier | None = None
        self.most = 0
        self._now = 0
        self._counting = threading.Lock()

    def put(self, path: str, content: bytes) -> str:
        """Put a file there; gives its address."""
        self.files[path] = File(content)
        return f"{self.url}{path}"

    @contextmanager
    def counted(self, headers: Message) -> Iterator[None]:
        """Note one request, for as long as it takes."""
        with self._counting:
            self.asked.append(headers.get("Range"))
            self.headers.append(headers)
            self._now += 1
            self.most = max(self.most, self._now)
        if self.together:
            self.together.wait(20)
        try:
            yield
        finally:
            with self._counting:
                self._now -= 1


@contextmanager
def running_file_server() -> Iterator[FileServer]:
    """A shelf behind a free port."""
    shelf = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with shelf.counted(self.headers):
                _answer(self, shelf.files[self.path])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        shelf.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield shelf
        finally:
            server.shutdown()
            thread.join()


def _answer(to: BaseHTTPRequestHandler, file: File) -> None:
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", to.headers.get("Range", ""))
    part = asked if file.ranges else None
    start = int(part[1]) if part else 0
    end = int(part[2]) + 1 if part and part[2] else len(file.content)
    body = file.content[start:end]
    status = 206 if part else 200
    if file.statuses:
        status, body = file.statuses.pop(0), b"no"
    elif part and not body:
        status, body = 416, b""
    to.send_response(status)
    if status < 400:
        for name, value in file.headers.items():
            to.send_header(name, value)
    if status == 206:
        total = file.total or len(file.content)
        to.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{total}")
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body[: file.cuts.pop(0)] if file.cuts else body)
