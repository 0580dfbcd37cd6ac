"""One batch of look-ups: chunks side by side, and a chunk that one bad id spoils cut in halves."""

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
from .ids import IdKind
from .tasks import Task

Ask = Callable[[IdKind, Sequence[str]], Awaitable[LookupResults]]
"""One upstream request for ids of one kind."""

ONE_ID_CAN_CAUSE: Final = (UpstreamError, UpstreamUnreadable, InvalidRequest)
"""Answers that one id among many can bring about. Refusals of the account and a network that is
down are none of them: asking for fewer ids changes nothing there."""


WORTH_A_SECOND_TRY: Final = (NetworkError, *ONE_ID_CAN_CAUSE)


BAD_IDS: Final = 2
"""For how many bad ids in a chunk there are requests to find them. When more is wrong, it is the
upstream, and asking it on and on would make things worse."""


@dataclass(frozen=True, slots=True)
class LookupOutcome:
    """What was told of one id, and when."""

    outcome: Task | JimengError | None
    """None: the upstream does not know it."""
    at: datetime


@dataclass(slots=True)
class _Budget:
    """How many further requests a chunk may cost."""

    left: int

    def take(self) -> bool:
        """Whether there was one left; it is taken."""
        self.left -= 1
        return self.left >= 0


class LookupBatch:
    """One call's look-ups, and what they found so far.

    Args:
        ask: Makes one request.
        clock: Waits when the upstream wants it.
        seconds: How long the whole batch may take; whoever runs it ends it then.

    Attributes:
        found: By id. What is not in it when the time is up was not told.
    """

    def __init__(self, ask: Ask, clock: Clock, seconds: float) -> None:
        self._ask = ask
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self.seconds = seconds
        self.found: dict[str, LookupOutcome] = {}

    async def chunk(self, kind: IdKind, names: Sequence[str]) -> None:
        """Ask for ids of one kind: together, once more if that fails, then in halves.

        One bad id among n costs at most 2·log2(n) + 2 further requests, and no other id its answer.
        """
        outcome = await self._try(kind, names)
        if isinstance(outcome, RateLimited):
            outcome = await self._try_later(kind, names, outcome)
        elif isinstance(outcome, WORTH_A_SECOND_TRY):
            outcome = await self._try(kind, names)
        budget = _Budget(BAD_IDS * 2 * math.ceil(math.log2(len(names))))
        await self._settle(kind, names, outcome, budget)

    async def _settle(
        self,
        kind: IdKind,
        names: Sequence[str],
        outcome: LookupResults | JimengError,
        budget: _Budget,
    ) -> None:
        """Note what was told of some ids, or look for the bad one among them."""
        if not isinstance(outcome, JimengError):
            self._note(names, outcome)
        elif len(names) > 1 and isinstance(outcome, ONE_ID_CAN_CAUSE):
            await self._split(kind, names, outcome, budget)
        else:
            self._note(names, dict.fromkeys(names, outcome))

    async def _split(
        self, kind: IdKind, names: Sequence[str], error: JimengError, budget: _Budget
    ) -> None:
        """Ask for the halves of what failed with `error`.

        When the first half is well, the bad id is in the second: that one is cut further without
        being asked for as a whole.
        """
        middle = len(names) // 2
        first, second = names[:middle], names[middle:]
        outcome = await self._try_within(budget, kind, first, error)
        if isinstance(outcome, JimengError):
            await gather(
                [
                    partial(self._settle, kind, first, outcome, budget),
                    partial(self._ask_half, kind, second, error, budget),
                ]
            )
            return
        self._note(first, outcome)
        if len(second) > 1:
            await self._split(kind, second, error, budget)
        else:
            await self._ask_half(kind, second, error, budget)

    async def _ask_half(
        self, kind: IdKind, names: Sequence[str], error: JimengError, budget: _Budget
    ) -> None:
        outcome = await self._try_within(budget, kind, names, error)
        await self._settle(kind, names, outcome, budget)

    async def _try_within(
        self, budget: _Budget, kind: IdKind, names: Sequence[str], error: JimengError
    ) -> LookupResults | JimengError:
        """One more request, or the `error` that is known when there is none left."""
        return await self._try(kind, names) if budget.take() else error

    async def _try(self, kind: IdKind, names: Sequence[str]) -> LookupResults | JimengError:
        try:
            return await self._ask(kind, names)
        except JimengError as error:
            return error

    async def _try_later(
        self, kind: IdKind, names: Sequence[str], limited: RateLimited
    ) -> LookupResults | JimengError:
        """Obey the upstream's Retry-After, if it ends before the batch does."""
        pause = limited.retry_after
        if pause is None or self._clock.monotonic() + pause >= self._end:
            return limited
        await self._clock.sleep(pause)
        return await self._try(kind, names)

    def _note(self, names: Sequence[str], found: LookupResults) -> None:
        now = self._clock.now()
        self.found |= {name: LookupOutcome(found.get(name), now) for name in names}
