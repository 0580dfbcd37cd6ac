"""What all tests of the library start from: time that they move, and retries without pauses."""

from collections.abc import Iterator

import pytest
import stamina

from tests.core.web.fake_site import FakeClock


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retry as often as the code says, without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def clock() -> FakeClock:
    """Time that the test moves."""
    return FakeClock()
