"""An app under load and under attack: `python -m benchmarks.load` or `make load`.

Names of attacks as arguments run these only, and store nothing.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import httpx

from benchmarks.attacks import ATTACKS, noise
from benchmarks.endpoint import CROWD, IDS, Doors
from benchmarks.page import Page
from benchmarks.report import store_load, table
from benchmarks.result import Result
from benchmarks.running_app import RunningApp, running_app, running_passthrough
from benchmarks.timing import Times, Work, interleaved, percentile, ratio
from benchmarks.upstream import running_upstream
from jimeng_core import new_task_id

SECONDS: Final = 12.0
"""How long each attack lasts."""
EXPIRY_SECONDS: Final = 75.0
"""How long after first steps the memory is read: what they left expires after 60 s."""
PAUSE_SECONDS: Final = 0.05
"""Between two visits of the page."""


async def _crowd(doors: Doors) -> Result:
    """200 clients that look up 30 ids each, through Ark's dialect and through the pass-through."""
    lists = [[new_task_id() for _ in range(IDS)] for _ in range(CROWD)]
    works: dict[str, Work] = {
        name: lambda look_up=look_up: asyncio.gather(*map(look_up, lists))  # type: ignore[misc]
        for name, look_up in (("ark", doors.ark), ("bare", doors.bare))
    }
    times = await interleaved(works, 5)
    return Result(
        f"{CROWD} clients look up {IDS} ids each, none with an error: list in Ark's dialect",
        "a bare pass-through",
        *(ratio(times["ark"], times["bare"]), 1.1, "×", times["ark"], times["bare"]),
    )


async def _visits(http: httpx.AsyncClient, page: Page) -> Times:
    """How long a visitor waits for the page, and for an event of it, again and again."""
    rounds = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for visit in (page.open(http), page.run(http, page.check())):
            start = time.perf_counter()
            await visit
            rounds.append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
    return Times(rounds)


async def _under_attack(http: httpx.AsyncClient, page: Page, name: str) -> Result:
    """The page's slowest visits during an attack."""
    command = [sys.executable, "-m", "benchmarks.attacks", name, page.url, str(SECONDS)]
    attack = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[1])
    times = await _visits(http, page)
    if await attack.wait():
        raise RuntimeError(f"the attack {name} failed")
    what = " ".join((ATTACKS[name].__doc__ or "").split()).rstrip(".")
    title = f"99 of 100 visits of the page. Meanwhile: {what[0].lower()}{what[1:]}"
    return Result(title, "", percentile(times, 99), 1000, "ms", times)


async def _attacks(app: RunningApp, names: Sequence[str]) -> AsyncIterator[Result]:
    limits = httpx.Limits(keepalive_expiry=2)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
        page = await Page.load(http, app.url)
        picture = await page.upload(http, noise(1300))
        for _ in range(5):  # what is loaded at the first picture stays
            await page.run(http, page.check(picture))
        for name in names:
            before = app.memory()
            yield await _under_attack(http, page, name)
            if name == "first_steps":
                await asyncio.sleep(EXPIRY_SECONDS)
                grown = app.memory() - before
                yield Result("memory that is left a minute after that", "", grown, 20, "MB")


async def _measure(base_url: str, names: Sequence[str]) -> list[Result]:
    results: list[Result] = []
    with running_app(base_url) as app, running_passthrough(base_url) as passthrough:
        if not names:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
                results.append(await _crowd(Doors(http, app.url, passthrough)))
        async for result in _attacks(app, names or [*ATTACKS]):
            print(table([result.as_json()]).splitlines()[-1], flush=True)
            results.append(result)
    return results


def main() -> None:
    """Run the load and the attacks; takes about four minutes."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    chosen = sys.argv[1:]
    os.environ["JIMENG_ALLOW_PRIVATE_URLS"] = "1"  # the host that hangs is on this machine
    with running_upstream() as base_url:
        results = asyncio.run(_measure(base_url, chosen))
    print(table(result.as_json() for result in results))
    if not chosen:
        for path in store_load(results):
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
