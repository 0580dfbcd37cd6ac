"""Submitting again under an id that was made earlier."""

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Expired,
    FirstLastFrame,
    Frame,
    ImageRequest,
    InvalidRequest,
    InvalidTaskId,
    JimengError,
    MultiFrame,
    NetworkError,
    Pending,
    Processing,
    RiskControl,
    SubjectReference,
    SubmitUnconfirmed,
    Unauthorized,
    UpstreamError,
    UpstreamUnreadable,
    new_task_id,
)
from jimeng_core.requests import AnyRequest
from tests.core.web.fake_site import (
    Answer,
    FakeClock,
    FakeSite,
    envelope,
    in_turn,
    png,
    sent_json,
)

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")


@pytest.fixture
def task_id(clock: FakeClock) -> str:
    """An id that was made before a crash."""
    return new_task_id(clock.now())


async def test_sent_when_nothing_is_there(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, task_id: str
) -> None:
    """It is looked up first, five times, and then sent once under the same id."""
    task = await jimeng.submit_video(REQUEST, task_id=task_id)
    assert isinstance(task, Pending)
    assert task.id == task_id
    assert [request.url.path for request in site.requests] == [
        *["/mweb/v1/get_history_by_ids"] * 5,
        "/mweb/v1/aigc_draft/generate",
    ]
    assert clock.sleeps == [0, 1, 2, 4, 8]
    assert sent_json(site.generate.calls.last.request)["submit_id"] == task_id


async def test_not_sent_when_it_is_there(jimeng: AsyncJimeng, site: FakeSite, task_id: str) -> None:
    """A task that is there is returned, with its request, and nothing is sent."""
    site.records[task_id] = {"status": 42}
    task = await jimeng.submit_video(REQUEST, task_id=task_id)
    assert isinstance(task, Processing)
    assert (task.id, task.mode, task.request) == (task_id, REQUEST.mode, REQUEST)
    assert site.look_up.call_count == 1
    assert not site.generate.called


async def test_twice_with_one_id(jimeng: AsyncJimeng, site: FakeSite, task_id: str) -> None:
    """Two calls with one id make one task."""
    first = await jimeng.submit_video(REQUEST, task_id=task_id)
    second = await jimeng.submit_video(REQUEST, task_id=task_id)
    assert first.id == second.id == task_id
    assert site.generate.call_count == 1


async def test_after_a_lost_response(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The id of a SubmitUnconfirmed leads to one task, whether or not the first had arrived."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    site.look_up.mock(return_value=httpx.Response(502))
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_video(REQUEST)
    site.look_up.mock(side_effect=site.find)
    task = await jimeng.submit_video(REQUEST, task_id=caught.value.task_id)
    assert [task.id] == list(site.records)
    assert site.generate.call_count == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ConnectError("c"), NetworkError),
        (httpx.ReadTimeout("t"), NetworkError),
        (httpx.Response(502), UpstreamError),
        (httpx.Response(200, text="<html>"), UpstreamUnreadable),
        (envelope([]), UpstreamUnreadable),
    ],
)
async def test_not_sent_when_look_ups_fail(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, answer: Answer, error: type[JimengError]
) -> None:
    """If the look-ups fail, their error is raised, and nothing is sent."""
    site.look_up.mock(side_effect=in_turn(answer))
    with pytest.raises(error) as caught:
        await jimeng.submit_video(REQUEST, task_id=task_id)
    assert caught.value.task_id == task_id
    assert site.look_up.call_count == 5
    assert not site.generate.called


@pytest.mark.parametrize("last_word", [True, False])
async def test_the_last_look_up_decides(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, *, last_word: bool
) -> None:
    """Earlier errors do not count once the site says that nothing is there."""
    failed, nothing = httpx.Response(502), envelope({})
    answers = [failed, nothing, failed, nothing, nothing if last_word else failed]
    site.look_up.mock(side_effect=in_turn(*answers))
    if last_word:
        await jimeng.submit_video(REQUEST, task_id=task_id)
    else:
        with pytest.raises(UpstreamError):
            await jimeng.submit_video(REQUEST, task_id=task_id)
    assert site.generate.called is last_word


@pytest.mark.parametrize(
    ("ret", "error"), [("1019", RiskControl), ("-6", RiskControl), ("1015", Unauthorized)]
)
async def test_a_refused_look_up_is_not_repeated(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, ret: str, error: type[JimengError]
) -> None:
    """Risk control and a dead session are raised at once: no second look-up, nothing sent."""
    site.look_up.mock(side_effect=lambda _: envelope(None, ret))
    with pytest.raises(error) as caught:
        await jimeng.submit_video(REQUEST, task_id=task_id)
    assert caught.value.task_id == task_id
    assert site.look_up.call_count == 1
    assert not site.generate.called


