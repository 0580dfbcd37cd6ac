import uuid

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    DailyLimit,
    FirstLastFrame,
    InvalidRequest,
    JimengError,
    NetworkError,
    Pending,
    PermissionDenied,
    RateLimited,
    RiskControl,
    SubmitUnconfirmed,
    Unauthorized,
    UpstreamError,
)
from jimeng_core.ids import minted_at
from tests.core.web.fake_site import Answer, FakeClock, FakeSite, envelope, in_turn, sent_json
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")
SETTLE = [0, 1, 2, 4, 8]


async def test_pending_at_once(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """A submission returns a pending task at once, under the UUIDv7 that the site was sent."""
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Pending)
    assert (task.state, task.progress) == ("pending", 0)
    assert uuid.UUID(task.id).version == 7
    assert minted_at(task.id) == task.created_at == clock.now()
    assert task.id == sent_json(site.generate.calls.last.request)["submit_id"]
    assert (task.mode, task.request) == (REQUEST.mode, REQUEST)
    assert clock.sleeps == []
    assert len(site.requests) == 1


async def test_the_id_is_ours(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Whatever ids the response has, the task has the one that we made."""
    site.generate.mock(return_value=envelope({"aigc_data": {"submit_id": "x", "task": None}}))
    task = await jimeng.submit_video(REQUEST)
    assert task.id == sent_json(site.generate.calls.last.request)["submit_id"]


async def test_an_invalid_request_is_not_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A request that breaks a rule raises before anything is sent, and names every rule."""
    bad = FirstLastFrame(prompt="", duration=99, first_frame=b"no picture")
    with pytest.raises(InvalidRequest) as caught:
        await jimeng.submit_video(bad)
    assert {problem.field for problem in caught.value.problems} == {
        "prompt",
        "duration",
        "first_frame",
    }
    assert site.requests == []


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_not_connected(jimeng: AsyncJimeng, site: FakeSite, error: type[Exception]) -> None:
    """A connection is tried three times, and then it is a network error."""
    site.generate.mock(side_effect=in_turn(error))
    with pytest.raises(NetworkError) as caught:
        await jimeng.submit_video(REQUEST)
    assert caught.value.retryable
    assert site.generate.call_count == 3
    assert not site.look_up.called


async def test_connected_at_last(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A connection that is made at the second attempt submits one task."""
    sent = in_turn(httpx.ConnectError, httpx.Response(200))

    def reply(request: httpx.Request) -> httpx.Response:
        sent(request)
        return site.accept(request)

    site.generate.mock(side_effect=reply)
    task = await jimeng.submit_video(REQUEST)
    assert list(site.records) == [task.id]
    assert site.generate.call_count == 2


LOST: dict[str, Answer] = {
    "500": httpx.Response(500, json={"ret": "1015"}),
    "502": httpx.Response(502, text="<html>bad gateway</html>"),
    "504": httpx.Response(504),
    "599": httpx.Response(599),
    "redirect": httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    "reset": httpx.ReadError("reset"),
    "broken pipe": httpx.WriteError("broken"),
    "hung up": httpx.RemoteProtocolError("no answer"),
    "time-out": httpx.ReadTimeout("too slow"),
    "slow sending": httpx.WriteTimeout("too slow"),
    "html": httpx.Response(200, text="<html>one moment</html>"),
    "nothing": httpx.Response(200),
    "no content": httpx.Response(204),
    "half": httpx.Response(200, text='{"ret":"0","data":{"aigc_data":{"submit_'),
    "no envelope": httpx.Response(200, json=["ok"]),
    "no ret": httpx.Response(200, json={"data": {}}),
    "badly packed": httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")
    ),
}
lost_answers = pytest.mark.parametrize("answer", LOST.values(), ids=LOST)


@lost_answers
async def test_a_lost_response_is_looked_up(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, answer: Answer
) -> None:
    """If the response is lost and the task is there, it is returned, and was sent once."""
    site.generate.mock(side_effect=site.accept_and_lose(answer))
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Pending)
    assert (task.mode, task.request) == (REQUEST.mode, REQUEST)
    assert [task.id] == list(site.records) == site.looked_up()[0]
    assert site.generate.call_count == site.look_up.call_count == 1
    assert clock.sleeps == [0]


@lost_answers
async def test_a_lost_response_without_a_task(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, answer: Answer
) -> None:
    """If five look-ups find nothing, the error has the id, and nothing was sent again."""
    site.generate.mock(side_effect=in_turn(answer))
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_video(REQUEST)
    sent = sent_json(site.generate.calls.last.request)["submit_id"]
    assert caught.value.task_id == sent
    assert not caught.value.retryable
    assert site.generate.call_count == 1
    assert site.looked_up() == [[sent]] * 5
    assert clock.sleeps == SETTLE


@pytest.mark.parametrize("misses", range(5))
async def test_a_record_that_comes_late(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, misses: int
) -> None:
    """A record can appear late: any of the five look-ups may find it."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    looks = in_turn(*[envelope({})] * misses, httpx.Response(200))

    def reply(request: httpx.Request) -> httpx.Response:
        answer = looks(request)
        assert isinstance(answer, httpx.Response)
        return answer if answer.content else site.find(request)

    site.look_up.mock(side_effect=reply)
    task = await jimeng.submit_video(REQUEST)
    assert [task.id] == list(site.records)
    assert clock.sleeps == SETTLE[: misses + 1]


async def test_a_task_that_has_ended_meanwhile(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A found task is returned in its state, with the request."""

    def reply(request: httpx.Request) -> httpx.Response:
        done = finished(item({"origin": origin()}))
        site.records[sent_json(request)["submit_id"]] = done
        return httpx.Response(502)

    site.generate.mock(side_effect=reply)
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Completed)
    assert task.request == REQUEST


async def test_look_ups_that_fail_decide_nothing(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """After a failed look-up the next one follows, and a found task counts."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    site.look_up.mock(side_effect=in_turn(httpx.Response(502), httpx.ReadTimeout("t")))
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_video(REQUEST)
    assert [caught.value.task_id] == list(site.records)
    assert site.look_up.call_count == 5
    assert clock.sleeps == SETTLE


@pytest.mark.parametrize("ret", ["1019", "4013", "-6", "-4", "1015"])
async def test_a_refused_look_up_ends_the_search(
    jimeng: AsyncJimeng, site: FakeSite, ret: str
) -> None:
    """After risk control or a dead session there is no further look-up."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    site.look_up.mock(side_effect=lambda _: envelope(None, ret))
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_video(REQUEST)
    assert [caught.value.task_id] == list(site.records)
    assert site.look_up.call_count == 1


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (envelope(None, "1019"), RiskControl, "1019"),
        (envelope({"aigc_data": None, "fail_code": "4013"}, "-6"), RiskControl, "-6"),
        (envelope(None, "4013"), RiskControl, "4013"),
        (envelope(None, "-4"), RiskControl, "-4"),
        (envelope(None, "1015"), Unauthorized, "1015"),
        (envelope(None, 121101), DailyLimit, "121101"),
        (envelope({"fail_code": "1017"}, "3018"), PermissionDenied, "3018"),
        (envelope(None, "987654"), UpstreamError, "987654"),
        (httpx.Response(429), RateLimited, "HTTP 429"),
        (httpx.Response(403, text="<html>no</html>"), UpstreamError, "HTTP 403"),
    ],
)
async def test_a_refusal(
    jimeng: AsyncJimeng,
    site: FakeSite,
    answer: httpx.Response,
    error: type[JimengError],
    code: str,
) -> None:
    """A refused submission was not accepted: sent once, not looked up, with its code."""
    site.generate.mock(return_value=answer)
    with pytest.raises(error) as caught:
        await jimeng.submit_video(REQUEST)
    assert caught.value.upstream_code == code
    assert len(site.requests) == 1
