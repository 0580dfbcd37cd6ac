"""Look-ups: one id by get, several by list, and the rate of lists."""

from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    Cost,
    Expired,
    FirstLastFrame,
    InvalidRequest,
    JimengError,
    NetworkError,
    NotFound,
    Pending,
    Processing,
    UpstreamUnreadable,
    new_task_id,
)
from jimeng_core.backends.ark import wire
from tests.core.ark.fake_ark import (
    ID,
    KEY,
    START,
    TASKS,
    FakeArk,
    ark_id,
    record,
    refused,
    succeeded,
)
from tests.core.web.fake_site import FakeClock, in_turn

pytestmark = pytest.mark.anyio


def some_ids(ark: FakeArk, number: int) -> list[str]:
    """Ids of running tasks."""
    ids = [ark_id(index, timedelta(hours=1)) for index in range(number)]
    ark.records |= {name: record(id=name) for name in ids}
    return ids


async def test_one_is_got(jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock) -> None:
    """One id is one GET of that task, without a wait."""
    ark.records[ID] = succeeded()
    task = await jimeng.get_video(f" {ID} ")
    assert isinstance(task, Completed)
    [request] = ark.requests
    assert (request.method, str(request.url)) == ("GET", f"{TASKS}/{ID}")
    [found] = await jimeng.get_videos([ID])
    assert isinstance(found.task, Completed)
    assert found.row()["video_url"] == "https://v.example/a.mp4?sign=1"
    assert not ark.list.called
    assert clock.sleeps == []


