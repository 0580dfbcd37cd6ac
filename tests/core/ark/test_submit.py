"""Submissions: one create, and what happens when its response is lost."""

from functools import partial
from typing import Any

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Failed,
    FirstLastFrame,
    Frame,
    InvalidRequest,
    JimengError,
    MultiFrame,
    NetworkError,
    Pending,
    Processing,
    RateLimited,
    SubjectReference,
    SubmitUnconfirmed,
    Unauthorized,
)
from jimeng_core.backends.ark import wire
from jimeng_core.concurrency import gather
from tests.core.ark.fake_ark import FAST, KEY, TASKS, FakeArk, refused, sent_json
from tests.core.web.fake_site import FakeClock, in_turn, png

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))
LOST = [
    httpx.Response(500, json={"error": {"code": "InternalServiceError", "message": ""}}),
    httpx.Response(502, text="<html>"),
    httpx.Response(503, json={"id": "cgt-20260901200000-zzzzz"}),
    httpx.Response(504),
    httpx.Response(408),
    httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
    httpx.Response(200, text='{"id": "cgt-2026'),
    httpx.Response(200, json={}),
    httpx.Response(200, json=["x"]),
    httpx.Response(200, json={"id": "../../etc"}),
    httpx.ReadTimeout,
    httpx.ReadError,
    httpx.RemoteProtocolError,
    httpx.WriteError,
]


async def test_one_create(jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock) -> None:
    """A submission is one POST with the key in its header; Ark assigns the id."""
    task = await jimeng.submit_video(REQUEST)
    [request] = ark.requests
    assert (request.method, str(request.url)) == ("POST", TASKS)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    body = sent_json(request)
    deadline = body.pop("execution_expires_after")
    default = wire.DEADLINE.total_seconds()
    assert default - wire.DEADLINE_RANGE <= deadline < default
    content = body.pop("content")
    assert [part.get("role") for part in content] == [None, "first_frame", "last_frame"]
    assert body == {
        "model": FAST,
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "generate_audio": False,
    }
    assert task == Pending(
        id=next(iter(ark.records)),
        mode=REQUEST.mode,
        created_at=clock.now(),
        request=REQUEST,
    )


async def test_deadlines_differ(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Creates ask for different deadlines, by which their records are recognized."""
    for _ in range(20):
        await jimeng.submit_video(FirstLastFrame(prompt="海"))
    deadlines = {sent_json(request)["execution_expires_after"] for request in ark.requests}
    assert len(deadlines) > 15


@pytest.mark.parametrize("answer", LOST, ids=str)
async def test_lost_and_found(
    jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock, answer: Any
) -> None:
    """After a lost response the newest tasks are searched, and nothing is sent again."""
    ark.create.mock(side_effect=ark.accept_and_lose(answer))
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Pending)
    assert [task.id] == list(ark.records)
    assert (task.mode, task.request) == (REQUEST.mode, REQUEST)
    assert ark.create.call_count == 1
    [listing] = [call.request for call in ark.list.calls]
    assert dict(listing.url.params) == {"page_num": "1", "page_size": "500"}
    assert clock.passed == 0


@pytest.mark.parametrize("answer", LOST, ids=str)
async def test_lost_and_not_found(
    jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock, answer: Any
) -> None:
    """A task that is not found within 15 s is unconfirmed, and not sent again."""
    ark.create.mock(side_effect=in_turn(answer))
    with pytest.raises(SubmitUnconfirmed, match="Ark console") as caught:
        await jimeng.submit_video(REQUEST)
    assert caught.value.upstream_code
    assert caught.value.task_id is None
    assert (ark.create.call_count, ark.list.call_count) == (1, 5)
    assert [pause for pause in clock.sleeps if pause in {1, 2, 4, 8}] == [1, 2, 4, 8]


async def test_found_late(jimeng: AsyncJimeng, ark: FakeArk, clock: FakeClock) -> None:
    """A record that appears after 7 s is found, in the state that it has by then."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError, status="running"))
    empty = httpx.Response(200, json={"total": 0, "items": []})
    ark.list.mock(side_effect=in_turn(empty, httpx.Response(500), empty, ark.list_records))
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Processing)
    assert task.request == REQUEST
    assert 7 <= clock.passed < 8


