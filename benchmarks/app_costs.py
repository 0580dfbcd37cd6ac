"""Benchmarks of the app by itself: its start, its rest, its memory, its page."""

import asyncio
from typing import Final

import httpx

from benchmarks.memory import memory
from benchmarks.result import Result
from benchmarks.running_app import RunningApp
from benchmarks.timing import interleaved, percentile
from jimeng_core import new_task_id

_SETTLE_SECONDS: Final = 5
_REST_SECONDS: Final = 10
_VIDEO: Final = ["海", None, None]
"""The arguments of `submit_first_last_frame`; those that are left out have their defaults."""


async def app_results(app: RunningApp, http: httpx.AsyncClient) -> list[Result]:
    """What the app costs before anyone works with it, and after one task."""
    return [
        Result("app: from its start to its first response", "", app.start_seconds, 4, "s"),
        await _rest(app),
        *await _page(app, http),
        await _memory(app, http),
    ]


async def _rest(app: RunningApp) -> Result:
    await asyncio.sleep(_SETTLE_SECONDS)
    before = app.processor_seconds()
    await asyncio.sleep(_REST_SECONDS)
    share = (app.processor_seconds() - before) / _REST_SECONDS * 100
    return Result("app at rest: share of one processor", "", share, 1.5, "%")


async def _page(app: RunningApp, http: httpx.AsyncClient) -> list[Result]:
    """The page's document: how long it takes and how large it is."""
    sizes: list[int] = []

    async def fetch() -> None:
        async with http.stream("GET", app.url, headers={"Accept-Encoding": "gzip"}) as response:
            response.raise_for_status()
            sizes.append(sum([len(chunk) async for chunk in response.aiter_raw()]))

    times = (await interleaved({"page": fetch}, 50))["page"]
    return [
        Result("`GET /`: nine of ten within", "", percentile(times, 90), 50, "ms", times),
        Result("`GET /`: bytes sent", "", max(sizes) / 1000, 60, "KB"),
    ]


async def _memory(app: RunningApp, http: httpx.AsyncClient) -> Result:
    """The app's memory after one task was submitted and looked up."""
    calls = {"submit_first_last_frame": _VIDEO, "get_videos": [[new_task_id()]]}
    for name, arguments in calls.items():
        body = {"data": arguments}
        (await http.post(f"{app.url}/gradio_api/run/{name}", json=body)).raise_for_status()
    name = "app: memory after one task"
    return Result(name, "", memory("VmRSS", str(app.pid)), 160, "MB")