async def test_many_are_listed(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Many ids are one list with a repeated key; results come in the order of the ids."""
    ids = some_ids(ark, 28)
    unknown = ark_id(99, timedelta(hours=1))
    wanted = [*ids[::-1], unknown, ids[0], "nonsense", new_task_id(), "4713000000000"]
    found = await jimeng.get_videos(wanted)
    [request] = ark.requests
    params = request.url.params
    assert params.get_list("filter.task_ids") == [*ids[::-1], unknown]
    assert (params["page_num"], params["page_size"]) == ("1", "29")
    assert [lookup.id for lookup in found] == wanted
    assert all(isinstance(lookup.task, Processing) for lookup in found[:28])
    codes = [lookup.error.code if lookup.error else None for lookup in found[28:]]
    assert codes == ["not_found", None, *["invalid_task_id"] * 3]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(seconds=-90), Pending),
        (timedelta(seconds=119), Pending),
        (timedelta(seconds=121), NotFound),
        (timedelta(days=7), NotFound),
        (timedelta(days=7, seconds=1), Expired),
    ],
)
async def test_unknown(jimeng: AsyncJimeng, age: timedelta, outcome: type, many: bool) -> None:
    """An id that Ark does not know is pending, not found or expired, by the age in the id."""
    ids = [ark_id(index, age) for index in range(1 + many)]
    for found in await jimeng.get_videos(ids):
        assert isinstance(found.task or found.error, outcome)
        assert found.task is None or found.task.created_at == START - age


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refused(401, "AuthenticationError"), "unauthorized"),
        (refused(429, "AccountRateLimitExceeded"), "rate_limited"),
        (refused(500, "InternalServiceError"), "upstream_error"),
        (refused(404, "InvalidEndpointOrModel.NotFound"), "permission_denied"),
        (httpx.Response(404, text="<html>"), "upstream_error"),
        (httpx.Response(302, headers={"Location": "https://x.example/"}), "upstream_error"),
        (httpx.Response(200, text="<html>"), "upstream_unreadable"),
        (httpx.Response(200, json=[]), "upstream_unreadable"),
        (httpx.Response(200, json={}), "upstream_unreadable"),
        (httpx.ReadTimeout, "network_error"),
        (httpx.ConnectError, "network_error"),
    ],
)
async def test_no_answer(
    jimeng: AsyncJimeng, ark: FakeArk, answer: httpx.Response | type[Exception], code: str
) -> None:
    """A look-up that fails raises its error after one request."""
    ark.get.mock(side_effect=in_turn(answer))
    with pytest.raises(JimengError) as caught:
        await jimeng.get_video(ID)
    assert (caught.value.code, caught.value.task_id) == (code, ID)
    assert ark.get.call_count == 1


async def test_pace(jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock) -> None:
    """Lists of one client are more than a second apart, in one call or in several."""
    ids = some_ids(ark, 302)
    times: list[float] = []

    def reply(request: httpx.Request) -> httpx.Response:
        times.append(clock.passed)
        return ark.list_records(request)

    ark.list.mock(side_effect=reply)
    assert all(lookup.task for lookup in await jimeng.get_videos(ids))
    assert all(lookup.task for lookup in await jimeng.get_videos(ids[:2]))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == pytest.approx([wire.LIST_SECONDS] * 4)
    assert min(gaps) > 1
    assert not ark.get.called


async def test_too_long_a_wait(ark: FakeArk, clock: FakeClock) -> None:
    """Ids whose list would wait longer than a call may take are `rate_limited`."""
    ids = some_ids(ark, 1000)
    async with AsyncJimeng("ark", KEY, timeout=2, transport=ark.transport, clock=clock) as jimeng:
        found = await jimeng.get_videos(ids)
    listed = [lookup for lookup in found if lookup.task]
    late = [lookup for lookup in found if lookup.error]
    assert (len(listed), len(late)) == (400, 600)
    assert ark.list.call_count == 4
    errors = {lookup.row()["error"]["code"] for lookup in late}  # type: ignore[index]
    assert errors == {"rate_limited"}
    assert "one list a second" in str(late[0].error)
    assert late[0].error
    assert late[0].error.retryable


async def test_one_bad_id(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """An id that makes its list fail costs no other id its result."""
    ids = some_ids(ark, 8)

    def refuse_bad(request: httpx.Request) -> httpx.Response:
        bad = ids[3] in str(request.url)
        return refused(400, "InvalidParameter.TaskIds") if bad else ark.list_records(request)

    ark.list.mock(side_effect=refuse_bad)
    ark.get.mock(side_effect=lambda r: refuse_bad(r) if ids[3] in str(r.url) else ark.get_record(r))
    found = await jimeng.get_videos(ids)
    assert [lookup.id for lookup in found if lookup.error] == [ids[3]]


async def test_a_strange_item(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Items with other ids, or that are not records, are ignored."""
    ids = some_ids(ark, 2)
    items = [None, {}, record(id="cgt-20260901200000-other"), {"id": ids[0]}, record(id=ids[1])]
    ark.list.mock(return_value=httpx.Response(200, json={"total": 5, "items": items}))
    first, second = await jimeng.get_videos(ids)
    assert isinstance(first.error, UpstreamUnreadable)
    assert isinstance(second.task, Processing)


async def test_waiting(jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock) -> None:
    """Waiting polls after 2 s, then later, up to every 10 s; the request stays known."""
    answers = [httpx.Response(200, json=record("running"))] * 6
    ark.get.mock(side_effect=in_turn(*answers, httpx.Response(200, json=succeeded())))
    request = FirstLastFrame(prompt="海")
    task = await jimeng.generate_video(request, timeout=600)
    assert isinstance(task, Completed)
    assert (task.mode, task.request) == (request.mode, request)
    assert clock.sleeps == [2, 3, 4.5, 6.75, 10, 10, 10]


async def test_network(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A list that fails is tried once more."""
    ids = some_ids(ark, 30)
    ark.list.mock(side_effect=httpx.ReadError("down"))
    found = await jimeng.get_videos(ids)
    assert ark.list.call_count == 2
    assert all(isinstance(lookup.error, NetworkError) for lookup in found)


@pytest.mark.parametrize(
    ("status", "left"),
    [("queued", "cancelled"), ("succeeded", None), ("failed", None), ("expired", None)],
)
async def test_delete(jimeng: AsyncJimeng, ark: FakeArk, status: str, left: str | None) -> None:
    """The status is read first: a queued task is cancelled, a finished one is erased."""
    ark.records[ID] = record(status)
    await jimeng.delete_video(ID)
    assert [request.method for request in ark.requests] == ["GET", "DELETE"]
    assert ark.records.get(ID, {}).get("status") == left


@pytest.mark.parametrize("status", ["running", "cancelled", "upscaling"])
async def test_not_deletable(jimeng: AsyncJimeng, ark: FakeArk, status: str) -> None:
    """A running or cancelled task is not deleted, and the error names its status."""
    ark.records[ID] = record(status)
    with pytest.raises(InvalidRequest, match=status):
        await jimeng.delete_video(ID)
    assert not ark.delete.called


async def test_delete_what_is_not_there(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """An unknown id is not found, before and after its status was read."""
    with pytest.raises(NotFound):
        await jimeng.delete_video(ID)
    ark.get.mock(return_value=httpx.Response(200, json=record("queued")))
    with pytest.raises(NotFound):
        await jimeng.delete_video(ID)
    ark.delete.mock(return_value=refused(400, "OperationDenied"))
    with pytest.raises(JimengError):
        await jimeng.delete_video(ID)


async def test_credits(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Ark has no balance: the error says where to see it."""
    with pytest.raises(InvalidRequest, match="console"):
        await jimeng.credits()
    assert ark.requests == []


async def test_cost(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task cost what its record says; a running task has no cost, nor has an unknown one."""
    ark.records[ID] = succeeded()
    assert await jimeng.cost(ID) == Cost(38830, "tokens")
    ark.records[ID] = record("running")
    assert await jimeng.cost(ID) is None
    ark.records.clear()
    assert await jimeng.cost(ID) is None
    ark.records[ID] = record() | {"status": None}
    with pytest.raises(UpstreamUnreadable):
        await jimeng.cost(ID)
