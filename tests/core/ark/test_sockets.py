"""Submissions and look-ups over real connections to a fake Ark."""

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    Failed,
    FirstLastFrame,
    InvalidRequest,
    Jimeng,
    NotFound,
    Pending,
    SubjectReference,
    Unauthorized,
    VideoRequest,
)
from tests.core.ark.fake_ark import KEY, VIDEO, FakeArk, refused, served
from tests.core.demo_tools import InstantClock
from tests.core.web.fake_site import png

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
FRAMES = {"first_frame": png(), "last_frame": png("navy")}
LOST = refused(500, "InternalServiceError")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeArk]:
    """A served fake Ark for all tests of this file."""
    with served(FakeArk(InstantClock())) as fake:
        yield fake


@pytest.fixture
def ark(server: FakeArk) -> FakeArk:
    """The fake Ark without any tasks."""
    server.reset()
    return server


@pytest.fixture
async def jimeng(ark: FakeArk) -> AsyncIterator[AsyncJimeng]:
    """A client of it."""
    async with AsyncJimeng("ark", KEY, base_url=ark.base_url, clock=InstantClock()) as client:
        yield client


@pytest.mark.parametrize(
    "request_",
    [
        FirstLastFrame(prompt="海"),
        FirstLastFrame(prompt="海", first_frame=png()),
        FirstLastFrame(prompt="海", **FRAMES),
        FirstLastFrame(prompt="海", ratio="9:16", model="seedance-2.5", **FRAMES),
        FirstLastFrame(prompt="海", seed=7, model="video-3.0-pro", **FRAMES),
        SubjectReference(prompt="@图片1和@图片2", images=[png(), png("navy")], audio=True),
    ],
)
async def test_every_request_is_accepted(
    jimeng: AsyncJimeng, ark: FakeArk, request_: VideoRequest
) -> None:
    """A request that passes the checks is accepted by Ark."""
    assert await jimeng.check(request_) == []
    task = await jimeng.submit_video(request_)
    assert isinstance(task, Pending)
    assert [task.id] == list(ark.records)


async def test_picture_to_video(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """From two pictures to the bytes of a video, through every state."""
    task = await jimeng.submit_video(FirstLastFrame(prompt="海", **FRAMES))
    assert (await jimeng.get_video(task.id)).state == "pending"
    ark.records[task.id]["status"] = "running"
    assert (await jimeng.get_video(task.id)).state == "processing"
    ark.finish(task.id)
    done = await jimeng.wait_video(task.id, timeout=60)
    assert isinstance(done, Completed)
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(done.video.url)).content == VIDEO


async def test_list(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Thirty ids, one of them unknown, cost one request."""
    ids = [(await jimeng.submit_video(FirstLastFrame(prompt="海"))).id for _ in range(29)]
    ark.requests.clear()
    found = await jimeng.get_videos([*ids[:10], "cgt-20200101000000-aaaaa", *ids[10:]])
    assert [request.method for request in ark.requests] == ["GET"]
    assert [lookup.id for lookup in found if lookup.error] == ["cgt-20200101000000-aaaaa"]
    assert {lookup.task.state for lookup in found if lookup.task} == {"pending"}


async def test_delete(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A queued task becomes cancelled, a running one stays, a finished one is erased."""
    request = FirstLastFrame(prompt="海")
    queued, running, done = [(await jimeng.submit_video(request)).id for _ in range(3)]
    ark.records[running]["status"] = "running"
    ark.finish(done)
    await jimeng.delete_video(queued)
    cancelled = await jimeng.get_video(queued)
    assert isinstance(cancelled, Failed)
    assert "cancelled" in cancelled.failure.message
    with pytest.raises(InvalidRequest):
        await jimeng.delete_video(running)
    await jimeng.delete_video(done)
    with pytest.raises(NotFound):
        await jimeng.delete_video(done)
    assert running in ark.records


async def test_a_lost_answer(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A create with a lost response is found among others, and not sent again."""
    request = FirstLastFrame(prompt="海")
    before = [(await jimeng.submit_video(request)).id for _ in range(3)]
    ark.create.mock(side_effect=ark.accept_and_lose(LOST))
    task = await jimeng.submit_video(request)
    assert task.id not in before
    assert len(ark.records) == 4
    assert [request.method for request in ark.requests] == ["POST"] * 4 + ["GET"]


async def test_a_wrong_key(ark: FakeArk) -> None:
    """A key of another account is unauthorized in every call."""
    async with AsyncJimeng("ark", "other", base_url=ark.base_url) as client:
        with pytest.raises(Unauthorized, match="ARK_API_KEY"):
            await client.submit_video(FirstLastFrame(prompt="海"))
        found = await client.get_videos(["cgt-20200101000000-aaaaa", "cgt-20200101000000-bbbbb"])
    assert [lookup.error.code for lookup in found if lookup.error] == ["unauthorized"] * 2
    assert ark.records == {}


async def test_no_log_has_the_key(
    jimeng: AsyncJimeng, ark: FakeArk, caplog: pytest.LogCaptureFixture
) -> None:
    """The key is in the header only: not in a log, a URL, a repr or an error."""
    for name in ("", "httpx", "httpcore", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)
    task = await jimeng.submit_video(FirstLastFrame(prompt="海", **FRAMES))
    await jimeng.get_videos([task.id, "cgt-20200101000000-aaaaa"])
    ark.create.mock(side_effect=ark.accept_and_lose(LOST))
    await jimeng.submit_video(FirstLastFrame(prompt="海"))
    logged = "\n".join(f"{one.getMessage()} {vars(one)!r}" for one in caplog.records)
    assert "httpcore.http11" in logged
    assert KEY not in logged
    assert KEY not in repr(jimeng.__dict__)
    assert not [request for request in ark.requests if KEY in str(request.url)]


def test_sync_client(ark: FakeArk) -> None:
    """The sync client does the same."""
    with Jimeng("ark", KEY, base_url=ark.base_url, clock=InstantClock()) as client:
        task = client.submit_video(FirstLastFrame(prompt="海"))
        client.delete_video(task.id)
        assert client.get_video(task.id).state == "failed"
