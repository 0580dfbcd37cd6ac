"""The whole way over real connections, against a stand-in that was written from the facts."""

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
from tests.core.ark.ark_server import VIDEO, StandIn, served
from tests.core.ark.fake_ark import KEY
from tests.core.demo_tools import InstantClock
from tests.core.web.fake_site import png

pytestmark = pytest.mark.anyio
FRAMES = {"first_frame": png(), "last_frame": png("navy")}


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    """The stand-in, served for all tests of this file."""
    with served(StandIn(KEY)) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(server: StandIn) -> StandIn:
    """The stand-in, with nothing in it."""
    server.tasks.clear()
    server.bodies.clear()
    server.seen.clear()
    server.lose = 0
    return server


@pytest.fixture
async def over_http(stand_in: StandIn) -> AsyncIterator[AsyncJimeng]:
    """A client of it."""
    async with AsyncJimeng("ark", KEY, base_url=stand_in.base_url, clock=InstantClock()) as client:
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
async def test_every_request_is_taken(
    over_http: AsyncJimeng, stand_in: StandIn, request_: VideoRequest
) -> None:
    """What passes the checks here is taken there."""
    assert await over_http.check(request_) == []
    task = await over_http.submit_video(request_)
    assert isinstance(task, Pending)
    assert [task.id] == list(stand_in.tasks)


async def test_picture_to_video(over_http: AsyncJimeng, stand_in: StandIn) -> None:
    """From two pictures to the bytes of a video, by way of every state."""
    task = await over_http.submit_video(FirstLastFrame(prompt="海", **FRAMES))
    assert (await over_http.get_video(task.id)).state == "pending"
    stand_in.tasks[task.id]["status"] = "running"
    assert (await over_http.get_video(task.id)).state == "processing"
    stand_in.finish(task.id)
    done = await over_http.wait_video(task.id, timeout=60)
    assert isinstance(done, Completed)
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(done.video.url)).content == VIDEO


async def test_list(over_http: AsyncJimeng, stand_in: StandIn) -> None:
    """Thirty ids, of which one is unknown, cost one request."""
    ids = [(await over_http.submit_video(FirstLastFrame(prompt="海"))).id for _ in range(29)]
    stand_in.seen.clear()
    found = await over_http.get_videos([*ids[:10], "cgt-20200101000000-aaaaa", *ids[10:]])
    assert [method for method, *_ in stand_in.seen] == ["GET"]
    assert [lookup.id for lookup in found if lookup.error] == ["cgt-20200101000000-aaaaa"]
    assert {lookup.task.state for lookup in found if lookup.task} == {"pending"}


async def test_delete(over_http: AsyncJimeng, stand_in: StandIn) -> None:
    """A queued task becomes cancelled, a running one stays, a finished one is erased."""
    request = FirstLastFrame(prompt="海")
    queued, running, done = [(await over_http.submit_video(request)).id for _ in range(3)]
    stand_in.tasks[running]["status"] = "running"
    stand_in.finish(done)
    await over_http.delete_video(queued)
    cancelled = await over_http.get_video(queued)
    assert isinstance(cancelled, Failed)
    assert "cancelled" in cancelled.failure.message
    with pytest.raises(InvalidRequest):
        await over_http.delete_video(running)
    await over_http.delete_video(done)
    with pytest.raises(NotFound):
        await over_http.delete_video(done)
    assert running in stand_in.tasks


async def test_a_lost_answer(over_http: AsyncJimeng, stand_in: StandIn) -> None:
    """A create that was taken and answered 500 is found among others, and not sent again."""
    request = FirstLastFrame(prompt="海")
    before = [(await over_http.submit_video(request)).id for _ in range(3)]
    stand_in.lose = 1
    task = await over_http.submit_video(request)
    assert task.id not in before
    assert len(stand_in.tasks) == 4
    assert [method for method, *_ in stand_in.seen] == ["POST"] * 4 + ["GET"]


async def test_a_wrong_key(stand_in: StandIn) -> None:
    """A key that is not the account's is unauthorized, in every call."""
    async with AsyncJimeng("ark", "other", base_url=stand_in.base_url) as jimeng:
        with pytest.raises(Unauthorized, match="ARK_API_KEY"):
            await jimeng.submit_video(FirstLastFrame(prompt="海"))
        found = await jimeng.get_videos(["cgt-20200101000000-aaaaa", "cgt-20200101000000-bbbbb"])
    assert [lookup.error.code for lookup in found if lookup.error] == ["unauthorized"] * 2
    assert stand_in.tasks == {}


async def test_no_log_has_the_key(
    over_http: AsyncJimeng, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    """The key goes into the header and nowhere else: no log, no URL, no repr, no error."""
    for name in ("", "httpx", "httpcore", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)
    task = await over_http.submit_video(FirstLastFrame(prompt="海", **FRAMES))
    await over_http.get_videos([task.id, "cgt-20200101000000-aaaaa"])
    stand_in.lose = 1
    await over_http.submit_video(FirstLastFrame(prompt="海"))
    logged = "\n".join(f"{one.getMessage()} {vars(one)!r}" for one in caplog.records)
    assert "httpcore.http11" in logged
    assert KEY not in logged
    assert KEY not in repr(over_http.__dict__)
    assert not [query for _, path, query, _ in stand_in.seen if KEY in path + query]


def test_without_await(stand_in: StandIn) -> None:
    """The plain client does the same."""
    with Jimeng("ark", KEY, base_url=stand_in.base_url, clock=InstantClock()) as jimeng:
        task = jimeng.submit_video(FirstLastFrame(prompt="海"))
        jimeng.delete_video(task.id)
        assert jimeng.get_video(task.id).state == "failed"
