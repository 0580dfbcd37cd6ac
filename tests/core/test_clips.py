"""Reference videos and audios: what is measured in them, and which may be sent."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import av
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core import AsyncJimeng, InvalidRequest, SubjectReference, submissions
from jimeng_core.clips import loading
from jimeng_core.clips.loading import load_clip, read_clip
from jimeng_core.clips.measure import measure
from jimeng_core.clips.measurement import Measured, check_audio, check_video
from jimeng_core.marks import ReferenceKind
from jimeng_core.sources import BadFile
from tests.clip_files import audio_file, turned, video_file
from tests.each import each

VIDEO, AUDIO = ReferenceKind.VIDEO, ReferenceKind.AUDIO
GOOD = Measured(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    brand="isom",
    video="h264",
    width=1280,
    height=720,
    fps=24,
    seconds=5,
)
SOUND = Measured(container="mp3", audio="mp3float", seconds=5)


def refusal(check: Callable[[Measured], None], found: Measured) -> str:
    """The sentence that refuses a file; it says what to do, in both languages."""
    with pytest.raises(BadFile) as caught:
        check(found)
    assert re.search(r"[;:] ?\w+.*\.$", caught.value.en)
    assert re.search(r"[一-鿿].*。$", caught.value.zh)
    return caught.value.en


@each(
    ("data", "found"),
    [
        (video_file, {"video": "h264", "width": 640, "height": 640, "fps": 24, "seconds": 2}),
        (lambda: video_file(sound=True), {"video": "h264", "audio": "aac", "seconds": 2}),
        (lambda: video_file(form="mov"), {"format": "mov", "video": "h264"}),
        (
            lambda: video_file(1, codec="libx265", form="matroska"),
            {"format": "matroska", "video": "hevc"},
        ),
        (lambda: video_file(fps=10), {"fps": 10, "seconds": 2}),
        (lambda: turned(video_file(2, (640, 720))), {"width": 720, "height": 640}),
        (audio_file, {"format": "mp3", "audio": "mp3float", "video": "", "broken": False}),
        (lambda: audio_file(form="wav"), {"format": "wav", "audio": "pcm_s16le", "seconds": 2}),
        (lambda: audio_file(form="mp4"), {"format": "mp4", "audio": "aac", "video": ""}),
        (lambda: b"no video at all, whatever it is named", {"container": "", "format": ""}),
        (lambda: video_file()[:-500], {"container": ""}),
    ],
)
def test_measured(data: Callable[[], bytes], found: dict[str, object]) -> None:
    """The program finds the format, codecs, size, frame rate and length of a file."""
    measured = Measured.model_validate(measure(data()))
    for name, value in found.items():
        expected = pytest.approx(value, abs=0.05) if isinstance(value, int | float) else value
        assert getattr(measured, name) == expected, name


def test_measured_without_its_content() -> None:
    """A video whose frames are overwritten is broken; a file of subtitles alone has no streams."""
    whole = video_file()
    start, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    assert measure(whole[:start] + bytes(end - start) + whole[end:])["broken"]
    subtitles = measure(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")
    assert subtitles.get("container") == "srt"
    assert "video" not in subtitles


def test_measured_without_its_end(tmp_path: Path) -> None:
    """A video that was cut off is broken, even if its header is whole."""
    path = tmp_path / "a.mp4"
    with (
        av.open(io.BytesIO(video_file(3, fps=30)), "r") as source,
        av.open(str(path), "w", options={"movflags": "+faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = path.read_bytes()
    assert not measure(whole)["broken"]
    assert measure(whole[: len(whole) * 2 // 3])["broken"]


@given(st.binary(max_size=200))
def test_measured_from_any_bytes(data: bytes) -> None:
    """Any bytes are measured without an exception."""
    for start in (b"", b"\0\0\0\x18ftypisom", b"RIFF", b"ID3"):
        Measured.model_validate(measure(start + data))


@each("codec", ["h264", "hevc"])
@each("seconds", [2, 15.2, 30.2])
@each("fps", [23.976, 24, 59.94, 60])
def test_good_videos(codec: str, seconds: float, fps: float) -> None:
    """H.264 and H.265 with usual frame rates may be sent."""
    changes = {"video": codec, "seconds": seconds, "fps": fps}
    check_video(GOOD.model_copy(update=changes))


@each(
    ("changes", "words"),
    [
        ({"container": "", "video": ""}, "no video that can be read"),
        ({"video": "", "audio": "aac"}, "only sound"),
        ({"container": "matroska,webm", "video": "hevc"}, "Matroska"),
        ({"video": "vp9"}, "vp9"),
        ({"broken": True}, "damaged"),
        ({"seconds": 31.0}, "31.0 s"),
        ({"seconds": 1.0}, "1.0 s"),
        ({"fps": 10.0}, "10 frames"),
        ({"fps": 61.0}, "61 frames"),
        ({"width": 200, "height": 3000}, "200x3000"),
        ({"width": 600, "height": 600}, "407,696"),
        ({"width": 5000, "height": 5000}, "8,295,044"),
        ({"width": 3000, "height": 1000}, "2.5"),
    ],
)
def test_bad_videos(changes: dict[str, object], words: str) -> None:
    """Each limit has a sentence of its own."""
    assert words in refusal(check_video, GOOD.model_copy(update=changes))


@each("container", ["mp3", "wav"])
def test_good_audios(container: str) -> None:
    """MP3 and WAV may be sent."""
    codec = {"mp3": "mp3float", "wav": "pcm_s24le"}[container]
    check_audio(SOUND.model_copy(update={"container": container, "audio": codec}))


@each(
    ("changes", "words"),
    [
        ({"container": "", "audio": ""}, "no sound that can be read"),
        ({"container": "mov,mp4", "video": "h264", "audio": "aac"}, "is a video"),
        ({"container": "flac", "audio": "flac"}, "flac"),
        ({"container": "wav", "audio": "mp3"}, "wav"),
        ({"seconds": 31.0}, "31.0 s"),
        ({"broken": True}, "damaged"),
    ],
)
def test_bad_audios(changes: dict[str, object], words: str) -> None:
    """Each limit has a sentence of its own."""
    assert words in refusal(check_audio, SOUND.model_copy(update=changes))


@pytest.mark.anyio
async def test_a_video_file(tmp_path: Path) -> None:
    """A file is loaded byte for byte, with its size and length, by a process of its own."""
    path = tmp_path / "a.mp4"
    path.write_bytes(video_file())
    clip = await load_clip(path, "videos[0]", kind=VIDEO, timeout=5, allow_private=False)
    assert clip.data == video_file()
    assert (clip.format, clip.width, clip.height, clip.seconds) == ("mp4", 640, 640, 2)
    assert (clip.media_type, clip.url) == ("video/mp4", None)
    assert "data=" not in repr(clip)


@each(
    ("data", "words"),
    [
        (lambda: audio_file(form="mp4"), "has no picture, only sound"),
        (lambda: video_file(31, fps=1), "lasts 31.0 s"),
        (lambda: video_file(fps=10), "has 10 frames per second"),
        (lambda: video_file(1, codec="libx265", form="matroska"), "Matroska (MKV or WebM) file"),
        (lambda: b"a text file named a.mp4", "no video that can be read"),
    ],
)
def test_unfit_videos(data: Callable[[], bytes], words: str) -> None:
    """What people try is refused by the program itself, with one sentence."""
    with pytest.raises(InvalidRequest) as caught:
        read_clip(data(), "videos[0]", VIDEO)
    assert words in caught.value.message
    assert len(caught.value.problems) == 1


@each(
    ("data", "words"),
    [(b"", "is empty"), (b"x" * (15 * 2**20 + 1), "15 MB"), (b"text", "no sound")],
)
def test_unfit_bytes(data: bytes, words: str) -> None:
    """Nothing, too much, and anything else is refused; the sentence begins with the field."""
    with pytest.raises(InvalidRequest, match=rf"^audios\[1\] .*{words}") as caught:
        read_clip(data, "audios[1]", AUDIO)
    assert caught.value.message_zh.startswith("audios[1] ")


def test_a_measuring_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose measuring takes too long is refused like one that cannot be read."""
    monkeypatch.setattr(loading, "MEASURE_SECONDS", 0.001)
    with pytest.raises(InvalidRequest, match="no video that can be read"):
        read_clip(video_file(), "videos[0]", VIDEO)


@pytest.mark.anyio
async def test_clips_that_are_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clips of a request have a limit together, since they are in memory together."""
    monkeypatch.setattr(submissions, "MAX_TOGETHER", len(video_file()) + 10)
    request = SubjectReference(prompt="海", videos=[video_file(), video_file()])
    transport = httpx.MockTransport(lambda request: pytest.fail(f"asked {request.url}"))
    async with AsyncJimeng("web", "0123456789abcdef", transport=transport) as jimeng:
        [found] = await jimeng.check(request)
    assert found.field == "videos[1]"
    assert "200 MB together" in found.message
    assert "200 MB" in found.message_zh
