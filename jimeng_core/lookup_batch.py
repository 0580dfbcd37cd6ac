"""A batch of look-ups: concurrent chunks, and a binary search for an id that spoils its chunk."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from .backends.base import LookupResults
from .clock import Clock
from .concurrency import gather
from .errors import (
    InvalidRequest,
    JimengError,
    NetworkError,
    RateLimited,
    UpstreamError,
    UpstreamUnreadable,
)
from .tasks import Task

Results = LookupResults | JimengError
LookUp = Callable[[Sequence[str]], Awaitable[LookupResults]]
"""One upstream request for ids."""

ID_ERRORS: Final = (UpstreamError, UpstreamUnreadable, InvalidRequest)
"""Errors that a single id among many can cause. An error of the account or the network is not one:
a request with fewer ids would meet it as well."""
RETRIED_ONCE: Final = (NetworkError, *ID_ERRORS)
BAD_IDS: Final = 2
"""Bad ids of a chunk that the request budget allows for. With more, the upstream itself is at
fault, and further requests would make it worse."""


@dataclass(frozen=True, slots=True)
class LookupOutcome:
    """The result for one id, and when it arrived (UTC)."""

    result: Task | JimengError | None
    """None: the upstream does not know the id."""
    at: datetime


@dataclass(slots=True)
class _Budget:
    """Further requests that a chunk may cost."""

    left: int

    def spend(self) -> bool:
        """Spend one request; False when none was left."""
        self.left -= 1
        return self.left >= 0


class LookupBatch:
    """The look-ups of one call.

    Args:
        look_up: Makes one request.
        clock: Source of time and sleep.
        seconds: Time limit of the batch, enforced by the caller.

    Attributes:
        outcomes: By id; ids without a response in time are missing.
    """

    def __init__(self, look_up: LookUp, clock: Clock, seconds: float) -> None:
        self._look_up = look_up
        self._clock = clock
        self._deadline = clock.monotonic() + seconds
        self.seconds = seconds
        self.outcomes: dict[str, LookupOutcome] = {}

    async def look_up_chunk(self, ids: Sequence[str]) -> None:
        """Look up ids together; after an error once more, then in halves.

        One bad id among n costs at most 2·log2(n) + 2 further requests.
        """
        results = await self._attempt(ids)
        if isinstance(results, RateLimited):
            results = await self._retry_later(ids, results)
        elif isinstance(results, RETRIED_ONCE):
            results = await self._attempt(ids)
        budget = _Budget(BAD_IDS * 2 * math.ceil(math.log2(len(ids))))
        await self._resolve(ids, results, budget)

    async def _resolve(
        self,
        ids: Sequence[str],
        results: LookupResults | JimengError,
        budget: _Budget,
    ) -> None:
        """Record results, or search the ids for the one that caused the error."""
        if not isinstance(results, JimengError):
            self._record(ids, results)
        elif len(ids) > 1 and isinstance(results, ID_ERRORS):
            await self._bisect(ids, results, budget)
        else:
            self._record(ids, dict.fromkeys(ids, results))

    async def _bisect(self, ids: Sequence[str], error: JimengError, budget: _Budget) -> None:
        """Look up the halves of a chunk that failed with `error`.

        When the first half succeeds, the bad id is in the second: that half is split further
        without a request for the whole of it.
        """
        middle = len(ids) // 2
        first, second = ids[:middle], ids[middle:]
        results = await self._attempt_within(budget, first, error)
        if isinstance(results, JimengError):
            await gather(
                [
                    partial(self._resolve, first, results, budget),
                    partial(self._resolve_half, second, error, budget),
                ]
            )
            return
        self._record(first, results)
        if len(second) > 1:
            await self._bisect(second, error, budget)
        else:
            await self._resolve_half(second, error, budget)

    async def _resolve_half(self, ids: Sequence[str], error: JimengError, budget: _Budget) -> None:
        results = await self._attempt_within(budget, ids, error)
        await self._resolve(ids, results, budget)

    async def _attempt_within(
        self, budget: _Budget, ids: Sequence[str], error: JimengError
    ) -> Results:
        """One more request; the known `error` when the budget is spent."""
        return await self._attempt(ids) if budget.spend() else error

    async def _attempt(self, ids: Sequence[str]) -> Results:
        try:
            return await self._look_up(ids)
        except JimengError as error:
            return error

    async def _retry_later(self, ids: Sequence[str], error: RateLimited) -> Results:
        """Retry after the upstream's Retry-After, if that is within the batch's time limit."""
        delay = error.retry_after
        if delay is None or self._clock.monotonic() + delay >= self._deadline:
            return error
        await self._clock.sleep(delay)
        return await self._attempt(ids)

    def _record(self, ids: Sequence[str], results: LookupResults) -> None:
        now = self._clock.now()
        self.outcomes |= {task_id: LookupOutcome(results.get(task_id), now) for task_id in ids}
