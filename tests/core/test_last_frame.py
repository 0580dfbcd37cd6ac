"""The last frame of a video, from each backend."""

import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    Jimeng,
    NetworkError,
    NotFound,
    UpstreamUnreadable,
    new_task_id,
)
from jimeng_core import last_frame as frames
from jimeng_core.backends.demo import worker
from jimeng_core.backends.demo.backend import DemoBackend
from jimeng_core.backends.demo.render import ImagesJob, RenderJob
from jimeng_core.pictures import last_frame
from jimeng_core.pictures.last_frame import cut_last_frame
from tests import instant_films
from tests.cli.file_server import FileServer, running_file_server
from tests.clip_files import BLUE, audio_file, video_file
from tests.coloured_films import GREEN, RED, film
from tests.core.ark.fake_ark import ID, KEY, FakeArk, succeeded
from tests.core.demo_tools import InstantClock, client, picture
from tests.core.web.fake_site import FakeClock
from tests.each import each

CLOSE = 6
"""Tolerated difference of two colours, in levels of 256."""


def colour_of(data: bytes) -> Sequence[int]:
    """The colour in the middle of a picture."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("RGB"))
    return [int(level) for level in pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]]


FILM = film(RED, GREEN)


@each("frames", [1, 2, 5, 300])
def test_last_of_all(frames: int) -> None:
    """It is the frame that is shown last, in the colours that the video names."""
    data = cut_last_frame(film(*[GREEN] * (frames - 1), RED))
    assert colour_of(data) == pytest.approx(RED, abs=CLOSE)


@each(("height", "shown"), [(480, RED), (720, (214, 55, 38))])
def test_colours_without_a_name(height: int, shown: tuple[int, int, int]) -> None:
    """Without a name, colours are those that players assume: by the video's height."""
    data = cut_last_frame(film(RED, size=(64, height), named=False))
    assert colour_of(data) == pytest.approx(shown, abs=CLOSE)


def test_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing can be decoded from the last keyframe on, the film is decoded from its start."""
    cut = last_frame._last
    monkeypatch.setattr(
        last_frame,
        "_last",
        lambda data, *, from_keyframe: None if from_keyframe else cut(data, from_keyframe=False),
    )
    assert colour_of(cut_last_frame(film(GREEN, RED))) == pytest.approx(RED, abs=CLOSE)


@each(
    "data",
    [
        b"",
        b"a text, and no film",
        b"#EXTM3U\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        film(RED)[:-200],
        audio_file(form="mp4"),
        picture(),
    ],
)
def test_no_film(data: bytes) -> None:
    """What has no video is unreadable; nothing that it names is opened."""
    with pytest.raises(UpstreamUnreadable) as caught:
        cut_last_frame(data)
    assert "last frame" in caught.value.message


@given(st.dictionaries(st.integers(0, len(FILM) - 1), st.integers(0, 255)), st.integers(0, 400))
def test_damaged_film(changes: dict[int, int], cut: int) -> None:
    """A damaged film has a frame, or is unreadable."""
    data = bytearray(FILM)
    for place, byte in changes.items():
        data[place] = byte
    data = data[: len(data) - cut]
    with suppress(UpstreamUnreadable):
        assert cut_last_frame(bytes(data)).startswith(b"\x89PNG")


@each("options", [{"sound": True}, {"codec": "libx265"}])
def test_other_films(options: dict[str, Any]) -> None:
    """Sound does not matter, and H.265 is read as well."""
    data = cut_last_frame(video_file(0.5, **options))
    assert colour_of(data) == pytest.approx(BLUE, abs=CLOSE)


def test_film_without_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film from which nothing can be decoded is unreadable, and so is one of an unknown codec."""
    with pytest.raises(UpstreamUnreadable) as caught:
        cut_last_frame(FILM.replace(b"avc1", b"zzz1"))
    assert caught.value.upstream_code == "no decoder"
    monkeypatch.setattr(last_frame, "_last", lambda _data, *, from_keyframe: None)
    with pytest.raises(UpstreamUnreadable) as caught:
        cut_last_frame(FILM)
    assert caught.value.upstream_code == "no frame"


