"""Turns: so many seconds between two, in order, and no longer a line than patience."""

from functools import partial

import anyio
import pytest

from jimeng_core import RateLimited
from jimeng_core.backends.ark.rate_limiter import RateLimiter
from jimeng_core.concurrency import gather
from tests.core.web.fake_site import FakeClock

pytestmark = pytest.mark.anyio


async def test_a_second_apart(clock: FakeClock) -> None:
    """The first goes at once, each other one a second after the one before, in order."""
    turns = RateLimiter(clock, 1)
    went: list[tuple[int, float]] = []

    async def go(number: int) -> None:
        await turns.acquire(60)
        went.append((number, clock.passed))

    await gather([partial(go, number) for number in range(5)])
    assert went == [(number, float(number)) for number in range(5)]


async def test_time_that_passes_counts(clock: FakeClock) -> None:
    """Who comes a while after the last one waits only for the rest, or not at all."""
    turns = RateLimiter(clock, 1)
    await turns.acquire(0)
    clock.passed += 0.75
    await turns.acquire(0.25)
    assert clock.sleeps == [0.25]
    clock.passed += 100
    await turns.acquire(0)
    assert clock.sleeps == [0.25]


async def test_patience(clock: FakeClock) -> None:
    """Whose turn would come too late is told so at once, with the seconds, and nobody waits."""
    turns = RateLimiter(clock, 1)
    outcomes: list[object] = []

    async def go() -> None:
        try:
            await turns.acquire(2)
            outcomes.append(None)
        except RateLimited as error:
            outcomes.append(error)

    await gather([go] * 5)
    refused = [error for error in outcomes if isinstance(error, RateLimited)]
    assert len(refused) == 2
    assert all("3 s" in error.message and "3 秒" in error.message_zh for error in refused)
    assert clock.passed == 2


async def test_who_gives_up_takes_no_turn(clock: FakeClock) -> None:
    """A turn that nobody is there to take is the next one's."""
    turns = RateLimiter(clock, 1)
    await turns.acquire(0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turns.acquire, 60)
        tasks.start_soon(turns.acquire, 60)
        tasks.cancel_scope.cancel()
    assert turns.wait() <= 1
