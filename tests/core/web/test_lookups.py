from datetime import timedelta

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Expired,
    Failed,
    InvalidTaskId,
    JimengError,
    NetworkError,
    NotFound,
    Pending,
    RateLimited,
    RiskControl,
    Unauthorized,
    UpstreamError,
    UpstreamUnreadable,
    new_task_id,
)
from tests.core.web.fake_site import Answer, FakeClock, FakeSite, envelope, in_turn, sent_json
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio
PROMPT_FAULTS: dict[str, tuple[Answer, type[JimengError]]] = {
    "refused connection": (httpx.ConnectError("c"), NetworkError),
    "slow connection": (httpx.ConnectTimeout("c"), NetworkError),
    "reset": (httpx.ReadError("r"), NetworkError),
    "hung up": (httpx.RemoteProtocolError("r"), NetworkError),
    "time-out": (httpx.ReadTimeout("t"), NetworkError),
    "500": (httpx.Response(500), UpstreamError),
    "502": (httpx.Response(502, text="<html>"), UpstreamError),
    "redirect": (httpx.Response(302, headers={"location": "https://e.example"}), UpstreamError),
    "404": (httpx.Response(404), UpstreamError),
    "429": (httpx.Response(429), RateLimited),
    "html": (httpx.Response(200, text="<html>"), UpstreamUnreadable),
    "half": (httpx.Response(200, text='{"ret":"0","data":{'), UpstreamUnreadable),
    "data is a list": (envelope([]), UpstreamUnreadable),
    "session": (envelope(None, "1015"), Unauthorized),
    "risk control": (envelope(None, "1019"), RiskControl),
    "busy": (envelope(None, "1057"), RateLimited),
    "unknown": (envelope(None, "987654"), UpstreamError),
}
faults = pytest.mark.parametrize(("answer", "error"), PROMPT_FAULTS.values(), ids=PROMPT_FAULTS)


def ids_of_age(clock: FakeClock, number: int, age: timedelta) -> list[str]:
    """A number of ids of this age."""
    return [new_task_id(clock.now() - age) for _ in range(number)]


@pytest.fixture
def task_id(clock: FakeClock) -> str:
    """An id that was made an hour ago."""
    return ids_of_age(clock, 1, timedelta(hours=1))[0]


@faults
async def test_one_request_for_every_fault(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, answer: Answer, error: type[JimengError]
) -> None:
    """`get_video` sends one request and raises its error, without a retry or a failed task."""
    site.look_up.mock(side_effect=in_turn(answer))
    with pytest.raises(error) as caught:
        await jimeng.get_video(task_id)
    assert type(caught.value) is error
    assert caught.value.task_id == task_id
    assert len(site.requests) == 1


@pytest.mark.parametrize("status", [0, 20, 42, 50, 30])
async def test_one_request_for_every_state(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, task_id: str, status: int
) -> None:
    """`get_video` sends one request in any state of the task, and does not wait."""
    site.records[task_id] = finished(item({"origin": origin()}), status=status)
    task = await jimeng.get_video(task_id)
    assert task.id == task_id
    assert len(site.requests) == 1
    assert clock.sleeps == []
    assert sent_json(site.requests[0]) == {"submit_ids": [task_id]}


