"""Wrong types given to a look-up."""

from typing import Any, cast

import pytest

from jimeng_core import AsyncJimeng, ErrorCode, Lookup
from tests.core.web.fake_site import FakeSite

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("value", [None, 5, b"x", ("x",)])
async def test_ids_that_are_no_text(jimeng: AsyncJimeng, site: FakeSite, value: object) -> None:
    """An id that is not text has an error in its own look-up; nothing is raised."""
    [found] = await jimeng.get_videos(cast("Any", [value]))
    assert isinstance(found, Lookup)
    assert found.error is not None
    assert found.error.code is ErrorCode.INVALID_TASK_ID
    assert not site.requests


async def test_one_id_without_a_list(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A single id instead of a list is that one id, not its letters."""
    [found] = await jimeng.get_videos("nonsense")
    assert found.id == "nonsense"
    assert not site.requests
