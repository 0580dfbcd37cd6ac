"""A local stand-in for the site: it responds after 50 ms, with records as large as real ones.

`python -m benchmarks.upstream DELAY RATE` prints its port and serves until its standard input is
closed, so that it ends with its parent process, or for half an hour.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from benchmarks.samples import PLACEHOLDER, record_bytes

HOST: Final = "127.0.0.1"
DELAY: Final = 0.05
"""Seconds between a request and its response."""
MAX_LIFETIME: Final = 1800
"""Seconds after which it stops by itself."""
MAX_BODY: Final = 32 * 2**20
_STORE: Final = "tos-cn-i-tb4s082cfz"


_PIECE: Final = 2**14
_RECEIVE_BUFFER: Final = 2**16


@contextmanager
def running_upstream(delay: float = DELAY, rate: float = 0) -> Iterator[str]:
    """Run the upstream in a process of its own; yields its address.

    Args:
        delay: Seconds between a request and its response.
        rate: Bytes a second that all requests together may send; 0: any number.
    """
    with subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.upstream", str(delay), str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("the upstream has no pipes")
        try:
            yield f"http://{HOST}:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


class Upstream:
    """Responds as the site does when all tasks are completed; see `running_upstream`."""

    def __init__(self, delay: float, rate: float) -> None:
        self._delay = delay
        self._rate = rate
        self._line = asyncio.Lock()
        self._line_free_at = 0.0
        """When the line has sent what it was given, in seconds of the loop's clock."""
        self._pieces = record_bytes().split(PLACEHOLDER.encode())
        self.host = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                target = head.split(" ", 2)[1]
                body = await self._read(reader, min(_length(head), MAX_BODY))
                response = self.respond(target, body)
                await asyncio.sleep(self._delay)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(response)
                )
                writer.write(response)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client disconnected, or the upstream stops
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, length: int) -> bytes:
        """A body, as fast as the line is."""
        if not self._rate:
            return await reader.readexactly(length)
        body = b""
        while left := length - len(body):
            async with self._line:
                piece = await reader.readexactly(min(left, _PIECE))
                now = asyncio.get_running_loop().time()
                arrived = now - _RECEIVE_BUFFER / self._rate  # since when the buffer was filled
                self._line_free_at = max(arrived, self._line_free_at) + len(piece) / self._rate
                await asyncio.sleep(max(0, self._line_free_at - now))
            body += piece
        return body

    def respond(self, target: str, body: bytes) -> bytes:
        """The body of the response to a request."""
        parts = urlsplit(target)
        if parts.path.startswith("/upload/"):
            return b'{"code":2000,"message":"Success"}'
        if parts.path == "/":
            return json.dumps(self._imagex(parse_qs(parts.query), body)).encode()
        if parts.path.endswith("/get_history_by_ids"):
            return self._records(json.loads(body))
        data: object = _TOKEN if parts.path.endswith("/get_upload_token") else {"aigc_data": {}}
        return json.dumps({"ret": "0", "errmsg": "success", "data": data}).encode()

    def _records(self, query: dict[str, list[str]]) -> bytes:
        records = (
            b'"%s":%s' % (task_id.encode(), task_id.encode().join(self._pieces))
            for ids in query.values()
            for task_id in ids
        )
        envelope = b'{"ret":"0","errmsg":"success","systime":"%d","data":{%s}}'
        return envelope % (time.time(), b",".join(records))

    def _imagex(self, query: dict[str, list[str]], body: bytes) -> object:
        if query["Action"] == ["ApplyImageUpload"]:
            uris = [f"{_STORE}/{n:032x}" for n in range(int(query.get("UploadNum", ["1"])[0]))]
            infos = [{"StoreUri": uri, "Auth": "SpaceKey/x/1/:version:v2:x"} for uri in uris]
            # The session key is the number of pictures: the upstream has no state.
            address = {
                "StoreInfos": infos,
                "UploadHosts": [self.host],
                "SessionKey": str(len(uris)),
            }
            return {"Result": {"UploadAddress": address}}
        uris = [f"{_STORE}/{n:032x}" for n in range(int(json.loads(body)["SessionKey"]))]
        return {"Result": {"Results": [{"Uri": uri, "UriStatus": 2000} for uri in uris]}}


_TOKEN: Final = {
    "access_key_id": "AKTP-benchmark",
    "secret_access_key": "benchmark",
    "session_token": "benchmark",
    "space_name": "tb4s082cfz",
    "region": "cn",
}


def _length(head: str) -> int:
    for line in head.splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0


async def _main() -> None:
    delay, rate = (float(each) for each in sys.argv[1:])
    upstream = Upstream(delay, rate)
    listener = socket.create_server((HOST, 0), backlog=1024)
    if rate:  # what lies in the buffers has not gone over the line yet
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    limit = _PIECE if rate else 4 * 2**20
    server = await asyncio.start_server(upstream.serve, sock=listener, limit=limit)
    port = listener.getsockname()[1]
    upstream.host = f"{HOST}:{port}"
    print(port, flush=True)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)  # nothing is written to it: readable means closed
    async with server:
        try:
            await asyncio.wait_for(ended.wait(), MAX_LIFETIME)
        except TimeoutError:
            print("The upstream stops by itself.", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(_main())
