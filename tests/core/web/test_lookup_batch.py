"""Look-ups that fail: the search for a bad id, and when a request is repeated."""

import math
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from jimeng_core import AsyncJimeng, ErrorCode, new_task_id
from jimeng_core.lookup_batch import BAD_IDS
from tests.core.web.fake_site import FakeClock, FakeSite, envelope, in_turn, sent_json

pytestmark = pytest.mark.anyio

BAD_ANSWERS = [
    httpx.Response(500),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, text='{"ret": "0", "data": {'),
    envelope(ret="1000"),
    envelope(ret="31337"),
]


def some_ids(site: FakeSite, clock: FakeClock, number: int) -> list[str]:
    """Ids of running tasks."""
    ids = [new_task_id(clock.now() - timedelta(hours=1)) for _ in range(number)]
    site.records |= {task_id: {"status": 42} for task_id in ids}
    return ids


def failing_for(
    site: FakeSite, bad: set[str], answer: httpx.Response
) -> Callable[[httpx.Request], httpx.Response]:
    """A reply that is this response if one of the bad ids is in the request."""

    def reply(request: httpx.Request) -> httpx.Response:
        wanted = set(sent_json(request)["submit_ids"])
        return answer if wanted & bad else site.find(request)

    return reply


@pytest.mark.parametrize("answer", BAD_ANSWERS, ids=lambda answer: answer.text[:12] or "500")
@pytest.mark.parametrize("number", [2, 10, 30, 100])
async def test_one_bad_id_costs_only_itself(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, number: int, answer: httpx.Response
) -> None:
    """All others are found, for at most 2·log2(n) + 2 further requests."""
    ids = some_ids(site, clock, number)
    bad = ids[number // 3]
    site.look_up.mock(side_effect=failing_for(site, {bad}, answer))
    found = await jimeng.get_videos(ids)
    assert [lookup.id for lookup in found if lookup.error] == [bad]
    assert all(lookup.task is None for lookup in found if lookup.error)
    assert site.look_up.call_count - 1 <= 2 * math.log2(number) + 2


async def test_two_bad_ids(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Two bad ids among a hundred are found, too."""
    ids = some_ids(site, clock, 100)
    bad = {ids[3], ids[96]}
    site.look_up.mock(side_effect=failing_for(site, bad, httpx.Response(502)))
    found = await jimeng.get_videos(ids)
    assert {lookup.id for lookup in found if lookup.error} == bad


async def test_a_failing_upstream(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """If everything fails, the search for a bad id ends, and every id has the error."""
    ids = some_ids(site, clock, 100)
    site.look_up.mock(return_value=httpx.Response(500))
    found = await jimeng.get_videos(ids)
    assert {lookup.error.code for lookup in found if lookup.error} == {ErrorCode.UPSTREAM_ERROR}
    assert len(found) == 100
    assert site.look_up.call_count <= 2 + BAD_IDS * 2 * math.ceil(math.log2(100))


@pytest.mark.parametrize("ret", ["1015", "1019", "3018", "1057", "121101"])
async def test_the_account_is_not_split(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, ret: str
) -> None:
    """After a refusal of the account every id has the error, with one request."""
    ids = some_ids(site, clock, 30)
    site.look_up.mock(return_value=envelope(ret=ret))
    found = await jimeng.get_videos(ids)
    assert site.look_up.call_count == 1
    assert all(lookup.error and lookup.error.upstream_code == ret for lookup in found)


async def test_the_network_is_not_split(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """A network that is down is tried once more."""
    ids = some_ids(site, clock, 30)
    site.look_up.mock(side_effect=httpx.ReadError("down"))
    found = await jimeng.get_videos(ids)
    assert site.look_up.call_count == 2
    assert all(lookup.error and lookup.error.code == "network_error" for lookup in found)


@pytest.mark.parametrize("header", ["3", "0.5"])
async def test_retry_after(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, header: str
) -> None:
    """After a 429 the same request is sent again after its `Retry-After`."""
    ids = some_ids(site, clock, 3)
    limited = httpx.Response(429, headers={"Retry-After": header})
    site.look_up.mock(side_effect=in_turn(limited, site.find))
    start = clock.monotonic()
    found = await jimeng.get_videos(ids)
    assert all(lookup.task for lookup in found)
    assert clock.monotonic() - start == float(header)


@pytest.mark.parametrize("header", ["90", "-1e999", "Fri, 31 Dec 1999 23:59:59 GMT", ""])
async def test_too_long_a_pause(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, header: str
) -> None:
    """A pause past the end of the call, or an unreadable one, is an error instead of a wait."""
    ids = some_ids(site, clock, 3)
    limited = httpx.Response(429, headers={"Retry-After": header})
    site.look_up.mock(side_effect=in_turn(limited, site.find))
    found = await jimeng.get_videos(ids)
    assert site.look_up.call_count == 1
    assert all(lookup.error and lookup.error.code == "rate_limited" for lookup in found)
