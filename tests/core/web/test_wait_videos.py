"""`wait_videos`: many tasks, one loop."""

import httpx
import pytest

from jimeng_core import AsyncJimeng, Lookup, NotFound, new_task_id
from jimeng_core.polling import MAX_INTERVAL, MIN_INTERVAL, next_interval
from tests.core.web.fake_site import FakeClock, FakeSite, envelope, in_turn
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio
DONE = finished(item({"origin": origin()}))


def running(interval: float | None = None) -> dict[str, object]:
    """A record of a running task, with the interval that the site suggests."""
    config = {} if interval is None else {"polling_config": {"interval_seconds": interval}}
    return {"status": 42, "queue_info": config}


def submitted(site: FakeSite, clock: FakeClock, *records: object) -> list[str]:
    """Ids of tasks that were submitted an hour ago, with these records."""
    ids = [new_task_id(clock.now()) for _ in records]
    clock.passed += 3600
    site.records |= dict(zip(ids, records, strict=True))
    return ids


async def test_one_request_a_round(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Each round is one request for all unfinished ids; results keep the order, doubles too."""
    first, second, third = submitted(site, clock, DONE, running(), running())

    def reply(request: httpx.Request) -> httpx.Response:
        response = site.find(request)
        site.records[second] = DONE
        if site.look_up.call_count == 1:
            site.records[third] = DONE
        return response

    site.look_up.mock(side_effect=reply)
    seen: list[Lookup] = []
    lookups = await jimeng.wait_videos(
        [third, first, second, first], timeout=600, on_update=seen.append
    )
    assert [lookup.id for lookup in lookups] == [third, first, second, first]
    assert all(lookup.ended for lookup in lookups)
    assert [sorted(ids) for ids in site.looked_up()] == [
        sorted([first, second, third]),
        sorted([second, third]),
        *[[third]] * (len(site.looked_up()) - 2),
    ]
    assert len(seen) == sum(map(len, site.looked_up()))


async def test_shortest_interval_counts(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """Of the intervals that the site suggests, the shortest one paces the rounds."""
    ids = submitted(site, clock, running(9), running(4))
    before = len(clock.sleeps)
    lookups = await jimeng.wait_videos(ids, timeout=13)
    assert clock.sleeps[before:] == [2, 3, 4, 4]
    assert all(lookup.unfinished for lookup in lookups)


@pytest.mark.parametrize("timeout", [0, -1])
async def test_no_time(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, timeout: float
) -> None:
    """Without any time left, every id is still looked up once."""
    ids = submitted(site, clock, running(), DONE)
    lookups = await jimeng.wait_videos(ids, timeout=timeout)
    assert [bool(lookup.ended) for lookup in lookups] == [False, True]
    assert site.look_up.call_count == 1


async def test_errors_stand_at_their_ids(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """An id that cannot be looked up has its error; nothing is raised, and the others are found."""
    [done] = submitted(site, clock, DONE)
    lookups = await jimeng.wait_videos(["nonsense", done, "4713000000000"], timeout=60)
    assert [lookup.error.code if lookup.error else None for lookup in lookups] == [
        "invalid_task_id",
        None,
        "not_found",
    ]


async def test_task_that_is_missing_for_a_while(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """A task that was seen running is looked up again when the site does not find it."""
    [task_id] = submitted(site, clock, running())
    records = [{task_id: running()}, {}, {task_id: DONE}]
    site.look_up.mock(side_effect=in_turn(*map(envelope, records)))
    [lookup] = await jimeng.wait_videos([task_id], timeout=600)
    assert lookup.ended
    site.look_up.mock(side_effect=in_turn(*map(envelope, records[1:])))
    [lookup] = await jimeng.wait_videos([task_id], timeout=600)
    assert isinstance(lookup.error, NotFound)


async def test_async_callback(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """`on_update` may be async."""
    ids = submitted(site, clock, DONE, DONE)
    seen: list[str] = []

    async def on_update(lookup: Lookup) -> None:
        seen.append(lookup.id)

    await jimeng.wait_videos(ids, timeout=60, on_update=on_update)
    assert sorted(seen) == sorted(ids)


@pytest.mark.parametrize(
    ("suggested", "expected"),
    [([], None), ([None], 5), ([30, 12], 12), ([0.1], MIN_INTERVAL), ([9000], MAX_INTERVAL)],
)
async def test_next_interval(
    jimeng: AsyncJimeng,
    site: FakeSite,
    clock: FakeClock,
    suggested: list[float | None],
    expected: float | None,
) -> None:
    """The shortest suggested interval within the limits; None when every task has ended."""
    ids = submitted(site, clock, DONE, *map(running, suggested))
    assert next_interval(await jimeng.get_many(ids), default=5) == expected
