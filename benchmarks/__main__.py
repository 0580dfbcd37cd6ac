"""Run every benchmark, print and store the results: `python -m benchmarks` or `make bench`."""

import asyncio
import logging

from benchmarks.bare import TOKEN
from benchmarks.endpoint import endpoint_results
from benchmarks.lookups import lookup_results, parsing_result
from benchmarks.memory import memory_results
from benchmarks.report import store, table
from benchmarks.result import Result
from benchmarks.submissions import submission_results
from benchmarks.upstream import running_upstream
from jimeng_core import AsyncJimeng


async def _measure(base_url: str) -> list[Result]:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        return [
            *await lookup_results(jimeng, base_url),
            await parsing_result(),
            *await submission_results(jimeng, base_url),
            *memory_results(base_url),
            *await endpoint_results(jimeng, base_url),
        ]


def main() -> None:
    """Run all benchmarks; takes about two minutes."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with running_upstream() as base_url:
        results = asyncio.run(_measure(base_url))
    print(table(result.as_json() for result in results))
    for path in store(results):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
