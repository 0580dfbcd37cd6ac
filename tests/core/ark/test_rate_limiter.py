"""A minimum interval between requests, in order, with bounded waits."""

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
    limiter = RateLimiter(clock, 1)
    went: list[tuple[int, float]] = []

    async def go(number: int) -> None:
        await limiter.acquire(60)
        went.append((number, clock.passed))

    await gather([partial(go, number) for number in range(5)])
    assert went == [(number, float(number)) for number in range(5)]


async def test_time_that_passes_counts(clock: FakeClock) -> None:
    """A later request waits only for the rest of the second, or not at all."""
    limiter = RateLimiter(clock, 1)
    await limiter.acquire(0)
    clock.passed += 0.75
    await limiter.acquire(0.25)
    assert clock.sleeps == [0.25]
    clock.passed += 100
    await limiter.acquire(0)
    assert clock.sleeps == [0.25]


async def test_timeout(clock: FakeClock) -> None:
    """A wait that would be too long is refused at once, with its seconds, without waiting."""
    limiter = RateLimiter(clock, 1)
    outcomes: list[object] = []

    async def go() -> None:
        try:
            await limiter.acquire(2)
            outcomes.append(None)
        except RateLimited as error:
            outcomes.append(error)

    await gather([go] * 5)
    refused = [error for error in outcomes if isinstance(error, RateLimited)]
    assert len(refused) == 2
    assert all("3 s" in error.message and "3 秒" in error.message_zh for error in refused)
    assert clock.passed == 2


async def test_a_cancelled_wait(clock: FakeClock) -> None:
    """A wait that is cancelled delays no other."""
    limiter = RateLimiter(clock, 1)
    await limiter.acquire(0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire, 60)
        tasks.start_soon(limiter.acquire, 60)
        tasks.cancel_scope.cancel()
    await limiter.acquire(1)
