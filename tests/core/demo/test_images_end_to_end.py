"""The whole path of an image task, with the real renderer."""

import dataclasses
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from PIL import Image

from jimeng_core import (
    AsyncJimeng,
    CompletedImages,
    ErrorCode,
    Expired,
    Failed,
    FirstLastFrame,
    ImageRequest,
    JimengError,
    Pending,
    RequestEcho,
    Task,
    TooManyRunning,
)
from jimeng_core.backends.demo import backend, worker
from jimeng_core.backends.demo.render import ImagesJob
from jimeng_core.backends.demo.site import DemoLimits, DemoSite
from jimeng_core.backends.demo.store import Store
from tests.core.demo_tools import ManualClock, client, draw_in_no_time, picture, rendered, until
from tests.each import each

pytestmark = pytest.mark.anyio

SEA = ImageRequest(prompt="海", count=3)
CASES = {
    "words": ImageRequest(prompt="# 海上的猫", count=1, ratio="21:9", seed=7),
    "pictures": ImageRequest(
        prompt="##像@图片2", images=(picture(), picture("red"), picture()), count=2, ratio="2:3"
    ),
}
REAL = "words"
"""The case that is rendered for real; test_render_images.py has the pictures of others."""
SIZES = {
    "words": (3024, 1296),
    "pictures": (1664, 2496),
}


def path_of(url: str) -> Path:
    """The file of a `file:` URL."""
    parts = urlsplit(url)
    assert parts.scheme == "file"
    return Path(url2pathname(parts.path))


@each("name", CASES)
async def test_whole_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The id is returned at once, the images are as requested, and another client finds them."""
    request, size, seen = CASES[name], SIZES[name], list[Task]()
    if name != REAL:
        draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_image(request)
        assert isinstance(task, Pending)
        assert (task.progress, task.mode, task.request) == (0, "image", request)
        done = await jimeng.wait_video(task.id, timeout=250, on_update=seen.append)
    assert isinstance(done, CompletedImages)
    assert seen[-1] == done
    assert len(done.images) == len({image.url for image in done.images}) == request.count
    for image in done.images:
        assert (image.width, image.height) == size
        if name == REAL:
            with Image.open(path_of(image.url)) as opened:
                assert (opened.format, opened.size) == ("JPEG", size)

    async with client(tmp_path) as another:
        found = await another.get_image(task.id)
        [lookup] = await another.get_images([task.id])
    assert found == lookup.task == done
    row = lookup.row()
    assert row["image_urls"] == [image.url for image in done.images]
    assert (row["mode"], row["video_url"], row["duration_seconds"]) == ("image", None, None)
    echo = found.request
    assert isinstance(echo, RequestEcho)
    for same in ("prompt", "model", "resolution", "ratio"):
        assert getattr(echo, same) == getattr(request, same)
    assert request.seed in (None, echo.seed)


async def test_same_seed_same_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks with the same seed are rendered alike, tasks with another seed are not."""
    draw_in_no_time(monkeypatch)
    start, jobs = worker._start, list[ImagesJob]()

    def started(job: ImagesJob) -> subprocess.Popen[bytes]:
        jobs.append(job)
        return start(job)

    monkeypatch.setattr(worker, "_start", started)
    async with client(tmp_path) as jimeng:
        for seed in (7, 7, 8):
            request = ImageRequest(prompt="海", count=1, seed=seed)
            await jimeng.generate_image(request, timeout=250)
    first, same, other = (dataclasses.replace(job, images=(Path("a.jpg"),)) for job in jobs)
    assert first == same != other


async def test_generate_image(jimeng: AsyncJimeng) -> None:
    """One call submits and waits, and returns what a look-up returns."""
    seen: list[Task] = []
    done = await jimeng.generate_image(SEA, timeout=250, on_update=seen.append)
    assert isinstance(done, CompletedImages)
    assert isinstance(seen[0], Pending)
    assert seen[-1] == done == await jimeng.get_image(done.id)
    assert len(done.images) == 3


@pytest.mark.parametrize("count", range(1, 9))
async def test_count(count: int, jimeng: AsyncJimeng) -> None:
    """One task makes any number of images from 1 to 8."""
    done = await jimeng.generate_image(SEA.model_copy(update={"count": count}), timeout=250)
    assert isinstance(done, CompletedImages)
    assert len(done.images) == count


async def test_videos_and_images_in_one_call(jimeng: AsyncJimeng) -> None:
    """Both calls look up ids of videos and images, also mixed."""
    image = await jimeng.generate_image(SEA, timeout=250)
    video = await jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=250)
    for ask in (jimeng.get_videos, jimeng.get_images):
        found = await ask([image.id, video.id, "nonsense", image.id])
        assert [lookup.task for lookup in found] == [image, video, None, image]
        assert [lookup.row()["mode"] for lookup in found] == [
            *("image", "first_last_frame", None, "image")
        ]
    assert await jimeng.get_video(image.id) == image
    assert await jimeng.get_image(video.id) == video


