"""A fake site, and a client of it."""

from collections.abc import AsyncIterator

import pytest

from jimeng_core import AsyncJimeng
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite


@pytest.fixture
def site(clock: FakeClock) -> FakeSite:
    """A site that works."""
    return FakeSite(clock)


@pytest.fixture
async def jimeng(site: FakeSite, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that site."""
    async with AsyncJimeng("web", TOKEN, transport=site.transport, clock=clock) as client:
        yield client
