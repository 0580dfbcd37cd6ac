"""Run every benchmark, print and store the results: `python -m benchmarks` or `make bench`.

Names of parts as arguments run these only, and store nothing: `python -m benchmarks lookups`.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

from benchmarks.bare import TOKEN
from benchmarks.endpoint import endpoint_results
from benchmarks.growth import growth
from benchmarks.in_browser import page_results
from benchmarks.lookups import lookup_results, parsing_result
from benchmarks.memory import memory_results
from benchmarks.programs import program_results
from benchmarks.report import store, table
from benchmarks.result import Result
from benchmarks.submissions import submission_results
from benchmarks.upstream import running_upstream
from jimeng_core import AsyncJimeng

_PARTS: Final[dict[str, Callable[[AsyncJimeng, str], Awaitable[list[Result]]]]] = {
    "lookups": lookup_results,
    "parsing": parsing_result,
    "submissions": submission_results,
    "memory": memory_results,
    "programs": program_results,
    "endpoint": endpoint_results,
    "page": page_results,
}
"""Each part measures with a client of the upstream at an address."""


async def _measure(base_url: str, parts: list[str]) -> list[Result]:
    results: list[Result] = []
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        for name in parts:
            start = time.perf_counter()
            found = await _PARTS[name](jimeng, base_url)
            seconds = time.perf_counter() - start
            print(f"\n{name}: {seconds:.0f} s\n\n{table(each.as_json() for each in found)}")
            results += found
    return results


def main() -> None:
    """Run all benchmarks; takes about three minutes on an idle machine."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    chosen = sys.argv[1:]
    with running_upstream() as base_url:
        results = asyncio.run(_measure(base_url, chosen or [*_PARTS]))
        points = {} if chosen else growth(base_url)
    if not chosen:
        for path in store(results, points):
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