async def test_found_failed(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task that is found and has failed is returned as failed."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError, status="failed"))
    assert isinstance(await jimeng.submit_video(REQUEST), Failed)


async def test_of_two_that_fit(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """If two tasks fit, neither is taken."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError, execution_expires_after=None))
    other = ark.add({"model": FAST, "execution_expires_after": None})
    with pytest.raises(SubmitUnconfirmed):
        await jimeng.submit_video(REQUEST)
    assert other in ark.records


async def test_side_by_side(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Twenty equal submissions whose responses are all lost each find their own task."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError))
    submit = partial(jimeng.submit_video, FirstLastFrame(prompt="海"))
    tasks = await gather([submit] * 20)
    assert {task.id for task in tasks} == set(ark.records)
    assert ark.create.call_count == 20


async def test_the_task_of_another_submission(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The task of a submission with a response is not taken for a lost one."""
    ark.create.mock(side_effect=in_turn(ark.accept, httpx.ReadError))
    first = await jimeng.submit_video(REQUEST)
    ark.records[first.id]["execution_expires_after"] = None
    with pytest.raises(SubmitUnconfirmed):
        await jimeng.submit_video(REQUEST)


async def test_a_dead_key_while_searching(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A refused key ends the search."""
    ark.create.mock(side_effect=in_turn(httpx.ReadError))
    ark.list.mock(return_value=refused(401, "AuthenticationError"))
    with pytest.raises(SubmitUnconfirmed):
        await jimeng.submit_video(REQUEST)
    assert ark.list.call_count == 1


async def test_not_sent(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Only a submission of which nothing was sent is retried."""
    ark.create.mock(side_effect=in_turn(httpx.ConnectError, httpx.ConnectTimeout, ark.accept))
    assert isinstance(await jimeng.submit_video(REQUEST), Pending)
    ark.create.mock(side_effect=in_turn(httpx.ConnectError))
    with pytest.raises(NetworkError):
        await jimeng.submit_video(REQUEST)
    assert not ark.list.called


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (400, "InputImageSensitiveContentDetected.PrivacyInformation", "image_rejected"),
        (401, "AuthenticationError", "unauthorized"),
        (403, "AccountOverdueError", "insufficient_credits"),
        (404, "ModelNotOpen", "permission_denied"),
        (429, "RequestBurstTooFast", "rate_limited"),
        (400, "OfNextYear", "upstream_error"),
    ],
)
async def test_refused(
    jimeng: AsyncJimeng, ark: FakeArk, status: int, code: str, ours: str
) -> None:
    """A refusal is raised at once: nothing is searched for, and nothing sent again."""
    ark.create.mock(return_value=refused(status, code))
    with pytest.raises(JimengError) as caught:
        await jimeng.submit_video(REQUEST)
    assert (caught.value.code, caught.value.upstream_code) == (ours, code)
    assert len(ark.requests) == 1


async def test_retry_after(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """`Retry-After` of a 429 is in the error."""
    ark.create.mock(return_value=refused(429, "RequestBurstTooFast", retry_after="7"))
    with pytest.raises(RateLimited) as caught:
        await jimeng.submit_video(REQUEST)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (MultiFrame(frames=[Frame(png()), Frame(png())]), "mode"),
        (MultiFrame(frames=[Frame(png()), Frame(png())], model="ep-new"), "mode"),
        (FirstLastFrame(prompt="海", model="video-3.0"), "model"),
        (FirstLastFrame(prompt="海", duration=3), "duration"),
        (FirstLastFrame(prompt="海", resolution="1080p"), "resolution"),
        (FirstLastFrame(prompt="海", ratio="adaptive"), "ratio"),
        (FirstLastFrame(prompt="海", seed=1), "seed"),
        (FirstLastFrame(prompt="海", seed=2**31, model="video-3.0-pro"), "seed"),
        (FirstLastFrame(prompt="海", fps=30), "fps"),
        (FirstLastFrame(prompt="海", audio=True, model="video-3.0-pro"), "audio"),
        (
            FirstLastFrame(
                prompt="海", first_frame=png(), last_frame=png(), model="video-3.0-fast"
            ),
            "last_frame",
        ),
        (FirstLastFrame(prompt="海", model="seedance-1.0-lite-i2v"), "prompt"),
        (SubjectReference(prompt="海", images=[png()] * 10), "images"),
        (
            SubjectReference(prompt="海", images=[png()] * 5, model="seedance-1.0-lite-i2v"),
            "images",
        ),
        (
            SubjectReference(
                prompt="海", images=[png()], model="seedance-1.0-lite-i2v", resolution="1080p"
            ),
            "resolution",
        ),
        (SubjectReference(prompt="海", images=[png()], model="video-3.0-pro"), "model"),
    ],
)
async def test_checked_first(jimeng: AsyncJimeng, ark: FakeArk, request_: Any, field: str) -> None:
    """What Ark's models do not accept is reported for its field, and nothing is sent."""
    found = await jimeng.check(request_)
    assert [problem.field for problem in found] == [field]
    with pytest.raises(InvalidRequest):
        await jimeng.submit_video(request_)
    assert ark.requests == []