async def test_the_sites_own_id(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A number is the site's history id, and is looked up as such."""
    site.records["4713000000000"] = {"status": 42}
    assert (await jimeng.get_video("4713000000000")).id == "4713000000000"
    assert sent_json(site.requests[0]) == {"history_ids": ["4713000000000"]}


async def test_the_spelling_of_an_id(jimeng: AsyncJimeng, site: FakeSite, task_id: str) -> None:
    """The site gets small letters without spaces; the caller's spelling comes back."""
    site.records[task_id] = {"status": 42}
    spelled = f" {task_id.upper()}\n"
    assert (await jimeng.get_video(spelled)).id == spelled
    assert site.looked_up() == [[task_id]]


@pytest.mark.parametrize("bad", ["", "nonsense", "../../etc", "cgt-20260901120000-abcde", "7" * 21])
async def test_no_request_for_no_id(jimeng: AsyncJimeng, site: FakeSite, bad: str) -> None:
    """What is not an id of the site costs no request, in both calls."""
    with pytest.raises(InvalidTaskId):
        await jimeng.get_video(bad)
    [found] = await jimeng.get_videos([bad])
    assert found.id == bad
    assert isinstance(found.error, InvalidTaskId)
    assert found.task is None
    assert site.requests == []


AGES = [
    (timedelta(0), Pending),
    (timedelta(minutes=2) - timedelta(seconds=1), Pending),
    (timedelta(minutes=2), NotFound),
    (timedelta(days=60), NotFound),
    (timedelta(days=60, seconds=1), Expired),
    (timedelta(minutes=-1), Pending),
    (timedelta(minutes=-2), NotFound),
]


@pytest.mark.parametrize(("age", "expected"), AGES)
async def test_an_id_that_the_site_does_not_know(
    jimeng: AsyncJimeng, clock: FakeClock, age: timedelta, expected: type[Pending | JimengError]
) -> None:
    """By its age: under two minutes pending, over sixty days expired, else not found."""
    [task_id] = ids_of_age(clock, 1, age)
    [found] = await jimeng.get_videos([task_id])
    outcome = found.task or found.error
    assert type(outcome) is expected
    if isinstance(outcome, JimengError):
        with pytest.raises(expected) as caught:  # type: ignore[type-var]
            await jimeng.get_video(task_id)
        assert "account" in str(caught.value)
    else:
        assert await jimeng.get_video(task_id) == outcome
        assert outcome.created_at is not None


@pytest.mark.parametrize("ageless", ["4713000000000", "5f2c9a30-8e1d-4b7a-9c55-0d1e2f3a4b5c"])
async def test_an_unknown_id_without_age(jimeng: AsyncJimeng, ageless: str) -> None:
    """An id of unknown age is not found if the site does not know it."""
    with pytest.raises(NotFound):
        await jimeng.get_video(ageless)


async def test_a_null_record_is_none(jimeng: AsyncJimeng, site: FakeSite, task_id: str) -> None:
    """A record or data that is null means that the site does not know the id."""
    site.records[task_id] = None
    with pytest.raises(NotFound):
        await jimeng.get_video(task_id)
    site.look_up.mock(return_value=envelope(None))
    with pytest.raises(NotFound):
        await jimeng.get_video(task_id)


async def test_order_and_duplicates(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """One look-up for each id, in order; a duplicate is sent once and returned twice."""
    first, second, absent = ids_of_age(clock, 3, timedelta(hours=1))
    site.records |= {first: {"status": 20}, second: {"status": 42}, "4713": {"status": 30}}
    wanted = [second, "nonsense", first, "4713", second, absent, first.upper(), "nonsense"]
    found = await jimeng.get_videos(wanted)
    assert [lookup.id for lookup in found] == wanted
    assert [lookup.task.id if lookup.task else None for lookup in found] == [
        *(second, None, first, "4713", second, None, first.upper(), None)
    ]
    states = [lookup.task.state if lookup.task else lookup.error.code for lookup in found]  # type: ignore[union-attr]
    assert states == [
        *("processing", "invalid_task_id", "pending", "failed", "processing"),
        *("not_found", "pending", "invalid_task_id"),
    ]
    assert [sent_json(request) for request in site.requests] == [
        {"submit_ids": [second, first, absent], "history_ids": ["4713"], "need_batch": True}
    ]
    assert {lookup.checked_at for lookup in found} == {clock.now()}


async def test_no_ids(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """No ids, no request; any iterable of ids is accepted."""
    assert await jimeng.get_videos([]) == []
    assert await jimeng.get_videos(iter(())) == []
    assert site.requests == []


async def test_one_bad_record_among_good(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """An unreadable record is an error of its own id only."""
    ids = ids_of_age(clock, 5, timedelta(hours=1))
    site.records |= {task_id: {"status": 42} for task_id in ids}
    site.records |= {ids[1]: "poison", ids[3]: {"status": 100}}
    found = await jimeng.get_videos(ids)
    errors = [type(lookup.error) for lookup in found]
    none = type(None)
    assert errors == [none, UpstreamUnreadable, none, Expired, none]
    assert [lookup.error.task_id for lookup in found if lookup.error] == [ids[1], ids[3]]
    assert site.look_up.call_count == 1


async def test_a_dead_session_is_everywhere(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """1015 is in every look-up that it concerns, each with its own id; no task is failed."""
    ids = ids_of_age(clock, 150, timedelta(hours=1))
    site.look_up.mock(side_effect=lambda _: envelope(None, "1015"))
    found = await jimeng.get_videos(["nonsense", *ids])
    assert isinstance(found[0].error, InvalidTaskId)
    for task_id, lookup in zip(ids, found[1:], strict=True):
        assert lookup.id == task_id
        assert isinstance(lookup.error, Unauthorized)
        assert lookup.error.task_id == task_id
        assert lookup.task is None
    assert site.look_up.call_count == 2


@faults
async def test_many_never_raises(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, answer: Answer, error: type[JimengError]
) -> None:
    """A fault is in the look-up; a temporary one is tried again, a refusal is not."""
    site.look_up.mock(side_effect=in_turn(answer))
    [found] = await jimeng.get_videos([task_id])
    assert type(found.error) is error
    assert found.task is None
    assert found.error.task_id == task_id
    row = found.row()
    assert row["state"] is None
    assert row["error"] is not None
    again = error in (NetworkError, UpstreamError, UpstreamUnreadable)
    assert site.look_up.call_count == (2 if again else 1)


async def test_a_failed_task_is_no_failed_look_up(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str
) -> None:
    """A failed task is a look-up that succeeded: it is returned, not raised."""
    site.records[task_id] = {"status": 30, "fail_code": "2038"}
    task = await jimeng.get_video(task_id)
    assert isinstance(task, Failed)
    [found] = await jimeng.get_videos([task_id])
    assert found.error is None
    assert found.task == task