@pytest.mark.parametrize(
    ("record", "error"),
    [({"status": 100}, Expired), ("?", UpstreamUnreadable), ({"status": None}, UpstreamUnreadable)],
)
async def test_something_is_there(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, record: object, error: type[JimengError]
) -> None:
    """A deleted or unreadable record means that the id was used: nothing is sent."""
    site.records[task_id] = record
    with pytest.raises(error):
        await jimeng.submit_video(REQUEST, task_id=task_id)
    assert not site.generate.called


@pytest.mark.parametrize("bad", ["", "nonsense", "4713000000000", "cgt-20260901120000-abcde"])
async def test_an_id_that_cannot_be_ours(jimeng: AsyncJimeng, site: FakeSite, bad: str) -> None:
    """An id that `new_task_id` cannot have made is refused before anything is sent."""
    with pytest.raises(InvalidTaskId) as caught:
        await jimeng.submit_video(REQUEST, task_id=bad)
    assert caught.value.task_id == bad
    assert site.requests == []


async def test_an_id_in_capitals(jimeng: AsyncJimeng, site: FakeSite, task_id: str) -> None:
    """An id in capitals is the same id."""
    await jimeng.submit_video(REQUEST, task_id=f" {task_id.upper()} ")
    assert list(site.records) == [task_id]
    assert site.looked_up()[0] == [task_id]


@pytest.mark.parametrize("moment", range(5))
async def test_something_was_there(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, moment: int
) -> None:
    """An unreadable record counts, even if the next look-up finds nothing."""
    answers = [envelope({})] * moment + [envelope({task_id: "?"}), envelope({})]
    site.look_up.mock(side_effect=in_turn(*answers))
    with pytest.raises(UpstreamUnreadable) as caught:
        await jimeng.submit_video(REQUEST, task_id=task_id)
    assert caught.value.task_id == task_id
    assert not site.generate.called


PICTURES = (png("teal"), png("coral"))
LONG = FirstLastFrame(prompt="海", model="video-3.0", duration=10, resolution="1080p", seed=7)
SUBJECTS = SubjectReference(prompt="让@图片1追@image2", images=PICTURES)
FRAMES = MultiFrame(frames=[Frame(PICTURES[0], "晨", 2), Frame(PICTURES[1], "夜", 3)])
IMAGES = ImageRequest(prompt="海", images=PICTURES[:1], model="image-4.5", ratio="3:2")


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (REQUEST, FirstLastFrame(prompt="山"), "prompt"),
        (REQUEST, FirstLastFrame(prompt="海", model="seedance-2.0"), "model"),
        (REQUEST, FirstLastFrame(prompt="海", duration=6), "duration"),
        (REQUEST, FirstLastFrame(prompt="海", ratio="9:16"), "ratio"),
        (LONG, LONG.model_copy(update={"resolution": "720p"}), "resolution"),
        (LONG, LONG.model_copy(update={"seed": 8}), "seed"),
        (REQUEST, SUBJECTS, "mode"),
        (SUBJECTS, SubjectReference(prompt="让@图片2追@图片1", images=PICTURES), "prompt"),
        (FRAMES, MultiFrame(frames=[*FRAMES.frames, Frame(PICTURES[0])]), "duration"),
        (REQUEST, IMAGES, "mode"),
        (IMAGES, IMAGES.model_copy(update={"ratio": "1:1"}), "ratio"),
        (IMAGES, IMAGES.model_copy(update={"model": "image-4.0"}), "model"),
    ],
)
async def test_another_request_under_the_id(
    jimeng: AsyncJimeng,
    site: FakeSite,
    task_id: str,
    first: AnyRequest,
    second: AnyRequest,
    field: str,
) -> None:
    """The task of another request is not returned for this one, and nothing is sent."""
    await jimeng.submit(first, task_id=task_id)
    with pytest.raises(InvalidRequest, match=f"its {field} differs") as caught:
        await jimeng.submit(second, task_id=task_id)
    assert [problem.field for problem in caught.value.problems] == ["task_id"]
    assert site.generate.call_count == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (REQUEST, REQUEST),
        (LONG, FirstLastFrame(prompt="海 ", model="Video 3.0", duration=10, resolution="1080p")),
        (SUBJECTS, SubjectReference(prompt="让@image1 追＠图2", images=PICTURES)),
        (FRAMES, FRAMES),
        (IMAGES, IMAGES),
        (
            FirstLastFrame(prompt="海", first_frame=PICTURES[0], ratio="adaptive"),
            FirstLastFrame(prompt="海", first_frame=PICTURES[0], ratio="adaptive"),
        ),
        (FirstLastFrame(prompt="海", model="video-3.0-pro"),) * 2,
        (FirstLastFrame(prompt="海", model="dreamina_seedance_60"),) * 2,
    ],
)
async def test_the_same_request_under_the_id(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, first: AnyRequest, second: AnyRequest
) -> None:
    """The same request in another spelling finds its task."""
    await jimeng.submit(first, task_id=task_id)
    task = await jimeng.submit(second, task_id=task_id)
    assert task.id == task_id
    assert site.generate.call_count == 1
