"""Fields of Ark's own beside a request."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from jimeng_core import (
    ArkOptions,
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    InvalidTaskId,
    Jimeng,
    PreparedRequest,
    SubjectReference,
    SubmitUnconfirmed,
    VideoRequest,
)
from jimeng_core.backends.ark import wire
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from tests.core.ark.fake_ark import KEY, FakeArk, sent_json
from tests.core.demo_tools import client
from tests.core.web.fake_site import FakeClock, png

pytestmark = pytest.mark.anyio
OLDER = FirstLastFrame(prompt="海", model="video-3.0-pro")
ALL = ArkOptions(
    service_tier="flex",
    execution_expires_after=7200,
    camera_fixed=True,
    watermark=True,
    safety_identifier="5e884898da28",
)


async def test_passed(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The chosen fields are in the body as they are; the client itself is unchanged."""
    await jimeng.with_ark(ALL).submit_video(OLDER)
    body = sent_json(ark.requests[0])
    assert {name: body[name] for name in ALL.chosen()} == ALL.chosen()
    await jimeng.submit_video(OLDER)
    plain = sent_json(ark.requests[1])
    assert plain.keys() & ALL.chosen().keys() == {"execution_expires_after"}
    assert plain["execution_expires_after"] != 7200


async def test_nothing_chosen(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Fields at their defaults are not sent."""
    assert ArkOptions().chosen() == {}
    await jimeng.with_ark(ArkOptions()).submit_video(OLDER)
    assert sent_json(ark.requests[0]).keys() & ALL.chosen().keys() == {"execution_expires_after"}


async def test_lost_and_found(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task whose response was lost is found by a deadline that the caller chose, too."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError))
    task = await jimeng.with_ark(ALL).submit_video(OLDER)
    assert [task.id] == list(ark.records)
    ark.add(sent_json(ark.requests[0]))  # another one with the same deadline
    with pytest.raises(SubmitUnconfirmed):
        await jimeng.with_ark(ALL).submit_video(OLDER)


async def test_look_up_without_haste(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Tasks of `flex` are in a list of their own; one list more finds them beside the others."""
    usual = await jimeng.submit_video(OLDER)
    flex = await jimeng.with_ark(ArkOptions(service_tier="flex")).submit_video(OLDER)
    found = await jimeng.get_videos([flex.id, usual.id])
    assert [lookup.task and lookup.task.state for lookup in found] == ["pending", "pending"]
    assert [lookup.id for lookup in found] == [flex.id, usual.id]
    tiers = [call.request.url.params.get("filter.service_tier") for call in ark.list.calls]
    assert tiers == ["flex", None]
    assert (await jimeng.get_video(flex.id)).state == "pending"


async def test_checked_first(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """`check` reports what the options break beside the request's own problems; nothing is sent."""
    other = jimeng.with_ark(ArkOptions(service_tier="flex", camera_fixed=True, priority=11))
    request = SubjectReference(prompt="@图片1", images=(png(),), duration=99)
    fields = [problem.field for problem in await other.check(request)]
    assert fields[0] == "duration"
    assert set(fields) == {"duration", "priority", "service_tier", "camera_fixed"}
    with pytest.raises(InvalidRequest):
        await other.submit_video(SubjectReference(prompt="@图片1", images=(png(),)))
    assert ark.requests == []
    assert "image" in (await other.check(ImageRequest(prompt="海")))[0].message


async def test_unknown_model(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Of an endpoint, whose model is not known, Ark decides."""
    options = ArkOptions(priority=9, draft=True)
    request = FirstLastFrame(prompt="海", model="ep-20260101-abcde", resolution="480p")
    await jimeng.with_ark(options).submit_video(request)
    assert sent_json(ark.requests[0])["draft"] is True


async def test_price_without_haste(ark: FakeArk) -> None:
    """`flex` is half the price."""
    base_url = "https://ark.ap-southeast.bytepluses.com/api/v3"
    async with AsyncJimeng("ark", KEY, base_url=base_url, transport=ark.transport) as jimeng:
        usual = await jimeng.estimate(OLDER)
        flex = await jimeng.with_ark(ArkOptions(service_tier="flex")).estimate(OLDER)
    assert usual is not None
    assert flex is not None
    assert flex.amount == usual.amount / 2
    assert wire.is_byteplus(base_url)


async def test_other_backends(tmp_path: Path) -> None:
    """Another backend leaves out what changes nothing, and refuses the rest by its name."""
    harmless = ArkOptions(execution_expires_after=7200, safety_identifier="x")
    async with client(tmp_path) as jimeng:
        assert await jimeng.with_ark(harmless).check(FirstLastFrame(prompt="海")) == []
        with pytest.raises(InvalidRequest) as caught:
            jimeng.with_ark(ALL)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["service_tier", "camera_fixed", "watermark"]
    assert "demo" in caught.value.message_zh


def test_without_await(ark: FakeArk, clock: FakeClock) -> None:
    """`Jimeng` has the same call."""
    with Jimeng("ark", KEY, transport=ark.transport, clock=clock) as jimeng:
        jimeng.with_ark(ArkOptions(watermark=True)).submit_video(OLDER)
    assert sent_json(ark.requests[0])["watermark"] is True


DRAFT = FirstLastFrame(prompt="海", model="seedance-2.5", resolution="480p")


async def test_from_draft_to_video(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The final video of a draft is a task of its own, made from the draft alone."""
    draft = await jimeng.with_ark(ArkOptions(draft=True)).submit_video(DRAFT)
    assert sent_json(ark.requests[0])["draft"] is True
    final = await jimeng.finish_draft(f" {draft.id} ", model="seedance-2.5")
    assert final.id != draft.id
    assert (final.state, final.mode, final.request) == ("pending", None, None)
    body = sent_json(ark.requests[1])
    assert body.pop("execution_expires_after") > 0
    assert body == {
        "model": "doubao-seedance-2-5-260628",
        "content": [{"type": "draft_task", "draft_task": {"id": draft.id}}],
    }


async def test_final_video_lost_and_found(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The final video of a draft is submitted once, also when the response is lost."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadError))
    model = "ep-20260101-abcde"
    task = await jimeng.finish_draft("cgt-20260901200000-aaaaa", model=model)
    assert [task.id] == list(ark.records)
    assert ark.create.call_count == 1
    assert sent_json(ark.requests[0])["model"] == model


async def test_drafts_elsewhere(jimeng: AsyncJimeng, ark: FakeArk, tmp_path: Path) -> None:
    """Only ark makes drafts, and only of its own ids."""
    with pytest.raises(InvalidTaskId):
        await jimeng.finish_draft("nonsense", model="seedance-2.5")
    async with client(tmp_path) as demo:
        with pytest.raises(InvalidRequest, match="make drafts"):
            await demo.finish_draft("cgt-20260901200000-aaaaa", model="seedance-2.5")
    assert ark.requests == []


@pytest.mark.parametrize(
    ("task", "implied"),
    [
        ("reference", {"ratio": "9:16", "duration": 7}),
        ("extend", {"ratio": "adaptive", "duration": 7}),
        ("edit", {"ratio": "adaptive", "duration": -1}),
    ],
)
async def test_what_is_made_of_references(
    jimeng: AsyncJimeng, ark: FakeArk, task: Any, implied: dict[str, object]
) -> None:
    """The task type is passed with the ratio and the length that Ark wants beside it."""
    video = ClipFile(ReferenceKind.VIDEO, b"", "mp4", 5, 640, 640, "", "https://a.example/a.mp4")
    request = SubjectReference(
        prompt="海",
        videos=["https://a.example/a.mp4"],
        model="seedance-2.5",
        ratio="9:16",
        duration=7,
    )
    options = ArkOptions(omni_reference_task_type=task)
    await jimeng.with_ark(options).submit(PreparedRequest(request, (video,)))
    body = sent_json(ark.requests[0])
    assert body["omni_reference_task_type"] == task
    assert {name: body[name] for name in implied} == implied
    assert body["content"][1]["video_url"] == {"url": video.url}


@pytest.mark.parametrize(
    ("task", "request_", "words"),
    [
        ("edit", FirstLastFrame(prompt="海", model="seedance-2.5"), "needs reference files"),
        (
            "extend",
            SubjectReference(prompt="海", images=[png()], model="seedance-2.5"),
            "needs a reference video",
        ),
        ("reference", SubjectReference(prompt="海", images=[png()]), "has no omni_reference"),
    ],
)
async def test_task_types_that_do_not_fit(
    jimeng: AsyncJimeng, ark: FakeArk, task: Any, request_: VideoRequest, words: str
) -> None:
    """A task type without the files it needs, or of another model, is refused; nothing is sent."""
    options = ArkOptions(omni_reference_task_type=task)
    with pytest.raises(InvalidRequest, match=words):
        await jimeng.with_ark(options).submit_video(request_)
    assert ark.requests == []
