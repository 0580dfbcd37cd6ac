"""Many ids at once: few requests, concurrently."""

import itertools
from datetime import timedelta

import anyio
import httpx
import pytest

from jimeng_core import AsyncJimeng, Completed, new_task_id
from tests.core.web.fake_site import FakeClock, FakeSite, sent_json
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio


def old_ids(clock: FakeClock, number: int) -> list[str]:
    """A number of ids that were made an hour ago."""
    return [new_task_id(clock.now() - timedelta(hours=1)) for _ in range(number)]


class Barrier:
    """Holds requests back until a number of them is open, and counts the open ones."""

    def __init__(self, site: FakeSite, number: int) -> None:
        self._site, self._number = site, number
        self._all_here = anyio.Event()
        self._now = self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Respond when all are here."""
        self._now += 1
        self.most = max(self.most, self._now)
        if self._now == self._number:
            self._all_here.set()
        await self._all_here.wait()
        self._now -= 1
        return self._site.find(request)


@pytest.mark.parametrize(
    ("number", "requests", "at_once"), [(100, 1, 1), (101, 2, 2), (250, 3, 3), (2000, 20, 10)]
)
async def test_chunks_are_concurrent(
    jimeng: AsyncJimeng,
    site: FakeSite,
    clock: FakeClock,
    number: int,
    requests: int,
    at_once: int,
) -> None:
    """At most 100 ids a request, and at most 10 requests at a time."""
    ids = old_ids(clock, number)
    site.records |= {task_id: {"status": 42} for task_id in ids}
    barrier = Barrier(site, at_once)
    site.look_up.mock(side_effect=barrier)
    with anyio.fail_after(100):
        found = await jimeng.get_videos(ids)
    assert [lookup.task.id for lookup in found if lookup.task] == ids
    chunks = site.looked_up()
    assert len(chunks) == requests
    assert max(map(len, chunks)) <= 100
    assert sorted(itertools.chain(*chunks)) == sorted(ids)
    assert barrier.most == at_once


async def test_ten_at_a_time_for_all_calls(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """Two calls of one client share the limit of ten."""
    barrier = Barrier(site, 10)
    site.look_up.mock(side_effect=barrier)
    with anyio.fail_after(100):
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(jimeng.get_videos, old_ids(clock, 1000))
    assert site.look_up.call_count == 20
    assert barrier.most == 10


async def test_only_the_broken_chunk_is_tried_again(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """A chunk that fails once is tried once more; the result is complete."""
    ids = old_ids(clock, 250)
    site.records |= {task_id: finished(item({"origin": origin()})) for task_id in ids}
    broken = set(ids[100:200])

    def reply(request: httpx.Request) -> httpx.Response:
        if broken & set(sent_json(request)["submit_ids"]):
            broken.clear()
            raise httpx.ReadTimeout("t")
        return site.find(request)

    site.look_up.mock(side_effect=reply)
    found = await jimeng.get_videos(ids)
    assert all(isinstance(lookup.task, Completed) for lookup in found)
    assert site.look_up.call_count == 4
