"""A server that receives webhooks."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0"


class Receiver:
    """What arrived, verified.

    Attributes:
        events: The bodies, by webhook id.
        posts: How often each id arrived, whatever was answered.
        refuse: How many posts are answered with status 503 first.
    """

    def __init__(self) -> None:
        self.events: dict[str, Any] = {}
        self.posts: Counter[str] = Counter()
        self.refuse = 0
        self.url = ""

    def answer(self, body: bytes, headers: dict[str, str]) -> int:
        """The status for a post."""
        event = Webhook(SECRET).verify(body, headers)
        webhook_id = headers["webhook-id"]
        self.posts[webhook_id] += 1
        if self.posts.total() <= self.refuse:
            return 503
        self.events[webhook_id] = event
        return 204

    def of_type(self, kind: str) -> list[Any]:
        """The data of the events of a type."""
        return [each["data"] for each in self.events.values() if each["type"] == kind]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.answer(body, headers))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            json.dumps(args, default=str)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
