"""A minimum interval between requests, in order, with bounded waits."""

from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import AsyncJimeng, RateLimited
from jimeng_core.backends.ark import wire
from jimeng_core.backends.ark.rate_limiter import RateLimiter
from jimeng_core.backends.http import OTHER_REQUESTS
from jimeng_core.concurrency import gather
from tests.core.ark.fake_ark import KEY, ark_id, record
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import FakeClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run these tests on a loop whose time jumps."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def take_turn(limiter: RateLimiter, timeout: float) -> None:
    """Send a request as soon as it may leave."""
    async with limiter.turn(timeout) as leave:
        leave()


async def test_a_second_apart(clock: FakeClock) -> None:
    """The first goes at once, each other one a second after the one before, in order."""
    limiter = RateLimiter(clock, 1)
    went: list[tuple[int, float]] = []

    async def go(number: int) -> None:
        await take_turn(limiter, 60)
        went.append((number, clock.passed))

    await gather([partial(go, number) for number in range(5)])
    assert went == [(number, float(number)) for number in range(5)]


async def test_time_that_passes_counts(clock: FakeClock) -> None:
    """A later request waits only for the rest of the second, or not at all."""
    limiter = RateLimiter(clock, 1)
    await take_turn(limiter, 0)
    clock.passed += 0.75
    await take_turn(limiter, 0.25)
    assert clock.sleeps == [0.25]
    clock.passed += 100
    await take_turn(limiter, 0)
    assert clock.sleeps == [0.25]


async def test_timeout(clock: FakeClock) -> None:
    """A wait that would be too long is refused at once, with its seconds, without waiting."""
    limiter = RateLimiter(clock, 1)
    outcomes: list[object] = []

    async def go() -> None:
        try:
            await take_turn(limiter, 2)
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
    await take_turn(limiter, 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_turn, limiter, 60)
        tasks.start_soon(take_turn, limiter, 60)
        tasks.cancel_scope.cancel()
    await take_turn(limiter, 1)


async def test_request_that_leaves_late(clock: FakeClock) -> None:
    """The time to the next request begins when one leaves, and not at all if it never does."""
    limiter = RateLimiter(clock, 1)
    async with limiter.turn(0) as leave:
        clock.passed += 5
        leave()
    async with limiter.turn(1):
        assert clock.passed == 6
    await take_turn(limiter, 0)


async def test_lists_behind_busy_slots() -> None:
    """Lists that wait for a free slot leave a second apart when slots become free."""
    arrivals: list[float] = []
    ids = [ark_id(number, timedelta(hours=1)) for number in range(OTHER_REQUESTS)]

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/tasks"):
            arrivals.append(anyio.current_time())
            return httpx.Response(200, json={"total": 0, "items": []})
        await anyio.sleep(20)
        return httpx.Response(200, json=record(id=request.url.path.rpartition("/")[2]))

    async with (
        AsyncJimeng(
            "ark", KEY, transport=httpx.MockTransport(answer), clock=VirtualClock()
        ) as jimeng,
        anyio.create_task_group() as tasks,
    ):
        for task_id in ids:
            tasks.start_soon(jimeng.get_video, task_id)
        await anyio.wait_all_tasks_blocked()
        for start in range(0, 8, 2):
            tasks.start_soon(jimeng.get_videos, ids[start : start + 2])
    assert arrivals == pytest.approx([20 + n * wire.LIST_SECONDS for n in range(4)])
