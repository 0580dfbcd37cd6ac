"""What a table would submit: every row checked, every bad cell named, the price of all."""

import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from jimeng_core import AsyncJimeng, InvalidRequest, JimengError, Problem
from jimeng_core.concurrency import gather
from jimeng_core.error_codes import ErrorCode
from jimeng_core.pasted_text import excerpt
from jimeng_core.request_files import files_of
from jimeng_core.requests import AnyRequest

from .columns import FILES, FindPicture, RowRequest, by_column, read_row
from .manifest import TableRow
from .settings import Account

CHECKS: Final = 8
"""Rows that are checked at a time: each decodes its pictures."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a cell."""

    row: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row that may be submitted."""

    request: RowRequest
    key: str
    """Equal for rows of the same content, pictures and account, and their place among these."""
    price: tuple[Decimal, str] | None = None
    """Amount and unit, where the price is known."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What all rows cost."""

    totals: Mapping[str, Decimal] = field(default_factory=dict)
    """By unit."""
    unknown: int = 0
    """Rows whose price is not known."""

    def text(self) -> str:
        """The totals on one line."""
        totals = [f"{amount.normalize():f} {unit}" for unit, amount in sorted(self.totals.items())]
        if self.unknown or not totals:
            totals.append(f"{self.unknown} x ?")
        return " + ".join(totals)


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """All rows of a table."""

    rows: Sequence[CheckedRow]
    problems: Sequence[RowProblem]

    @property
    def estimate(self) -> Estimate:
        """The price of the rows that may be submitted."""
        totals: dict[str, Decimal] = {}
        for row in self.rows:
            if row.price:
                amount, unit = row.price
                totals[unit] = totals.get(unit, Decimal()) + amount
        return Estimate(totals, sum(row.price is None for row in self.rows))


class Clients:
    """The clients of the accounts that a table names, opened when they are needed."""

    def __init__(self, accounts: Mapping[str, Account], **options: Any) -> None:  # noqa: ANN401 - of `AsyncJimeng`
        self._accounts = accounts
        self._options = options
        self._stack = AsyncExitStack()
        self._open: dict[str, AsyncJimeng] = {}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Clients"]:
        """Close them at the end of the block."""
        async with self._stack:
            yield self

    async def of(self, name: str) -> AsyncJimeng:
        """The client of an account.

        Raises:
            InvalidRequest: There is no such account.
            Unauthorized: Its secret is missing.
        """
        if name not in self._accounts:
            raise InvalidRequest(
                f"No account is called {excerpt(name)}; accounts are {', '.join(self._accounts)}.",
                f"没有名为 {excerpt(name)} 的账号，可用：{'、'.join(self._accounts)}。",
            )
        if name not in self._open:
            options = {**self._options}
            options["settings"] = self._accounts[name].settings(options["settings"])
            client = AsyncJimeng(**options)
            self._open[name] = await self._stack.enter_async_context(client)
        return self._open[name]


async def check_table(
    table: Sequence[TableRow], account: str, find: FindPicture, clients: Clients
) -> CheckedTable:
    """Check every row of a table; sends nothing.

    Raises:
        JimengError: An account cannot be used.
    """
    limiter = anyio.CapacityLimiter(CHECKS)

    async def check(row: TableRow) -> CheckedRow | list[RowProblem]:
        async with limiter:
            columns: Mapping[str, str] = {}
            try:
                read = read_row(row, account, find)
                columns = read.columns
                client = await clients.of(read.account)
                request = read.build()
                problems: Iterable[Problem] = await client.check(request)
                if not problems:
                    content = await anyio.to_thread.run_sync(_fingerprint, read)
                    return CheckedRow(read, content, await _price(client, request))
            except InvalidRequest as error:
                problems = error.problems or [
                    Problem("account", ErrorCode(error.code), error.message, error.message_zh)
                ]
            return [RowProblem(row.number, by_column(each, columns)) for each in problems]

    results = await gather([partial(check, row) for row in table])
    rows = [each for each in results if isinstance(each, CheckedRow)]
    problems = [problem for each in results if isinstance(each, list) for problem in each]
    return CheckedTable(_numbered(rows), problems)


def _numbered(rows: Sequence[CheckedRow]) -> list[CheckedRow]:
    """Let the same row twice be two tasks: its key has its place among its equals."""
    counts: Counter[str] = Counter()
    numbered = []
    for row in rows:
        counts[row.key] += 1
        numbered.append(CheckedRow(row.request, f"{row.key}-{counts[row.key]}", row.price))
    return numbered


def _fingerprint(row: RowRequest) -> str:
    """A hash of what a row asks for: files count by their content."""
    content = {}
    for name, _, source in files_of(row.build()):
        is_file = isinstance(source, str) and Path(source).is_file()
        data = Path(str(source)).read_bytes() if is_file else str(source).encode()
        content[name] = hashlib.sha256(data).hexdigest()
    values = {k: v for k, v in row.values.items() if k not in FILES}
    if "frames" in values:
        values["frames"] = [
            {k: v for k, v in frame.items() if k != "image"} for frame in values["frames"]
        ]
    parts = [row.account, row.mode, values, content]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


async def _price(client: AsyncJimeng, request: AnyRequest) -> tuple[Decimal, str] | None:
    price = await client.estimate(request)
    return (Decimal(str(price.amount)), price.unit) if price else None


def too_expensive(estimate: Estimate, most: float) -> JimengError | None:
    """The error of rows that may cost more than `most`, in each unit; None when they do not."""
    over = [unit for unit, amount in estimate.totals.items() if amount > Decimal(str(most))]
    if not over and not estimate.unknown:
        return None
    return InvalidRequest(
        f"The rows cost {estimate.text()}, and --max-cost is {most:g}; nothing was sent."
        " Raise the limit, or send fewer rows.",
        f"这些行预计花费 {estimate.text()}，超过 --max-cost {most:g}，没有提交任何任务。"
        "请提高上限，或减少行数。",
    )
