"""What the tests of the ark backend start from: a fake Ark, a fake clock, a client over both."""

from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from jimeng_core import AsyncJimeng
from tests.core.ark.ark_double import KEY, FakeArk
from tests.core.web.site_double import FakeClock


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
def ark(clock: FakeClock) -> FakeArk:
    """An Ark that works."""
    return FakeArk(clock)


@pytest.fixture
async def jimeng(ark: FakeArk, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that Ark."""
    async with AsyncJimeng("ark", KEY, transport=ark.transport, clock=clock) as client:
        yield client
