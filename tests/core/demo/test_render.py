"""Videos of the demo's renderer."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jimeng_core.backends.demo.render import RenderJob, Shot
from jimeng_core.backends.demo.render.output import render_video
from tests.each import each

RED, GREEN, BLUE, GREY = (200, 40, 40), (40, 160, 60), (40, 60, 200), (128, 128, 128)
WIDTH, HEIGHT, FPS = 320, 180, 12
CLOSE = 8.0
"""Tolerated difference of two colours, in levels of 256: that of encoding."""

Pixels = npt.NDArray[np.uint8]


def picture(
    folder: Path, name: str, colour: tuple[int, int, int], size: tuple[int, int] = (400, 300)
) -> Path:
    """Save a picture of one colour."""
    path = folder / f"{name}.png"
    Image.new("RGB", size, colour).save(path)
    return path


def job(folder: Path, mode: str = "first_last_frame", **changes: Any) -> RenderJob:
    """Make a small job that writes into `folder`."""
    fields: dict[str, Any] = {
        "prompt": "",
        "shots": (),
        "width": WIDTH,
        "height": HEIGHT,
        "fps": FPS,
        "seconds": 1,
        "seed": 1,
        "video": folder / "video.mp4",
        "poster": folder / "video.jpg",
    }
    return RenderJob(mode=mode, **(fields | changes))  # type: ignore[arg-type] # any of the modes


def frames(path: Path) -> list[Pixels]:
    """Read all frames of a video, as RGB."""
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)
        ]


def colour_of(frame: Pixels) -> npt.NDArray[np.float64]:
    """The mean colour of the middle, without the mark and captions."""
    mean: npt.NDArray[np.float64] = frame[60:120, 80:240].mean(axis=(0, 1))
    return mean


def looks_like(frame: Pixels, colour: Sequence[int]) -> bool:
    """Whether the middle of a frame has this colour."""
    return bool(np.abs(colour_of(frame) - colour).max() < CLOSE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> RenderJob:
    """A video from red to blue, rendered once for several tests."""
    folder = tmp_path_factory.mktemp("two")
    shots = (Shot(picture(folder, "a", RED)), Shot(picture(folder, "b", BLUE)))
    made = job(folder, shots=shots, seconds=2)
    render_video(made)
    return made


def test_file(two: RenderJob) -> None:
    """The MP4 is H.264 with the size, frame rate, length and number of frames of the job."""
    with av.open(str(two.video)) as container:
        [stream] = container.streams
        assert isinstance(stream, av.VideoStream)
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (WIDTH, HEIGHT)
        assert float(stream.average_rate or 0) == FPS
        assert stream.frames == 2 * FPS
        assert container.duration == 2 * av.time_base
        assert len(list(container.decode(video=0))) == 2 * FPS


@each("fps", [25, 60])
def test_any_rate_keeps_the_length(tmp_path: Path, fps: int) -> None:
    """At every frame rate, the video has the length of the job."""
    made = job(tmp_path, shots=(Shot(picture(tmp_path, "a", RED)),), fps=fps, width=64, height=48)
    render_video(made)
    with av.open(str(made.video)) as container:
        assert container.duration == av.time_base
        assert len(list(container.decode(video=0))) == fps


def test_plays_while_it_loads(two: RenderJob) -> None:
    """The index precedes the frames, so that a browser plays the video while it loads."""
    content = two.video.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_uses_one_core(two: RenderJob) -> None:
    """The encoder uses one thread (it writes its settings into the video)."""
    assert b" threads=1 lookahead_threads=1 " in two.video.read_bytes()


def test_colours_are_declared(two: RenderJob) -> None:
    """The file declares its colour space, so that no player has to guess."""
    with av.open(str(two.video)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)  # BT.709, limited


def test_opens_on_the_first_and_ends_on_the_last(two: RenderJob) -> None:
    """The first frame shows the first picture, the last frame the last one, the middle both."""
    seen = frames(two.video)
    assert looks_like(seen[0], RED)
    assert looks_like(seen[-1], BLUE)
    assert looks_like(
        seen[len(seen) // 2], [(one + two) // 2 for one, two in zip(RED, BLUE, strict=True)]
    )


def test_first_frame_is_the_whole_picture(tmp_path: Path) -> None:
    """A picture with the video's ratio is shown uncropped in the first frame."""
    halves = Image.new("RGB", (WIDTH, HEIGHT), RED)
    halves.paste(GREEN, (0, HEIGHT - 12, WIDTH, HEIGHT))
    halves.save(tmp_path / "a.png")
    made = job(tmp_path, shots=(Shot(tmp_path / "a.png"),))
    render_video(made)
    first, *_, last = frames(made.video)
    assert np.abs(first[-8:].mean(axis=(0, 1)) - GREEN).max() < CLOSE
    assert np.abs(first[-24:-16].mean(axis=(0, 1)) - RED).max() < CLOSE
    assert (first != last).any()  # and the camera moves


