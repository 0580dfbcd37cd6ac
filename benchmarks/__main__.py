"""Measure every row, print the table, keep it: `python -m benchmarks` or `make bench`."""

import asyncio
import logging

from benchmarks.door import door_rows
from benchmarks.memory import memory_row
from benchmarks.report import keep, table
from benchmarks.rows import TOKEN, Row, lookup_rows, parsing_rows, submit_rows
from benchmarks.upstream import running_upstream
from jimeng_core import AsyncJimeng


async def _measure(base_url: str) -> list[Row]:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        return [
            *await lookup_rows(jimeng, base_url),
            *await parsing_rows(),
            *await submit_rows(jimeng),
            memory_row(base_url),
            *await door_rows(jimeng, base_url),
        ]


def main() -> None:
    """Take about two minutes."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with running_upstream() as base_url:
        rows = asyncio.run(_measure(base_url))
    print(table(row.plain() for row in rows))
    for path in keep(rows):
        print(f"kept in {path}")


if __name__ == "__main__":
    main()
