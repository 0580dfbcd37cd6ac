"""The official SDK with the running app."""

import io
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import av
import httpx
import pytest
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime import _exceptions as refusals

from jimeng_core import new_task_id
from tests.http.ark_client import QUICK, WORDS, image

VISITOR = 0


def visitor() -> dict[str, str]:
    """Headers of a new visitor: the demo limits the tasks of each."""
    global VISITOR  # noqa: PLW0603 - a counter
    VISITOR += 1
    return {"x-forwarded-for": f"203.0.113.{VISITOR}"}


def ended(ark: Ark, task_id: str) -> Any:
    """Look up a task until it has ended."""
    limit = monotonic() + 90
    while (task := ark.content_generation.tasks.get(task_id=task_id)).status not in (
        "succeeded",
        "failed",
    ):
        assert monotonic() < limit
        sleep(0.1)  # the renderer needs the processor
    return task


@pytest.mark.usefixtures("real_films")
def test_from_a_picture_to_a_video(ark: Ark) -> None:
    """Create, get, list, download: a picture becomes a video that plays, without a line changed."""
    created = ark.content_generation.tasks.create(
        content=[WORDS, image(colour="red")], ratio="16:9", seed=7, extra_headers=visitor(), **QUICK
    )
    assert ark.content_generation.tasks.get(task_id=created.id).id == created.id
    task = ended(ark, created.id)
    assert (task.status, task.error, task.model) == ("succeeded", None, "seedance-2.5")
    assert (task.seed, task.resolution, task.ratio) == (7, "480p", "16:9")
    assert (task.duration, task.framespersecond) == (4, 24)
    assert 0 <= task.updated_at - task.created_at < 90
    assert abs(task.created_at - datetime.now(UTC).timestamp()) < 90
    assert (task.progress, task.state, task.mode) == (100, "completed", "first_last_frame")
    assert task.video_url == task.content.video_url

    with av.open(io.BytesIO(httpx.get(task.content.video_url).content), mode="r") as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(frames) == 4 * 24
    red, green, blue = frames[0].mean(axis=(0, 1))
    assert red > 2 * max(green, blue)

    young = [new_task_id() for _ in range(28)]  # too young to be unknown: they wait
    unknown = new_task_id(datetime.now(UTC) - timedelta(minutes=3))
    ids = [created.id, *young[:14], unknown, *young[14:]]
    listed = ark.content_generation.tasks.list(task_ids=ids)
    assert [task.id for task in listed.items] == [each for each in ids if each != unknown]
    assert [each.status for each in listed.items] == ["succeeded", *["queued"] * 28]
    assert [(each["id"], each["code"]) for each in listed.errors] == [(unknown, "not_found")]
    assert listed.total == 30


def test_failed_task(ark: Ark) -> None:
    """A failed task is a response with the reason, not an error of the look-up."""
    words = {"type": "text", "text": "#fail:content_refused"}
    created = ark.content_generation.tasks.create(content=[words], extra_headers=visitor(), **QUICK)
    task = ended(ark, created.id)
    assert (task.status, task.content) == ("failed", None)
    assert task.error.code == "content_refused"
    assert "change the words" in task.error.message


@pytest.mark.parametrize(
    ("content", "mode", "prompt"),
    [
        ([WORDS], "first_last_frame", "海边的猫"),
        ([WORDS, image("first_frame")], "first_last_frame", "海边的猫"),
        ([image("last_frame"), WORDS, image("first_frame")], "first_last_frame", "海边的猫"),
        (
            [{"type": "text", "text": "@图片2 追 @image1"}, *[image("reference_image")] * 2],
            "subject_reference",
            "@图片2 追 @image1",
        ),
        (
            [image("frame", prompt="起", duration=1), image("frame", prompt="终", duration=2)],
            "multi_frame",
            "起 / 终",
        ),
    ],
    ids=["words", "first", "first-last", "reference", "frames"],
)
def test_each_role(ark: Ark, content: list[Any], mode: str, prompt: str) -> None:
    """Every role selects its mode, and the response to a create has our fields too."""
    settings = {} if mode == "multi_frame" else QUICK
    model = {"model": None} if mode == "multi_frame" else {}
    task: Any = ark.content_generation.tasks.create(
        content=content, extra_headers=visitor(), **model, **settings
    )
    assert (task.mode, task.status, task.state) == (mode, "queued", "pending")
    assert task.duration == (3 if mode == "multi_frame" else 4)
    assert task.prompt == prompt


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("unauthorized", refusals.ArkAuthenticationError),
        ("permission_denied", refusals.ArkPermissionDeniedError),
        ("risk_control", refusals.ArkPermissionDeniedError),
        ("daily_limit", refusals.ArkRateLimitError),
    ],
)
def test_errors_of_the_site(ark: Ark, code: str, error: type[Exception]) -> None:
    """An error of the site is the SDK's exception, with our code and fields."""
    words = {"type": "text", "text": f"#fail:{code}"}
    with pytest.raises(error) as caught:
        ark.content_generation.tasks.create(content=[words], extra_headers=visitor(), **QUICK)
    raised: Any = caught.value
    assert raised.code == raised.body["code"] == code
    assert raised.body["upstream_code"]
    assert not raised.body["retryable"]


def test_no_delete_on_demo(ark: Ark) -> None:
    """A delete is refused where the upstream cannot cancel tasks."""
    with pytest.raises(
        refusals.ArkBadRequestError, match="cannot cancel or delete tasks"
    ) as caught:
        ark.content_generation.tasks.delete(task_id=new_task_id())
    assert caught.value.code == "invalid_request"


def test_keys_of_the_demo(app_url: str, ark: Ark) -> None:
    """The demo takes any key, and a task opens under every other key and on the page."""
    created = ark.content_generation.tasks.create(content=[WORDS], extra_headers=visitor(), **QUICK)
    other = Ark(base_url=f"{app_url}/demo/api/v3", api_key="somebody else")
    found: Any = other.content_generation.tasks.get(task_id=created.id)
    other.close()
    assert found.prompt == WORDS["text"]
    url = f"{app_url}/gradio_api/run/get_video"  # as the page asks: without a key
    row = httpx.post(url, json={"data": [created.id]}).json()["data"][0]
    assert row["prompt"] == WORDS["text"]


def test_configured_backend(app_url: str) -> None:
    """Without a backend in the path, the server's is used, regardless of the credential."""
    client = Ark(base_url=f"{app_url}/api/v3", api_key="a key of Ark's")
    task: Any = client.content_generation.tasks.get(task_id=new_task_id())
    client.close()
    assert task.status == "queued"
