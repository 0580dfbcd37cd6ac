"""A fake Ark, and a client of it."""

from collections.abc import AsyncIterator

import pytest

from jimeng_core import AsyncJimeng
from tests.core.ark.fake_ark import KEY, FakeArk
from tests.core.web.fake_site import FakeClock


@pytest.fixture
def ark(clock: FakeClock) -> FakeArk:
    """An Ark that works."""
    return FakeArk(clock)


@pytest.fixture
async def jimeng(ark: FakeArk, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that Ark."""
    async with AsyncJimeng("ark", KEY, transport=ark.transport, clock=clock) as client:
        yield client