async def test_links_of_an_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an app serves the files, the URLs are paths of the app, and no paths of a disk."""
    draw_in_no_time(monkeypatch)
    async with client(tmp_path, media_base="/media") as jimeng:
        done = await jimeng.generate_image(SEA, timeout=250)
    assert isinstance(done, CompletedImages)
    urls = [image.url for image in done.images]
    assert urls == [f"/media/{done.id}-{number}.jpg" for number in (1, 2, 3)]


@pytest.mark.parametrize("images", [(), (picture(),)])
@pytest.mark.parametrize(
    "code", ["content_refused", "generation_timeout", "upstream_unreadable", "generation_failed"]
)
async def test_requested_failure(code: str, images: tuple[bytes, ...], jimeng: AsyncJimeng) -> None:
    """A prompt can request that an image task fails."""
    request = ImageRequest(prompt=f"#fail:{code}", images=images)
    done = await jimeng.generate_image(request, timeout=250)
    assert isinstance(done, Failed)
    assert (str(done.failure.code), done.mode) == (code, "image")
    assert await jimeng.get_image(done.id) == done


@pytest.mark.parametrize("code", ["risk_control", "rate_limited", "daily_limit"])
async def test_requested_refusal(code: str, jimeng: AsyncJimeng, tmp_path: Path) -> None:
    """A prompt can request that an image task is refused, so that none is stored."""
    with pytest.raises(JimengError) as caught:
        await jimeng.submit_image(ImageRequest(prompt=f"海 #fail:{code}"))
    assert str(caught.value.code) == code
    assert list(Store(tmp_path / "demo").all()) == []


async def test_requested_expiry(jimeng: AsyncJimeng) -> None:
    """A prompt can request that an image task expires."""
    with pytest.raises(Expired):
        await jimeng.generate_image(ImageRequest(prompt="#fail:expired"), timeout=250)


async def test_images_that_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renderer that fails makes a failed task, and leaves no files."""
    draw_in_no_time(monkeypatch, code=1)
    async with client(tmp_path) as jimeng:
        done = await jimeng.generate_image(SEA, timeout=250)
    assert isinstance(done, Failed)
    assert done.failure.code is ErrorCode.GENERATION_FAILED
    assert list((tmp_path / "demo" / "media").iterdir()) == []


async def test_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At pace 1 images wait and run as videos do, with growing progress."""
    draw_in_no_time(monkeypatch)
    clock, seen = ManualClock(), list[tuple[str, int]]()
    async with client(tmp_path, demo_pace=1, clock=clock) as jimeng:
        task = await jimeng.submit_image(SEA)
        await rendered(tmp_path / "demo", task.id)
        for seconds in (1, 5, 8, 11):
            clock.forward(seconds - clock.monotonic())
            found = await jimeng.get_image(task.id)
            seen.append((str(found.state), found.progress))
    states = [state for state, _ in seen]
    assert states == ["pending", "processing", "processing", "completed"]
    assert [progress for _, progress in seen] == sorted({progress for _, progress in seen})


async def test_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image task counts against the same limit as a video, however many images it has."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path, visitor="one") as jimeng:
        await jimeng.submit_video(FirstLastFrame(prompt="海"))
        for _ in range(2):
            await jimeng.submit_image(SEA)
        with pytest.raises(TooManyRunning):
            await jimeng.submit_image(SEA)


async def test_storage_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the storage limit all images of the oldest tasks are evicted; they are `expired`."""
    draw_in_no_time(monkeypatch, size=4000)
    monkeypatch.setattr(backend, "DemoSite", partial(DemoSite, limits=DemoLimits(max_bytes=10_000)))
    async with client(tmp_path) as jimeng:
        done = [await jimeng.generate_image(SEA, timeout=250) for _ in range(4)]
        await until(lambda: Store(tmp_path / "demo").all()[1].deleted)
        found = await jimeng.get_images([task.id for task in done])
    codes = [str(lookup.error.code) if lookup.error else "" for lookup in found]
    assert codes == ["expired", "expired", "", ""]
    stored = sorted(path.name for path in (tmp_path / "demo" / "media").iterdir())
    assert stored == sorted(f"{task.id}-{n}.jpg" for task in done[2:] for n in (1, 2, 3))


@each("there", [0, 2, 3])
async def test_existing_images(there: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images that all exist are not rendered again; when one is missing, all are."""
    draw_in_no_time(monkeypatch, seconds=60)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_image(SEA)
    files = [tmp_path / "demo" / "media" / f"{task.id}-{number}.jpg" for number in (1, 2, 3)]
    for path in files[:there]:
        path.write_bytes(b"older")
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=250)
    assert isinstance(done, CompletedImages)
    whole = there == len(files)
    assert [path.read_bytes() == b"older" for path in files] == [whole] * 3


async def test_closed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images being rendered when the client closed leave no files, and the next renders them."""
    media = tmp_path / "demo" / "media"
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_image(ImageRequest(prompt="海", count=8))
        await until(lambda: any(media.glob(".*.part")))
    assert list(media.iterdir()) == []
    assert list((tmp_path / "demo").rglob(".*")) == []
    draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        done = await jimeng.wait_video(task.id, timeout=250)
    assert isinstance(done, CompletedImages)
    assert len(list(media.iterdir())) == 8
