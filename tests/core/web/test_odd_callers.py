"""Wrong types given to a look-up."""

from typing import Any, cast

import pytest

from jimeng_core import AsyncJimeng, ErrorCode, Lookup, new_task_id
from tests.core.web.fake_site import FakeSite
from tests.core.web.record_tools import record

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


@pytest.mark.parametrize("text", ["“{}”", "任务ID：{}", "\ufeff{}\r\n", "`{}`,"])
async def test_decorated_ids(jimeng: AsyncJimeng, site: FakeSite, text: str) -> None:
    """What stands around an id does not matter; a look-up has the id as the caller wrote it."""
    task_id = new_task_id()
    site.records[task_id] = record(42)
    written = text.format(task_id.upper())
    assert (await jimeng.get_video(written)).id == written
    found, other = await jimeng.get_videos([written, "nonsense"])
    assert (found.id, found.task and found.task.state) == (written, "processing")
    assert other.error


async def test_ids_in_a_text(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A text instead of a list has a look-up for each id in it."""
    ids = [new_task_id() for _ in range(3)]
    found = await jimeng.get_videos(f"{ids[0]}，{ids[1]}\n- {ids[2]} nonsense")
    assert [lookup.id for lookup in found] == [*ids, "nonsense"]
