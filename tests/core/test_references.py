"""The rules of a subject reference's files together."""

import re
from typing import Any

from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.marks import ReferenceKind
from jimeng_core.references import check_lengths
from jimeng_core.requests import SubjectReference
from jimeng_core.validation import problems
from tests.each import each

URL = "https://files.example/a.mp4"


def request(images: int = 1, videos: int = 0, audios: int = 0, **changes: Any) -> SubjectReference:
    """A request with so many files."""
    files = {"images": ["a.png"] * images, "videos": [URL] * videos, "audios": ["a.mp3"] * audios}
    return SubjectReference(**{"prompt": "海", **files, **changes})


def clip(kind: str, seconds: float) -> ClipFile:
    """A loaded clip."""
    return ClipFile(ReferenceKind(kind), b"", "mp4", seconds, 0, 0, "")


def sentences(request_: SubjectReference, backend: str = "demo") -> list[tuple[str, str]]:
    """The fields with problems, and their sentences, which are whole in both languages."""
    found = problems(request_, backend)
    for problem in found:
        assert re.fullmatch(r"[A-Za-z].+\.", problem.message)
        assert re.fullmatch(r".*[一-鿿].*。", problem.message_zh)
    return [(problem.field, each.message) for each in found]


@each("backend", ["demo", "web", "ark"])
@each(
    "request_",
    [
        request(0, 1),
        request(1, 1, 1),
        request(6, 3, 3),
        request(9, 0, 3, model="seedance-2.0-mini"),
        request(0, 1, prompt="模仿@视频1，也模仿@video1"),
        request(1, 1, 1, prompt="@图片1随@音频1像@视频1那样跳舞"),
        request(30, 10, 10, model="seedance-2.5"),
        request(0, 0, 10, model="seedance-2.5", prompt="为@音频10配画面"),
    ],
)
def test_may_be_sent(request_: SubjectReference, backend: str) -> None:
    """References within all limits have no problem on any backend."""
    assert sentences(request_, backend) == []


@each("backend", ["demo", "web", "ark"])
@each(
    ("request_", "field", "words"),
    [
        (request(0), "images", "needs a picture or a video"),
        (request(0, 4), "videos", "at most 3 videos, not 4"),
        (request(1, 0, 4), "audios", "at most 3 audios, not 4"),
        (request(9, 3, 1), "images", "at most 12 files in all, not 13"),
        (request(30, 10, 11, model="seedance-2.5"), "audios", "at most 10 audios, not 11"),
        (request(31, 1, model="seedance-2.5"), "images", "at most 30 pictures, not 31"),
        (request(0, 0, 1), "audios", "no audio alone"),
        (request(1, 0, 0, prompt="@视频1"), "prompt", "there are no videos"),
        (request(1, 1, 0, prompt="@音频1"), "prompt", "there are no audios"),
        (request(0, 1, 0, prompt="@图片1"), "prompt", "there are no pictures"),
        (request(0, 2, 0, prompt="@video3"), "prompt", "use @视频1 to @视频2."),
        (request(0, 1, 0, prompt="@视频0"), "prompt", "use @视频1."),
    ],
)
def test_may_not_be_sent(request_: SubjectReference, field: str, words: str, backend: str) -> None:
    """What goes beyond a limit has one sentence, at its field."""
    [(name, sentence)] = sentences(request_, backend)
    assert name == field
    assert words in sentence


def test_a_model_without_videos() -> None:
    """A model that takes pictures only names those that take more."""
    for request_ in (request(1, 1, model="video-3.0"), request(1, 0, 1, model="video-3.0")):
        [(_, sentence)] = sentences(request_)
        assert "takes no" in sentence
        assert "seedance-2.0-fast" in sentence


@each("video", ["a.mp4", b"bytes", "ftp://files.example/a.mp4"])
def test_a_file_on_ark(video: str | bytes) -> None:
    """Ark takes a video by its http(s) URL only: a file has a sentence that says what to do."""
    request_ = SubjectReference(prompt="海", videos=[URL, video])
    [(field, sentence)] = sentences(request_, "ark")
    assert field == "videos[1]"
    assert "give that URL" in sentence
    assert sentences(request_, "web") == []


@each(
    ("model", "lengths", "fields"),
    [
        ("seedance-2.0", [("video", 15.2), ("audio", 15.2)], []),
        ("seedance-2.0", [("video", 15.3)], ["videos[0]"]),
        ("seedance-2.0", [("video", 8), ("video", 8)], ["videos"]),
        ("seedance-2.0", [("audio", 8), ("audio", 8)], ["audios"]),
        ("seedance-2.0", [("video", 15), ("audio", 15)], []),
        ("seedance-2.5", [("video", 15), ("video", 15.2)], []),
        ("seedance-2.5", [("video", 20), ("video", 11)], ["videos"]),
        ("a-newer-model", [("video", 30)], []),
        ("video-3.0", [("video", 30)], []),
    ],
)
def test_lengths(model: str, lengths: list[tuple[str, float]], fields: list[str]) -> None:
    """Each clip, all videos, and all audios may be as long as the model takes, a little more."""
    counts = {"video": 0, "audio": 0}
    files = []
    for kind, seconds in lengths:
        files.append((f"{kind}s[{counts[kind]}]", clip(kind, seconds)))
        counts[kind] += 1
    found = check_lengths(request(model=model), files, "web")
    assert [each.field for each in found] == fields
    assert all(" s" in each.message and "秒" in each.message_zh for each in found)
