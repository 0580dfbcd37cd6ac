"""Servers on this machine that a proxy variable can name, and a site behind them."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, StreamRequestHandler, TCPServer, ThreadingTCPServer

HOST = "127.0.0.1"


@contextmanager
def _serving(server: TCPServer) -> Iterator[str]:
    """Run a server; yields its host and port."""
    server.daemon_threads = True  # type: ignore[attr-defined]
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running_site() -> Iterator[str]:
    """A site on which every task is running since half a minute, by its own clock."""

    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            now = int(time.time())
            record = {
                "status": 42,
                "created_time": now - 30,
                "queue_info": {"polling_config": {"timeout_seconds": 7200}},
            }
            data = {name: record for ids in request.values() for name in ids}
            answer = json.dumps({"ret": "0", "errmsg": "", "systime": str(now), "data": data})
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Keep standard error clean."""

    with _serving(ThreadingHTTPServer((HOST, 0), Site)) as address:
        yield f"http://{address}"


@contextmanager
def refusing_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that answers 502 to everything; yields its address and what was asked."""
    asked: list[bytes] = []

    class Refusal(StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline())
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    with _serving(ThreadingTCPServer((HOST, 0), Refusal)) as address:
        yield address, asked


@contextmanager
def socks_proxy() -> Iterator[tuple[str, list[str]]]:
    """A SOCKS 5 proxy; yields its address and the hosts that it connected to."""
    hosts: list[str] = []

    class Socks(BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])  # version, methods
            client.sendall(b"\x05\x00")
            kind = client.recv(4)[3]
            host = (
                socket.inet_ntoa(client.recv(4))
                if kind == 1
                else client.recv(client.recv(1)[0]).decode()
            )
            port = int.from_bytes(client.recv(2))
            hosts.append(host)
            with socket.create_connection((HOST, port)) as upstream:
                client.sendall(b"\x05\x00\x00\x01" + bytes(6))
                answering = threading.Thread(target=_copy, args=(upstream, client))
                answering.start()
                _copy(client, upstream)
                answering.join()

    with _serving(ThreadingTCPServer((HOST, 0), Socks)) as address:
        yield address, hosts


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what one side sends, to its end."""
    try:
        while piece := source.recv(2**16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def closed_port() -> str:
    """An address on which nobody listens."""
    with socket.create_server((HOST, 0)) as taken:
        return f"{HOST}:{taken.getsockname()[1]}"
