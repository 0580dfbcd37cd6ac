"""The whole path of a video task, with the real renderer."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import av
import numpy as np
import pytest
from PIL import Image

from jimeng_core import (
    AsyncJimeng,
    Completed,
    FirstLastFrame,
    Frame,
    MultiFrame,
    Pending,
    RequestEcho,
    SubjectReference,
    Task,
    VideoRequest,
    new_task_id,
)
from jimeng_core.backends.demo.store import Store
from tests.core.demo_tools import client, draw_in_no_time, picture
from tests.each import each

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
SMALL = {"model": "seedance-2.5", "resolution": "480p", "duration": 4, "fps": 12}
RED, GREEN, BLUE = (200, 40, 40), (40, 160, 60), (40, 60, 200)
CLOSE = 25
"""Tolerated difference of two colours, in levels of 256: that of encoding and the mark."""


@dataclass
class Case:
    """A request, and the expected video; one of each mode is rendered for real."""

    request: VideoRequest
    size: tuple[int, int]
    prompt: str
    real: bool = True
    first: tuple[int, int, int] | None = None
    last: tuple[int, int, int] | None = None


def plain(colour: tuple[int, int, int], width: int = 400, height: int = 300) -> bytes:
    """A picture of one colour."""
    return picture("rgb({},{},{})".format(*colour), width, height)


CASES = {
    "first and last": Case(
        FirstLastFrame(prompt="从红到蓝", first_frame=plain(RED), last_frame=plain(BLUE), **SMALL),
        (854, 480),
        "从红到蓝",
        first=RED,
        last=BLUE,
    ),
    "first alone": Case(
        FirstLastFrame(prompt="一片绿", first_frame=plain(GREEN), ratio="1:1", **SMALL),
        (480, 480),
        "一片绿",
        real=False,
    ),
    "words alone": Case(
        FirstLastFrame(prompt="海上的猫", ratio="9:16", **SMALL),
        (480, 854),
        "海上的猫",
        real=False,
    ),
    "multi-frame": Case(
        MultiFrame(
            frames=[
                Frame(plain(RED), "起", 1),
                Frame(plain(GREEN), "", 1),
                Frame(plain(BLUE), "落", 2),
            ],
            ratio="4:3",
            fps=12,
        ),
        (960, 720),
        "起 / 落",
        first=RED,
        last=BLUE,
    ),
    "subjects": Case(
        SubjectReference(
            prompt="@图片2和@图片1跳舞",
            images=[plain(RED), plain(BLUE, 300, 600)],
            ratio="3:4",
            **SMALL,
        ),
        (480, 640),
        "@图片2和@图片1跳舞",
    ),
    "subjects of video 3.0": Case(
        SubjectReference(
            prompt="让@image1转身", images=[plain(GREEN)], model="video-3.0", ratio="1:1", fps=12
        ),
        (720, 720),
        "让@图片1转身",
        real=False,
    ),
}


@pytest.fixture
async def jimeng(tmp_path: Path) -> AsyncIterator[AsyncJimeng]:
    """A demo client."""
    async with client(tmp_path) as opened:
        yield opened


def path_of(url: str | None) -> Path:
    """The file of a `file:` URL."""
    parts = urlsplit(url or "")
    assert parts.scheme == "file"
    return Path(url2pathname(parts.path))


def colours(path: Path) -> list[tuple[float, float, float]]:
    """The mean colour of every frame of a video, which must be H.264."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    return [tuple(np.asarray(frame).mean((0, 1))) for frame in frames]


def check_file(case: Case, done: Completed) -> None:
    """Check the length, size and pictures of the file."""
    path = path_of(done.video.url)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == case.size
        assert stream.average_rate == case.request.fps
    seen = colours(path)
    assert len(seen) == case.request.duration * case.request.fps
    for expected, found in ((case.first, seen[0]), (case.last, seen[-1])):
        if expected:
            assert np.abs(np.subtract(expected, found)).mean() < CLOSE
    with Image.open(path_of(done.video.cover_url)) as poster:
        assert poster.format == "JPEG"
        assert abs(poster.width / poster.height - case.size[0] / case.size[1]) < 0.02


@each("name", CASES)
async def test_whole_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The id is returned at once, the video is as requested, and another client finds it."""
    case, seen = CASES[name], list[Task]()
    if not case.real:
        draw_in_no_time(monkeypatch)
    async with client(tmp_path) as jimeng:
        task = await jimeng.submit_video(case.request)
        assert isinstance(task, Pending)
        assert (task.progress, task.mode) == (0, case.request.mode)
        done = await jimeng.wait_video(task.id, timeout=250, on_update=seen.append)
        assert isinstance(done, Completed)
        assert seen[-1] == done
        check_order(seen)
    video = done.video
    assert (video.width, video.height) == case.size
    assert (video.duration_seconds, video.fps) == (case.request.duration, case.request.fps)
    if case.real:
        check_file(case, done)

    history_id = getattr(Store(tmp_path / "demo").load(task.id), "history_id", "")
    async with client(tmp_path) as another:
        found = await another.get_video(task.id)
        by_number = await another.get_video(history_id)
    assert found == done
    assert (by_number.id, by_number.request) == (history_id, found.request)
    echo = found.request
    assert isinstance(echo, RequestEcho)
    assert (found.mode, echo.prompt) == (case.request.mode, case.prompt)
    for same in ("model", "duration", "resolution", "ratio", "fps"):
        assert getattr(echo, same) == getattr(case.request, same)


def check_order(seen: list[Task]) -> None:
    """Check that a task waits, runs and ends, and that its progress grows to 100."""
    states = ["pending", "processing", "completed"]
    places = [states.index(task.state) for task in seen]
    assert places == sorted(places)
    progress = [task.progress for task in seen]
    assert progress == sorted(progress)
    assert [task.progress == 100 for task in seen] == [task.state == "completed" for task in seen]


async def test_many_ids(jimeng: AsyncJimeng, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty ids, also unknown, invalid and repeated ones, are found in their order."""
    draw_in_no_time(monkeypatch)
    request = CASES["first alone"].request
    tasks = [await jimeng.submit_video(request) for _ in range(3)]
    for task in tasks:
        await jimeng.wait_video(task.id, timeout=250)
    old = "0190a000-0000-7000-8000-000000000000"  # of July 2024
    ids = [
        *(tasks[0].id, "nonsense", new_task_id(), tasks[1].id.upper(), "", "7400000000000000001"),
        *(tasks[2].id, tasks[0].id, old, f" {tasks[1].id} "),
    ] * 3
    found = await jimeng.get_videos(ids)
    assert [lookup.id for lookup in found] == ids
    outcomes = [str(lookup.error.code) if lookup.error else lookup.task for lookup in found]
    assert [getattr(each, "state", each) for each in outcomes] == [
        *("completed", "invalid_task_id", "pending", "completed", "invalid_task_id", "not_found"),
        *("completed", "completed", "expired", "completed"),
    ] * 3
    assert {lookup.task.id for lookup in found if lookup.task} == {ids[i] for i in (0, 2, 3, 6, 9)}


def test_renderer_is_another_program(tmp_path: Path) -> None:
    """A client imports neither the encoder nor numpy."""
    program = (
        "import sys; from jimeng_core import Jimeng\n"
        f"with Jimeng(backend='demo', data_dir={str(tmp_path)!r}) as jimeng: jimeng.credits()\n"
        "print(sorted({'av', 'numpy', 'pandas', 'gradio'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
