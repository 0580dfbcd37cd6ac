"""Benchmarks of the HTTP doors: against the same call in Python, and under load."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import httpx

from benchmarks.app_costs import app_results
from benchmarks.passthrough import LOOK_UP
from benchmarks.result import Result
from benchmarks.running_app import running_app, running_passthrough
from benchmarks.timing import Work, difference, interleaved, ratio
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
REFRESHED, CHANGED = 100, 3
"""Tasks that the page looks up again, and those of them that have changed."""
CROWD = 200
"""Clients at once that call the list in Ark's dialect."""


async def endpoint_results(jimeng: AsyncJimeng, base_url: str) -> list[Result]:
    """Every HTTP door under load, what one call costs, and what the app costs by itself."""
    with running_app(base_url) as app, running_passthrough(base_url) as passthrough:
        # Shorter than the servers' 5 s: a connection that they close just then would be an error.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
        async with httpx.AsyncClient(timeout=60, limits=limits) as http:
            doors = Doors(http, app.url, passthrough)
            return [
                *await app_results(app, http),
                await _cost_of_http(doors, jimeng),
                await _new_caller(doors),
                await _worst(doors),
                await _refresh(doors),
                *await _throughput(doors),
                await _crowd(doors),
            ]


@dataclass(frozen=True, slots=True)
class Doors:
    """Look-ups through the doors of one app, and through a bare pass-through."""

    http: httpx.AsyncClient
    app: str
    passthrough: str

    async def endpoint(self, ids: Sequence[str], token: str = "") -> None:
        """`POST /gradio_api/run/get_videos`, by the caller of a token."""
        headers = {"x-jimeng-token": token} if token else {}
        await self._post(f"{self.app}/gradio_api/run/get_videos", {"data": [ids]}, headers=headers)

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

    async def _post(
        self, url: str, body: object, word: str = "completed", headers: dict[str, str] | None = None
    ) -> None:
        _check(await self.http.post(url, json=body, headers=headers), word)


def _check(response: httpx.Response, word: str) -> None:
    if word not in response.raise_for_status().text:
        raise RuntimeError(f"unexpected response: {response.text[:200]}")


async def _cost_of_http(doors: Doors, jimeng: AsyncJimeng) -> Result:
    ids = [new_task_id() for _ in range(IDS)]
    works: dict[str, Work] = {
        "http": partial(doors.endpoint, ids),
        "python": partial(jimeng.get_videos, ids),
    }
    times = await interleaved(works, 30)
    return Result(
        f"named endpoint `get_videos` of {IDS} ids, `POST /gradio_api/run/get_videos`",
        "the same call in Python",
        difference(times["http"], times["python"]),
        10,
        "ms",
        times["http"],
        times["python"],
    )


async def _new_caller(doors: Doors) -> Result:
    """The look-up of one id by a caller who was never seen before."""
    ids = [new_task_id()]

    async def call() -> None:
        await doors.endpoint(ids, secrets.token_hex(16))

    times = (await interleaved({"call": call}, 15))["call"]
    name = "a caller never seen before: `POST /gradio_api/run/get_videos` of one id"
    return Result(name, "", times.median, 60, "ms", times)


async def _worst(doors: Doors) -> Result:
    ids = [new_task_id() for _ in range(100)]
    times = (await interleaved({"call": partial(doors.endpoint, ids)}, 25))["call"]
    name = "`POST /gradio_api/run/get_videos` of 100 ids: the slowest of 25"
    return Result(name, "", max(times.rounds), 100, "ms", times)


async def _refresh(doors: Doors) -> Result:
    """The body of a request of the page and its response, where most tasks are as they were."""
    asked: dict[str, list[str]] = {"ids": [new_task_id() for _ in range(REFRESHED)]}

    async def look_up() -> httpx.Response:
        return (await doors.http.post(f"{doors.app}/page/look-ups", json=asked)).raise_for_status()

    whole = await look_up()
    asked["known"] = [row["digest"] for row in whole.json()["rows"]]
    asked["known"][:CHANGED] = [""] * CHANGED
    response = await look_up()
    if len(response.json()["rows"]) != CHANGED:
        raise RuntimeError("other rows than those that changed")
    sizes = [len(each.request.content) + len(each.content) for each in (response, whole)]
    name = f"the page looks {REFRESHED} tasks up, {CHANGED} of them changed: bytes of both bodies"
    baseline = f"all of the rows: {sizes[1] / 1000:.1f} KB"
    return Result(name, baseline, sizes[0] / 1000, 12, "KB")


async def _throughput(doors: Doors) -> list[Result]:
    """The time in which 10 clients make 200 look-ups, against the pass-through."""
    names = ("bare", *_GOALS)
    works = {name: _clients(getattr(doors, name), CLIENTS, CALLS) for name in names}
    times = await interleaved(works, 5)
    return [
        Result(
            f"{CLIENTS} clients, {CALLS} look-ups each: {title}",
            "a bare pass-through",
            *(ratio(times[name], times["bare"]), goal, "×", times[name], times["bare"]),
        )
        for name, (title, goal) in _GOALS.items()
    ]


async def _crowd(doors: Doors) -> Result:
    works = {name: _clients(getattr(doors, name), CROWD, 2) for name in ("bare", "ark")}
    times = await interleaved(works, 3)
    return Result(
        f"{CROWD} clients, 2 look-ups each: {_GOALS['ark'][0]}",
        "a bare pass-through",
        *(ratio(times["ark"], times["bare"]), 1.11, "×", times["ark"], times["bare"]),
    )


def _clients(look_up: Callable[[Sequence[str]], Awaitable[None]], number: int, calls: int) -> Work:
    """Clients at once, each of which makes some look-ups one after the other."""
    ids = [new_task_id()]

    async def client() -> None:
        for _ in range(calls):
            await look_up(ids)

    return lambda: asyncio.gather(*(client() for _ in range(number)))
