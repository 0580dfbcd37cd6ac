"""A demo client for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jimeng_core import AsyncJimeng
from tests.core.demo_tools import client, draw_in_no_time


@pytest.fixture
async def jimeng(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncJimeng]:
    """A demo client with the quick renderer."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as opened:
        yield opened
