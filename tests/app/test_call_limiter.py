import asyncio

import pytest

from jimeng_app import call_limiter
from jimeng_app.call_limiter import AT_ONCE, CallLimiter

pytestmark = pytest.mark.anyio


async def test_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few calls begin at once, the next when one has begun, and too many are refused."""
    monkeypatch.setattr(call_limiter, "MAX_WAITING", 1)
    calls = CallLimiter()
    for _ in range(AT_ONCE):
        assert await calls.wait()
    next_one = asyncio.create_task(calls.wait())
    await asyncio.sleep(0)
    assert not next_one.done()
    assert not await calls.wait()
    calls.begun()
    async with asyncio.timeout(100):
        assert await next_one


async def test_call_that_never_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that never begins keeps the others waiting for a while only."""
    monkeypatch.setattr(call_limiter, "GIVE_UP_SECONDS", 0.01)
    calls = CallLimiter()
    async with asyncio.timeout(100):
        for _ in range(2 * AT_ONCE):
            assert await calls.wait()
    calls.begun()
