"""The site on this machine: every answer takes 50 ms, and a record is as large as a real one.

`python -m benchmarks.upstream` prints its port and serves until its standard input ends (so it
never outlives whoever started it), or for a quarter of an hour.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from benchmarks.samples import PLACEHOLDER, record_bytes

HOST: Final = "127.0.0.1"
DELAY: Final = 0.05
"""Seconds between the end of a request and the begin of its answer."""
LONGEST_LIFE: Final = 900
"""Seconds after which it stops by itself."""
LARGEST_BODY: Final = 32 * 2**20
_STORE: Final = "tos-cn-i-tb4s082cfz"


@contextmanager
def running_upstream() -> Iterator[str]:
    """The upstream in a process of its own; gives its address."""
    with subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.upstream"],
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
    """Answers what the site would, of tasks that are all finished."""

    def __init__(self) -> None:
        self._pieces = record_bytes().split(PLACEHOLDER.encode())
        self.host = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                target = head.split(" ", 2)[1]
                body = await reader.readexactly(min(_length(head), LARGEST_BODY))
                answer = self.answer(target, body)
                await asyncio.sleep(DELAY)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(answer)
                )
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client left, or the upstream stops
        finally:
            writer.close()

    def answer(self, target: str, body: bytes) -> bytes:
        """The body of the answer to a request."""
        parts = urlsplit(target)
        if parts.path.startswith("/upload/"):
            return b'{"code":2000,"message":"Success"}'
        if parts.path == "/":
            return json.dumps(self._imagex(parse_qs(parts.query), body)).encode()
        if parts.path.endswith("/get_history_by_ids"):
            return self._records(json.loads(body))
        data: object = _TOKEN if parts.path.endswith("/get_upload_token") else {"aigc_data": {}}
        return json.dumps({"ret": "0", "errmsg": "success", "data": data}).encode()

    def _records(self, asked: dict[str, list[str]]) -> bytes:
        records = (
            b'"%s":%s' % (name.encode(), name.encode().join(self._pieces))
            for names in asked.values()
            for name in names
        )
        return b'{"ret":"0","errmsg":"success","data":{%s}}' % b",".join(records)

    def _imagex(self, query: dict[str, list[str]], body: bytes) -> object:
        if query["Action"] == ["ApplyImageUpload"]:
            uris = [f"{_STORE}/{n:032x}" for n in range(int(query.get("UploadNum", ["1"])[0]))]
            infos = [{"StoreUri": uri, "Auth": "SpaceKey/x/1/:version:v2:x"} for uri in uris]
            # The session key carries how many there are: nothing else is remembered.
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
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, HOST, 0, limit=4 * 2**20)
    port = server.sockets[0].getsockname()[1]
    upstream.host = f"{HOST}:{port}"
    print(port, flush=True)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)  # nobody writes: readable means closed
    async with server:
        try:
            await asyncio.wait_for(ended.wait(), LONGEST_LIFE)
        except TimeoutError:
            print("The upstream stops by itself.", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(_main())
