"""What strangers may do to an app, each for some seconds, in a process of its own.

`python -m benchmarks.attacks NAME URL SECONDS` attacks the app at an address on this machine.
"""

import asyncio
import io
import json
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Final

import httpx
from PIL import Image

from benchmarks.page import Page

AT_ONCE: Final = 8
"""Requests that an attacker sends at a time, unless it is about their number."""
HANGING: Final = 520
"""Calls that wait for a host that says nothing."""
SILENT: Final = 1000
"""Connections that say nothing."""
_MEGABYTE: Final = 2**20
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Target:
    """An app, and a client that attacks it."""

    http: httpx.AsyncClient
    page: Page

    async def send(self, method: str, path: str, visitor: int, **request: Any) -> None:  # noqa: ANN401
        """Send a request as a visitor; whatever comes back is right."""
        headers = {"x-forwarded-for": f"203.0.{visitor // 250 % 250}.{visitor % 250 + 1}"}
        headers |= request.pop("headers", {})
        with suppress(httpx.HTTPError):
            await self.http.request(method, self.page.url + path, headers=headers, **request)


async def _again(attempt: Callable[[int], Awaitable[object]], at_once: int = AT_ONCE) -> None:
    """Make attempts, some at a time, until it is cancelled."""
    numbers = count()

    async def attacker() -> None:
        while True:
            await attempt(next(numbers))

    await asyncio.gather(*(attacker() for _ in range(at_once)))


async def first_steps(target: Target) -> None:
    """The first step of a submission, with a picture of 5 MB, and never the second."""
    path = await target.page.upload(target.http, noise(1300))
    step = target.page.first_step(path)

    async def attempt(number: int) -> None:
        event = step | {"session_hash": secrets.token_hex(6)}
        await target.send("POST", "/gradio_api/queue/join", number, json=event)
        await asyncio.sleep(0.05)  # a picture takes this long to decode: 1,000 are sent in a while

    await _again(attempt)


async def hanging_calls(target: Target) -> None:
    """Submissions with the URL of a picture on a host that never responds, and waiting calls."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=2 * HANGING)  # it accepts nothing
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/a.png"

    async def attempt(number: int) -> None:
        path = "/gradio_api/run/generate_first_last_frame"
        body = {"data": ["a", url]}
        await target.send(
            "POST", path, number % 20, json=body, headers={"x-jimeng-backend": "demo"}
        )
        await asyncio.sleep(1)  # those that are refused come back

    with silent:
        await _again(attempt, HANGING)


async def relays(target: Target) -> None:
    """Gradio's routes that fetch URLs, in several spellings."""
    spellings = (
        "/gradio_api/file/https://example.com/",
        "/gradio_api/file=https://example.com/",
        "/gradio_api/proxy=https://example.com/",
        "/gradio_api/%66ile/https:%2F%2Fexample.com%2F",
        "//gradio_api//file//https://example.com/",
        "/gradio_api/process_recording",
    )
    await _again(lambda number: target.send("GET", spellings[number % len(spellings)], number))


async def uploads(target: Target) -> None:
    """Uploads of 60 files of 5 MB, again and again."""
    content = secrets.token_bytes(5 * _MEGABYTE)

    async def attempt(number: int) -> None:
        data = number.to_bytes(4) + content
        files = {"files": ("a.png", data, "image/png")}
        await target.send("POST", "/gradio_api/upload", number // 60, files=files)

    await _again(attempt, 2)


async def silence(target: Target) -> None:
    """Connections that say nothing, and others in the place of those that are closed."""
    url = httpx.URL(target.page.url)

    async def attempt(_number: int) -> None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            await reader.read(1)
            writer.close()

    await _again(attempt, SILENT)


async def many_ids(target: Target) -> None:
    """Look-ups of 100,000 ids, and of one of 5 MB."""
    path = "/gradio_api/run/get_videos"
    bodies = (
        json.dumps({"data": [["01900000-0000-7000-8000-000000000000"] * 100_000]}),
        json.dumps({"data": [["a" * 5 * _MEGABYTE]]}),
        json.dumps({"data": ["1," * 2 * _MEGABYTE]}),
    )

    async def attempt(number: int) -> None:
        await target.send("POST", path, number, content=bodies[number % 3], headers=_JSON)

    await _again(attempt, 2)


async def ranges(target: Target) -> None:
    """Malformed ranges of an upload."""
    path = await target.page.upload(target.http, noise(300))
    wrong = ("bytes=", "bytes=9-1", "bytes=-", "bytes=0-0,2-", "bytes=a-b", "items=0-1", "\t")

    async def attempt(number: int) -> None:
        headers = {"Range": wrong[number % len(wrong)]}
        await target.send("GET", f"/gradio_api/file={path}", number, headers=headers)

    await _again(attempt)


async def malformed(target: Target) -> None:
    """Malformed headers, events and JSON."""
    event = {"data": [], "fn_index": 10**6, "session_hash": "a"}
    kinds = (
        partial(target.send, "GET", "/", headers={"Host": "["}),
        partial(target.send, "GET", "/", headers={"Origin": "http://["}),
        partial(target.send, "POST", "/gradio_api/queue/join", json=event),
        partial(target.send, "POST", "/gradio_api/mcp", content="[" * 100_000, headers=_JSON),
        partial(target.send, "GET", "/gradio_api/queue/data?session_hash=none"),
    )
    await _again(lambda number: kinds[number % len(kinds)](visitor=number))


ATTACKS: Final[dict[str, Callable[[Target], Awaitable[None]]]] = {
    each.__name__: each
    for each in (
        *(first_steps, hanging_calls, relays, uploads),
        *(silence, many_ids, ranges, malformed),
    )
}
"""The attacks, by name."""


def noise(side: int) -> bytes:
    """A picture that cannot be compressed, as the bytes of a PNG."""
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), secrets.token_bytes(side * side * 3)).save(out, "PNG")
    return out.getvalue()


async def _main(name: str, url: str, seconds: float) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http:
        target = Target(http, await Page.load(http, url))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ATTACKS[name](target)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
