"""What all tests of the command line start from: the web backend, and a site that is not there."""

from collections.abc import Iterator

import pytest
import stamina

from tests.cli.desk import Desk
from tests.core.web.site_double import TOKEN, FakeClock, FakeSite


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no locale of this machine choose the language, nor a terminal the width."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retry as often as the code says, without a pause."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Commands against the site."""
    monkeypatch.setenv("JIMENG_TOKEN", TOKEN)
    clock = FakeClock()
    return Desk(FakeSite(clock), clock)