async def test_multi_frame_names_who_has_it(jimeng: AsyncJimeng) -> None:
    """Multi-frame is refused with the names of the backends that have it."""
    [problem] = await jimeng.check(MultiFrame(frames=[Frame(png()), Frame(png())]))
    assert "multi-frame" in problem.message
    assert "demo or web" in problem.message
    assert "智能多帧" in problem.message_zh


@pytest.mark.parametrize(
    "request_",
    [
        FirstLastFrame(prompt="海", audio=True, resolution="480p", duration=15),
        FirstLastFrame(prompt="海", model="seedance-2.5", duration=30, resolution="1080p"),
        FirstLastFrame(prompt="海", model="video-3.0-pro", seed=2**31 - 1, duration=2),
        FirstLastFrame(prompt="海", model="ep-20260101-abcde", seed=1),
        SubjectReference(prompt="@图片9", images=[png()] * 9),
    ],
)
async def test_may_be_sent(jimeng: AsyncJimeng, request_: Any) -> None:
    """What the models accept is sent."""
    assert isinstance(await jimeng.submit_video(request_), Pending)


async def test_a_body_too_large(
    jimeng: AsyncJimeng, ark: FakeArk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures that are too large together are refused before anything is sent."""
    monkeypatch.setattr(wire, "BODY_LIMIT", 1000)
    with pytest.raises(InvalidRequest):
        await jimeng.submit_video(REQUEST)
    assert ark.requests == []


async def test_found_unreadable(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task that is found with an unreadable record is pending."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError, status=None))
    task = await jimeng.submit_video(REQUEST)
    assert isinstance(task, Pending)
    assert [task.id] == list(ark.records)


async def test_unauthorized_names_the_setting(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The error of a refused key says where a new one is set."""
    ark.create.mock(return_value=refused(401, "AuthenticationError"))
    with pytest.raises(Unauthorized, match="ARK_API_KEY"):
        await jimeng.submit_video(REQUEST)


@pytest.mark.parametrize(
    "other",
    [
        FirstLastFrame(prompt="海", duration=6),
        FirstLastFrame(prompt="海", resolution="480p"),
        FirstLastFrame(prompt="海", ratio="9:16"),
        FirstLastFrame(prompt="海", model="seedance-2.0"),
    ],
)
async def test_id_of_another_request(
    jimeng: AsyncJimeng, ark: FakeArk, other: FirstLastFrame
) -> None:
    """The task of another request, as far as Ark's record says, is not returned for this one."""
    request = FirstLastFrame(prompt="海")
    task = await jimeng.submit_video(request)
    ark.finish(task.id)
    assert (await jimeng.submit_video(request, task_id=task.id)).id == task.id
    with pytest.raises(InvalidRequest, match="Another request"):
        await jimeng.submit_video(other, task_id=task.id)
    assert len(ark.bodies) == 1
