"""What the tests of the web backend start from: a fake site, a fake clock, a client over both."""

from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from jimeng_core import AsyncJimeng
from tests.core.web.site_double import TOKEN, FakeClock, FakeSite


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retry as often as the code says, without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def clock() -> FakeClock:
    """Time that the test moves."""
    return FakeClock()


@pytest.fixture
def site(clock: FakeClock) -> FakeSite:
    """A site that works."""
    return FakeSite(clock)


@pytest.fixture
async def jimeng(site: FakeSite, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that site."""
    async with AsyncJimeng("web", TOKEN, transport=site.transport, clock=clock) as client:
        yield client