def test_no_pictures_shows_the_prompt(tmp_path: Path) -> None:
    """A video without pictures shows its prompt."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, prompt in ((one, "海边的猫"), (other, "山上的狗")):
        folder.mkdir()
        render_video(job(folder, prompt=prompt))
    first, second = (frames(folder / "video.mp4")[6].astype(int) for folder in (one, other))
    assert (first[60:120].min(axis=2) > 200).any()
    assert np.abs(first - second).max() > 100
    assert (
        np.abs(first[:40, :200] - second[:40, :200]).max() < 30
    )  # the same background: the same seed


def test_every_frame_has_its_own_time(tmp_path: Path) -> None:
    """Each picture of a multi-frame video is shown during its own seconds, in order."""
    colours, spans = (RED, GREEN, BLUE, GREY), (1, 2, 1, 1)
    shots = tuple(
        Shot(picture(tmp_path, f"{number}", colour), seconds)
        for number, (colour, seconds) in enumerate(zip(colours, spans, strict=True))
    )
    made = job(tmp_path, "multi_frame", shots=shots, seconds=sum(spans))
    render_video(made)
    seen = frames(made.video)
    start = 0
    for colour, seconds in zip(colours, spans, strict=True):
        middle = (start + seconds / 2) * FPS
        assert looks_like(seen[int(middle) - 2], colour)
        assert looks_like(seen[int(middle)], colour)
        assert looks_like(seen[int(middle) + 2], colour)
        start += seconds
    assert looks_like(seen[0], RED)
    assert looks_like(seen[-1], GREY)


def test_captions_stand_at_the_bottom(tmp_path: Path) -> None:
    """A caption is legible at the bottom of its own picture, even on white."""
    white = picture(tmp_path, "white", (255, 255, 255))
    shots = (Shot(white, 1, "海边的猫 by the sea"), Shot(white, 1))
    made = job(tmp_path, "multi_frame", shots=shots, seconds=2)
    render_video(made)
    seen = frames(made.video)
    with_caption, without = seen[FPS // 2], seen[FPS + FPS // 2]
    assert without[130:].min() > 240
    assert with_caption[140:].min() < 130  # the ground is dark
    assert with_caption[140:].max() > 225  # and the letters are light
    assert np.abs(with_caption[40:80].astype(int) - without[40:80]).max() < CLOSE


@each("count", [1, 2, 5, 9])
def test_every_subject_is_seen(tmp_path: Path, count: int) -> None:
    """All subjects are shown at once, in reading order and uncropped."""
    colours = [(25 * number, 230 - 25 * number, 90 * (number % 3)) for number in range(count)]
    sizes = [(120, 90 + 30 * (number % 3)) for number in range(count)]
    pictures = [
        picture(tmp_path, f"{number}", colour, size)
        for number, (colour, size) in enumerate(zip(colours, sizes, strict=True))
    ]
    shots = tuple(Shot(path) for path in pictures)
    made = job(
        tmp_path,
        "subject_reference",
        shots=shots,
        prompt="@图片1 走来",
        width=640,
        height=360,
        fps=4,
    )
    render_video(made)
    frame = frames(made.video)[-1].astype(int)
    corners = []
    for colour, size in zip(colours, sizes, strict=True):
        mine = np.abs(frame - colour).max(axis=2) < 12
        # Single pixels of the same colour may be anywhere, where two others meet.
        rows, columns = (np.nonzero(mine.sum(axis=axis) > 8)[0] for axis in (1, 0))
        assert len(columns) / len(rows) == pytest.approx(size[0] / size[1], rel=0.1)
        corners.append((round(float(rows.mean()) / 50), float(columns.mean())))
    assert corners == sorted(corners)


@each("mode", ["first_last_frame", "multi_frame", "subject_reference"])
def test_every_frame_is_marked(tmp_path: Path, mode: str) -> None:
    """The word DEMO is in a corner of every frame, in every kind of video."""
    white = picture(tmp_path, "white", (255, 255, 255))
    made = job(tmp_path, mode, shots=(Shot(white, 1), Shot(white, 1)), seconds=2)
    render_video(made)
    for frame in frames(made.video):
        corner = frame[:24, -60:].astype(int)
        assert corner.max() - corner.min() > 60


def test_poster_is_a_small_jpeg(tmp_path: Path) -> None:
    """The poster is a JPEG of at most 640 pixels that shows the start of the video."""
    made = job(tmp_path, shots=(Shot(picture(tmp_path, "a", GREEN)),), width=720, height=1280)
    render_video(made)
    with Image.open(made.poster) as poster:
        assert poster.format == "JPEG"
        assert poster.size == (360, 640)
        assert np.abs(np.asarray(poster).mean(axis=(0, 1)) - GREEN).max() < CLOSE


def test_same_job_same_bytes(tmp_path: Path) -> None:
    """The same job gives the same file, and another seed another file."""
    digests = []
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        folder = tmp_path / name
        folder.mkdir()
        render_video(job(folder, prompt="海", seed=seed))
        digests.append(hashlib.sha256((folder / "video.mp4").read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_half_a_video_never_has_the_name(tmp_path: Path) -> None:
    """The incomplete file of a killed renderer is removed."""
    made = job(tmp_path, shots=(Shot(picture(tmp_path, "a", RED)),))
    (tmp_path / ".video.mp4.99999.part").write_bytes(b"half")
    assert not made.video.exists()
    render_video(made)
    assert looks_like(frames(made.video)[0], RED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "video.jpg", "video.mp4"]


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    """A job with a broken picture leaves no video, poster or temporary file."""
    (tmp_path / "b.png").write_bytes(b"not a picture")
    made = job(tmp_path, shots=(Shot(picture(tmp_path, "a", RED)), Shot(tmp_path / "b.png")))
    with pytest.raises(OSError, match="cannot identify"):
        render_video(made)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_older_video_stays_until_the_new_one_is_whole(tmp_path: Path, two: RenderJob) -> None:
    """A job that fails leaves an older video unchanged."""
    made = job(tmp_path, shots=(Shot(tmp_path / "missing.png"),))
    made.video.write_bytes(two.video.read_bytes())
    with pytest.raises(FileNotFoundError):
        render_video(made)
    assert made.video.read_bytes() == two.video.read_bytes()


@each("prompt", ["", "🐱🐱", "a" * 2000, "海" * 2000, "…。" * 50])
def test_no_text_breaks_the_title(tmp_path: Path, prompt: str) -> None:
    """Any prompt can be rendered."""
    made = job(tmp_path, prompt=prompt, fps=2)
    render_video(made)
    assert len(frames(made.video)) == 2
