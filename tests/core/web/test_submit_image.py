"""Images on the site: the same calls as for videos, over the same wire."""

import json

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    CompletedImages,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    JimengError,
    Pending,
    SubmitUnconfirmed,
    Task,
)
from tests.core.web.fake_site import FakeClock, FakeSite, Json, png, sent_json
from tests.core.web.record_tools import ORIGIN, item, origin

pytestmark = pytest.mark.anyio
SEA = ImageRequest(prompt="海", count=2)
GENERATE, LOOK_UP = "/mweb/v1/aigc_draft/generate", "/mweb/v1/get_history_by_ids"


def images_record(clock: FakeClock, *names: str) -> Json:
    """A finished record of images."""
    now = clock.now().timestamp()
    items = [{"image": {"large_images": [{"image_url": f"https://p.example/{n}"}]}} for n in names]
    return {"generate_type": 1, "status": 50, "created_time": now, "item_list": items}


def paths(site: FakeSite) -> list[str]:
    """The paths of everything that was sent."""
    return [request.url.path for request in site.requests]


async def test_one_request(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Images from a prompt are one request under our id, and the task is pending at once."""
    task = await jimeng.submit_image(SEA)
    assert isinstance(task, Pending)
    assert (task.mode, task.request, task.progress) == ("image", SEA, 0)
    assert paths(site) == [GENERATE]
    assert sent_json(site.generate.calls.last.request)["submit_id"] == task.id


async def test_pictures_are_uploaded_first(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Pictures are uploaded, each content once; the draft names each of them in order."""
    pictures = (png(), png("navy"), png())
    await jimeng.submit_image(SEA.model_copy(update={"images": pictures}))
    draft = json.loads(sent_json(site.generate.calls.last.request)["draft_content"])
    abilities = draft["component_list"][0]["abilities"]["blend"]["ability_list"]
    one, other = "tos-cn-i-tb4s082cfz/1-0", "tos-cn-i-tb4s082cfz/1-1"
    assert [ability["image_uri_list"] for ability in abilities] == [[one], [other], [one]]
    assert site.upload.call_count == 2


async def test_seed(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Without a chosen seed each submission has another one; a chosen one is sent."""
    for request in (SEA, SEA, SEA.model_copy(update={"seed": 7})):
        await jimeng.submit_image(request)
    drafts = [json.loads(sent_json(call.request)["draft_content"]) for call in site.generate.calls]
    seeds = [
        draft["component_list"][0]["abilities"]["generate"]["core_param"]["seed"]
        for draft in drafts
    ]
    assert seeds[0] != seeds[1]
    assert seeds[2] == 7
    assert all(0 <= seed < 2**32 for seed in seeds)


async def test_refused_before_it_is_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """An invalid request is refused with the field to change, and nothing is sent."""
    with pytest.raises(InvalidRequest) as caught:
        await jimeng.submit_image(ImageRequest(prompt="海", count=9, images=(png(),)))
    assert [problem.field for problem in caught.value.problems] == ["count"]
    assert site.requests == []


async def test_lost_answer(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If the response is lost the id is looked up, and nothing is sent twice."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    task = await jimeng.submit_image(SEA)
    assert (task.mode, task.request) == ("image", SEA)
    assert paths(site) == [GENERATE, LOOK_UP]
    site.generate.mock(return_value=httpx.Response(504))
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_image(SEA)
    assert caught.value.task_id
    again = await jimeng.submit_image(SEA, task_id=task.id)
    assert again.id == task.id
    assert site.generate.call_count == 2


async def test_generate_image(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Submit and wait in one call: polled after 2 s for the first time, until they are there."""
    seen: list[Task] = []

    def watch(task: Task) -> None:
        seen.append(task)
        if len(seen) == 2:
            site.records[task.id] = images_record(clock, "a", "b")

    done = await jimeng.generate_image(SEA, timeout=60, on_update=watch)
    assert isinstance(done, CompletedImages)
    assert [image.url for image in done.images] == ["https://p.example/a", "https://p.example/b"]
    assert (done.mode, done.request) == ("image", SEA), (
        "the client knows the request, if the record does not"
    )
    assert [str(task.state) for task in seen] == ["pending", "pending", "completed"]
    assert clock.sleeps == [2, 3]
    assert paths(site) == [GENERATE, LOOK_UP, LOOK_UP]


async def test_both_kinds_in_one_request(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """Ids of a video and of images are looked up in one request, each as its own kind."""
    video = await jimeng.submit_video(FirstLastFrame(prompt="海"))
    image = await jimeng.submit_image(SEA)
    now = clock.now().timestamp()
    film = {"status": 50, "created_time": now, "item_list": [item({"origin": origin()})]}
    site.records |= {video.id: film, image.id: images_record(clock, "a")}
    found = await jimeng.get_videos([image.id, video.id])
    assert site.looked_up() == [[image.id, video.id]]
    rows = [lookup.row() for lookup in found]
    assert [row["image_urls"] for row in rows] == [["https://p.example/a"], None]
    assert [row["video_url"] for row in rows] == [None, ORIGIN]


async def test_one_look_up(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """`get_image` is one request, whatever its result."""
    task = await jimeng.submit_image(SEA)
    site.records[task.id] = images_record(clock, "a")
    done = await jimeng.get_image(task.id)
    assert isinstance(done, CompletedImages)
    site.look_up.mock(side_effect=httpx.ConnectError("c"))
    with pytest.raises(JimengError):
        await jimeng.get_image(task.id)
    assert site.look_up.call_count == 2