@each(("name", "limit"), [("MAX_PIXELS", 64 * 48 - 1), ("MAX_SECONDS", -1)])
def test_limits(name: str, limit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is too large, and a decoding that takes too long, are given up."""
    monkeypatch.setattr(last_frame, name, limit)
    with pytest.raises(UpstreamUnreadable):
        cut_last_frame(film(RED))


def red_film(job: RenderJob | ImagesJob) -> Any:
    """Write a film that ends in red, in place of the demo's renderer."""
    started = instant_films.start(job)
    if isinstance(job, RenderJob):
        job.video.write_bytes(film(GREEN, RED))
    return started


@pytest.fixture
def _red_films(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_start", red_film)


@pytest.mark.anyio
@pytest.mark.usefixtures("_red_films")
@each("media_base", [None, "/demo-media"])
async def test_demo(
    tmp_path: Path, media_base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's film is read where it is; the frame is that of a finished video."""
    request = FirstLastFrame(prompt="海", return_last_frame=True)
    async with client(tmp_path, media_base=media_base) as jimeng:
        task = await jimeng.generate_video(request, timeout=250)
        assert colour_of(await jimeng.last_frame(task.id)) == pytest.approx(RED, abs=CLOSE)
        for video in tmp_path.rglob("*.mp4"):
            video.unlink()
        with pytest.raises(NetworkError, match="downloaded"):
            await jimeng.last_frame(task.id)
        monkeypatch.setattr(DemoBackend, "local_file", lambda _backend, _url: tmp_path)
        with pytest.raises(NetworkError, match="downloaded"):
            await jimeng.last_frame(task.id)


@pytest.mark.usefixtures("_red_films")
def test_without_await(tmp_path: Path) -> None:
    """`Jimeng` has the same call."""
    with Jimeng("demo", data_dir=tmp_path, demo_pace=0, clock=InstantClock()) as jimeng:
        task = jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=250)
        assert colour_of(jimeng.last_frame(task.id)) == pytest.approx(RED, abs=CLOSE)


@pytest.mark.anyio
@pytest.mark.usefixtures("_red_films")
async def test_tasks_without_a_video(tmp_path: Path) -> None:
    """A task that runs, failed or makes images has none, and the sentence says which it is."""
    async with client(tmp_path) as jimeng:
        images = await jimeng.generate(ImageRequest(prompt="海", count=1), timeout=250)
        failed = await jimeng.generate(FirstLastFrame(prompt="#fail:content_refused"), timeout=250)
        for task_id, sentence in (
            (images.id, "images"),
            (failed.id, "failed"),
            (new_task_id(), "not ended"),
        ):
            with pytest.raises(InvalidRequest, match=sentence) as caught:
                await jimeng.last_frame(task_id)
            assert caught.value.task_id == task_id
        with pytest.raises(NotFound):
            await jimeng.last_frame("00000000-0000-4000-8000-000000000000")


@pytest.mark.anyio
@pytest.mark.usefixtures("_red_films")
async def test_turn_that_does_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose turn does not come in time is a network error; the next one works."""
    async with client(tmp_path) as jimeng:
        task = await jimeng.generate_video(FirstLastFrame(prompt="海"), timeout=250)
        async with jimeng._last_frames._one:
            monkeypatch.setattr(frames, "TOTAL_SECONDS", 0.01)
            with pytest.raises(NetworkError) as caught:
                await jimeng.last_frame(task.id)
        assert (caught.value.task_id, caught.value.upstream_code) == (task.id, "time is up")
        monkeypatch.undo()
        assert (await jimeng.last_frame(task.id)).startswith(b"\x89PNG")


@pytest.fixture
def ark() -> FakeArk:
    """An Ark that works."""
    return FakeArk(FakeClock())


async def of_ark(ark: FakeArk, content: dict[str, str], *, private: bool = True) -> bytes:
    """The last frame of a task on Ark whose result has these URLs."""
    ark.records[ID] = succeeded(content=content)
    async with AsyncJimeng(
        "ark", KEY, transport=ark.transport, clock=FakeClock(), allow_private_urls=private
    ) as jimeng:
        return await jimeng.last_frame(ID)


@pytest.mark.anyio
async def test_picture_of_ark(ark: FakeArk) -> None:
    """Ark's own picture is returned byte for byte, and the film is not downloaded."""
    with running_file_server() as files:
        content = {"video_url": f"{files.url}/a.mp4", "last_frame_url": files.put("/a", picture())}
        assert await of_ark(ark, content) == picture()
        assert len(files.requested) == 1


def broken_pictures(files: FileServer) -> list[dict[str, str]]:
    """URLs of a last frame that is no picture, is missing, or is not there."""
    files.put("/404", b"").strip()
    files.files["/404"].statuses = [404]
    return [
        {},
        {"last_frame_url": files.put("/text", b"no picture")},
        {"last_frame_url": f"{files.url}/404"},
    ]


@pytest.mark.anyio
async def test_film_of_ark(ark: FakeArk) -> None:
    """Without a picture that can be read, the frame is cut from the film."""
    with running_file_server() as files:
        for last in broken_pictures(files):
            content = {"video_url": files.put("/a.mp4", film(GREEN, RED)), **last}
            assert colour_of(await of_ark(ark, content)) == pytest.approx(RED, abs=CLOSE)
        files.put("/a.mp4", b"no film")
        with pytest.raises(UpstreamUnreadable) as caught:
            await of_ark(ark, {"video_url": f"{files.url}/a.mp4"})
        assert caught.value.task_id == ID


@pytest.mark.anyio
async def test_private_address(ark: FakeArk) -> None:
    """A result at a private address is not fetched unless a setting allows it."""
    with running_file_server() as files:
        content = {"video_url": files.put("/a.mp4", film(RED))}
        with pytest.raises(NetworkError, match="JIMENG_ALLOW_PRIVATE_URLS"):
            await of_ark(ark, content, private=False)
        assert files.requested == []
