"""Benchmarks of the HTTP doors: against the same call in Python, and under load."""

import asyncio
import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from benchmarks.bare import TOKEN
from benchmarks.passthrough import LOOK_UP
from benchmarks.result import Result
from benchmarks.timing import Work, difference, interleaved, ratio
from jimeng_app.startup import available_port
from jimeng_core import AsyncJimeng, new_task_id

IDS = 30
CLIENTS = 10
CALLS = 20
"""Look-ups of one client in a round."""
_GOALS = {
    "endpoint": ("`POST /gradio_api/run/get_videos`", 1.11),
    "mcp": ("MCP tool `get_videos`", 1.43),
    "ark": ("list in Ark's dialect", 1.11),
}
"""Of each door: its title, and the longest time for the same look-ups (0.9 and 0.7 of the
pass-through's throughput)."""
_APP = Path(__file__).parents[1] / "app.py"


@contextmanager
def _running_app(base_url: str) -> Iterator[str]:
    """Run the app on top of the upstream, in a process of its own; yields its address."""
    port = available_port("127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="jimeng-bench-") as folder:
        settings = {
            "JIMENG_BACKEND": "web",
            "JIMENG_TOKEN": TOKEN,
            "JIMENG_BASE_URL": base_url,
            "JIMENG_DATA_DIR": folder,
            "JIMENG_PORT": str(port),
            "GRADIO_TEMP_DIR": folder,
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PYTHONUNBUFFERED": "1",
        }
        with subprocess.Popen(
            [sys.executable, _APP],
            cwd=folder,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                _wait_for_start(process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


@contextmanager
def _running_passthrough(base_url: str) -> Iterator[str]:
    """Run the pass-through in a process of its own; yields its address."""
    port = available_port("127.0.0.1", 0)
    command = [sys.executable, "-m", f"{__package__}.passthrough", base_url, str(port)]
    with subprocess.Popen(command, cwd=_APP.parent) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for_start(process: subprocess.Popen[str]) -> None:
    """Wait up to a minute until the app has started; a thread keeps reading its output."""
    started: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def read(lines: IO[str]) -> None:
        for line in lines:
            if "Running on local URL" in line:
                started.put(True)  # noqa: FBT003 - a queue of booleans
        started.put(False)  # noqa: FBT003 - the same

    if process.stdout is None:
        raise RuntimeError("the app has no output")
    threading.Thread(target=read, args=[process.stdout], daemon=True).start()
    if not started.get(timeout=60):
        raise RuntimeError("the app did not start")


async def endpoint_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """A named endpoint against the same call in Python, and every HTTP door under load."""
    with _running_app(base_url) as app, _running_passthrough(base_url) as passthrough:
        async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=None)) as http:
            doors = Doors(http, app, passthrough)
            return [await _cost_of_http(doors, jimeng), *await _throughput(doors)]


@dataclass(frozen=True, slots=True)
class Doors:
    """Look-ups through the doors of one app, and through a bare pass-through."""

    http: httpx.AsyncClient
    app: str
    passthrough: str

    async def endpoint(self, ids: Sequence[str]) -> None:
        """`POST /gradio_api/run/get_videos`."""
        await self._post(f"{self.app}/gradio_api/run/get_videos", {"data": [ids]})

    async def mcp(self, ids: Sequence[str]) -> None:
        """The MCP tool `get_videos`."""
        params = {"name": "get_videos", "arguments": {"task_ids": ids}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        await self._post(f"{self.app}/gradio_api/mcp", message)

    async def ark(self, ids: Sequence[str]) -> None:
        """The list in Ark's dialect."""
        url = f"{self.app}/api/v3/contents/generations/tasks"
        _check(await self.http.get(url, params={"filter.task_ids": [*ids]}), "succeeded")

    async def bare(self, ids: Sequence[str]) -> None:
        """The pass-through."""
        await self._post(f"{self.passthrough}{LOOK_UP}", {"submit_ids": ids}, "ret")

    async def _post(self, url: str, body: object, word: str = "completed") -> None:
        _check(await self.http.post(url, json=body), word)


def _check(response: httpx.Response, word: str) -> None:
    if word not in response.raise_for_status().text:
        raise RuntimeError(f"unexpected response: {response.text[:200]}")


async def _cost_of_http(doors: Doors, jimeng: AsyncJimeng) -> Result:
    ids = [new_task_id() for _ in range(IDS)]
    works: dict[str, Work] = {
        "http": partial(doors.endpoint, ids),
        "python": partial(jimeng.get_videos, ids),
    }
    times = await interleaved(works, 60)
    return Result(
        f"named endpoint `get_videos` of {IDS} ids, `POST /gradio_api/run/get_videos`",
        "the same call in Python",
        difference(times["http"], times["python"]),
        10,
        "ms",
        times["http"],
        times["python"],
    )


async def _throughput(doors: Doors) -> list[Result]:
    """The time in which 10 clients make 200 look-ups, against the pass-through."""
    ids = [new_task_id()]

    def clients(look_up: Callable[[Sequence[str]], Awaitable[None]]) -> Work:
        async def client() -> None:
            for _ in range(CALLS):
                await look_up(ids)

        return lambda: asyncio.gather(*(client() for _ in range(CLIENTS)))

    works = {name: clients(getattr(doors, name)) for name in ("bare", *_GOALS)}
    times = await interleaved(works, 8)
    return [
        Result(
            f"{CLIENTS} clients, {CALLS} look-ups each: {title}",
            "a bare pass-through",
            ratio(times[name], times["bare"]),
            goal,
            "×",
            times[name],
            times["bare"],
        )
        for name, (title, goal) in _GOALS.items()
    ]
