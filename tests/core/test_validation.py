import logging
import re
from typing import Any

import pytest

from jimeng_core import Problem
from jimeng_core.catalog import catalog
from jimeng_core.problems import invalid_request, problem
from jimeng_core.requests import (
    FirstLastFrame,
    Frame,
    ImageRequest,
    MultiFrame,
    SubjectReference,
    VideoRequest,
)
from jimeng_core.validation import problems
from tests.each import each


def first_last(**changes: Any) -> FirstLastFrame:
    """A valid request, except for the changes."""
    return FirstLastFrame(**{"prompt": "海", **changes})


def multi(count: int = 2, **changes: Any) -> MultiFrame:
    """A request with `count` frames."""
    return MultiFrame(**{"frames": [Frame("a.png")] * count, **changes})


def subjects(count: int = 1, **changes: Any) -> SubjectReference:
    """A request with `count` pictures."""
    return SubjectReference(**{"prompt": "海", "images": ["a.png"] * count, **changes})


def fields(request: VideoRequest | ImageRequest, backend: str = "demo") -> list[str]:
    """The fields with problems; their messages must be whole sentences."""
    found = problems(request, backend)
    for broken in found:
        assert broken.code == "invalid_request"
        assert re.fullmatch(r"[A-Z].+\.", broken.message)
        assert re.fullmatch(r".*[一-鿿].*。", broken.message_zh)
    return [broken.field for broken in found]


@each("backend", ["demo", "web"])
@each(
    "request_",
    [
        first_last(),
        first_last(first_frame="a.png"),
        first_last(first_frame="a.png", last_frame="b.png", duration=15, ratio="21:9"),
        first_last(prompt="海" * 2000, seed=0, model="video-3.5-pro", resolution="1080p"),
        first_last(model="dreamina_seedance_45_pro", duration=30, resolution="480p"),
        first_last(model="doubao-seedance-2-0-fast-260128", seed=2**32 - 1),
        multi(2),
        multi(10, frames=[Frame("a.png", duration=d) for d in (1, 2, 3, 4, 5, 6)]),
        subjects(1),
        subjects(9, prompt="@图片9@image1"),
        subjects(4, model="video-3.0", duration=10),
        subjects(30, model="seedance-2.5", prompt="@图片30"),
        first_last(model="Video 3.0 PRO"),
        first_last(model="jimeng-video-3.0-pro", first_frame="a.png"),
    ],
)
def test_may_be_sent(request_: VideoRequest, backend: str) -> None:
    """A request within all limits has no problem."""
    assert problems(request_, backend) == []


@each(
    ("request_", "invalid"),
    [
        (first_last(prompt=""), ["prompt"]),
        (first_last(prompt=" \n "), ["prompt"]),
        (first_last(prompt="\u200b\ufeff\u2060\u3000"), ["prompt"]),
        (subjects(prompt="\u200d"), ["prompt"]),
        (first_last(model="video-3.0-pro", resolution="720p"), ["resolution"]),
        (first_last(model="jimeng-video-9.0"), ["model"]),
        (first_last(model="Seedance 9"), ["model"]),
        (subjects(31, model="seedance-2.5"), ["images"]),
        (subjects(10, model="seedance-2.0"), ["images"]),
        (first_last(prompt="海" * 2001), ["prompt"]),
        (first_last(last_frame="b.png"), ["first_frame"]),
        (first_last(duration=3), ["duration"]),
        (first_last(duration=16), ["duration"]),
        (first_last(model="video-3.0", duration=7), ["duration"]),
        (first_last(resolution="1080p"), ["resolution"]),
        (first_last(resolution="8k"), ["resolution"]),
        (first_last(ratio="2:1"), ["ratio"]),
        (first_last(seed=-1), ["seed"]),
        (first_last(seed=2**32), ["seed"]),
        (first_last(audio=True), ["audio"]),
        (
            first_last(model="video-3.0-fast", first_frame="a.png", last_frame="b.png"),
            ["last_frame"],
        ),
        (first_last(model="seedance-1.0-lite-t2v"), ["model"]),
        (multi(0), ["frames"]),
        (multi(1), ["frames"]),
        (multi(11), ["frames"]),
        (
            multi(frames=[Frame("a.png", duration=0), Frame("b.png", duration=7)]),
            ["frames[0].duration", "frames[1].duration"],
        ),
        (multi(frames=[Frame("a.png"), Frame("b.png", "海" * 5000)]), ["frames[1].prompt"]),
        (multi(resolution="1080p"), ["resolution"]),
        (multi(model="seedance-2.0-fast"), ["model"]),
        (subjects(0), ["images"]),
        (subjects(10), ["images"]),
        (subjects(5, model="video-3.0"), ["images"]),
        (subjects(2, model="video-3.0", resolution="1080p"), ["resolution"]),
        (subjects(3, prompt="@图片4"), ["prompt"]),
        (subjects(3, prompt="@图片0 @image7 @图片7"), ["prompt", "prompt"]),
        (subjects(1, model="video-3.0-fast"), ["model"]),
        (subjects(1, prompt=""), ["prompt"]),
        (ImageRequest(prompt=" "), ["prompt"]),
        (
            first_last(prompt="", ratio="2:1", seed=-1, duration=99),
            ["prompt", "ratio", "seed", "duration"],
        ),
    ],
)
def test_rules(request_: VideoRequest | ImageRequest, invalid: list[str]) -> None:
    """Each broken rule is one problem, of the field to change."""
    assert fields(request_) == invalid


@each(
    ("backend", "fps", "fits"),
    [
        ("demo", 12, True),
        ("demo", 60, True),
        ("demo", 11, False),
        ("demo", 61, False),
        ("web", 24, True),
        ("web", 30, False),
        ("ark", 25, False),
    ],
)
def test_frames_a_second(backend: str, fps: int, *, fits: bool) -> None:
    """Only the demo has other rates than 24 frames per second."""
    assert ("fps" in fields(first_last(fps=fps), backend)) is not fits


@each(
    ("request_", "en", "zh"),
    [
        (first_last(prompt="海" * 5000), ["5000", "2000"], ["5000", "2000"]),
        (first_last(duration=7, model="video-3.0"), ["7", "5, 10"], ["7", "5、10"]),
        (first_last(duration=99), ["99", "4-15"], ["99", "4-15"]),
        (first_last(resolution="4k"), ["4k", "720p"], ["4k", "720p"]),
        (first_last(ratio="5:4"), ["5:4", "16:9, 4:3"], ["5:4", "16:9、4:3"]),
        (multi(11), ["2 to 10", "11"], ["2 到 10", "11"]),
        (multi(frames=[Frame("a"), Frame("b", duration=9)]), ["Frame 2", "1 to 6"], ["第 2 帧"]),
        (multi(model="seedance-2.0"), ["video-3.0-fast, video-3.0"], ["video-3.0-fast、"]),
        (subjects(3, prompt="@图片4"), ["@图片4", "@图片1 to @图片3"], ["@图片1 到 @图片3"]),
        (subjects(5, model="video-3.0"), ["Video 3.0", "4", "5"], ["视频 3.0", "4", "5"]),
        (ImageRequest(prompt="海", count=9), ["1 to 8", "9"], ["1 到 8", "9"]),
        (ImageRequest(prompt="海", images=["a"] * 10), ["9", "10"], ["9", "10"]),
        (ImageRequest(prompt="海", ratio="2:1"), ["2:1", "3:2, 4:3"], ["2:1", "3:2、4:3"]),
        (
            ImageRequest(prompt="海", model="image-3.0", resolution="4k"),
            ["4k", "one of 2k."],
            ["4k", "可选：2k。"],
        ),
        (
            ImageRequest(prompt="海", model="seedance-2.0"),
            ["seedance-2.0", "image-5.0-pro"],
            ["seedance-2.0", "image-3.0"],
        ),
        (
            first_last(model="video-3.0-pro", first_frame="a", last_frame="b", resolution="1080p"),
            ["video-3.0-pro", "seedance-2.5"],
            ["尾帧", "seedance-2.5"],
        ),
    ],
)
def test_sentences(request_: VideoRequest | ImageRequest, en: list[str], zh: list[str]) -> None:
    """Both messages contain the value and the allowed ones."""
    (found,) = problems(request_, "demo")
    assert [part for part in en if part not in found.message] == []
    assert [part for part in zh if part not in found.message_zh] == []


def image(count_of_pictures: int = 0, **changes: Any) -> ImageRequest:
    """A valid image request, except for the changes."""
    return ImageRequest(**{"prompt": "海", "images": ["a.png"] * count_of_pictures, **changes})


@each("backend", ["demo", "web"])
@each(
    ("request_", "invalid"),
    [
        (image(), []),
        (image(9, count=1, ratio="2:3", seed=2**32 - 1, resolution="4k"), []),
        (image(count=8, model="high_aes_general_v43", prompt="海" * 2000, seed=0), []),
        (image(prompt=" "), ["prompt"]),
        (image(prompt="海" * 2001), ["prompt"]),
        (image(count=0), ["count"]),
        (image(count=9), ["count"]),
        (image(count=-(10**30)), ["count"]),
        (image(10), ["images"]),
        (image(ratio="2:1"), ["ratio"]),
        (image(resolution="1k"), ["resolution"]),
        (image(resolution="720p"), ["resolution"]),
        (image(model="image-3.1", resolution="4k"), ["resolution"]),
        (image(seed=-1), ["seed"]),
        (image(seed=2**32), ["seed"]),
        (image(model="seedance-2.0"), ["model"]),
        (
            image(10, model="seedance-1.0-lite-t2v", resolution="8k"),
            ["model", "resolution", "images"],
        ),
        (image(model="image-9", resolution="8k"), ["resolution"]),
        (
            image(10, prompt="", seed=-1, count=0, ratio="", resolution=""),
            ["prompt", "seed", "count", "ratio", "resolution", "images"],
        ),
    ],
)
def test_rules_of_images(request_: ImageRequest, invalid: list[str], backend: str) -> None:
    """Each broken rule of an image request is one problem, of the field to change."""
    assert fields(request_, backend) == invalid


def test_models_of_images_make_no_videos() -> None:
    """A model of images is refused for videos; the message lists models of videos."""
    for request in (first_last(model="image-4.0"), multi(model="image-4.0")):
        (found,) = problems(request, "web")
        assert found.field == "model"
        assert "video-3.0" in found.message


@each("mode", ["first_last_frame", "multi_frame", "subject_reference"])
@each("backend", ["demo", "web"])
def test_models_of_the_catalogue(mode: str, backend: str) -> None:
    """Every model of the catalogue for a mode is valid, with its shortest or longest length."""
    for model in catalog().models_for(backend, mode):
        offer = model.offer(backend)
        assert offer
        changes = {"model": model.name, "resolution": offer.resolutions[0]}
        if mode == "multi_frame":
            assert problems(multi(model=model.name), backend) == []
        elif mode == "subject_reference":
            assert problems(subjects(1, duration=offer.seconds[0], **changes), backend) == []
        else:
            assert problems(first_last(duration=offer.seconds[-1], **changes), backend) == []


def test_model_of_another_client(caplog: pytest.LogCaptureFixture) -> None:
    """A name that no upstream can have is refused with the names of ours."""
    for name in ("jimeng-video-9.0", "即梦视频 9", "My Model"):
        (found,) = problems(first_last(model=name), "web")
        assert name in found.message
        assert "seedance-2.0-fast, seedance-2.0-mini" in found.message
    assert not caplog.records


def test_unknown_model(caplog: pytest.LogCaptureFixture) -> None:
    """A model that is not in the catalogue is valid, with a warning in the log."""
    with caplog.at_level(logging.WARNING, "jimeng_core"):
        assert problems(first_last(model="dreamina_seedance_60", duration=99), "web") == []
    assert "dreamina_seedance_60" in caplog.text


def test_known_model_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A model of the catalogue logs nothing."""
    problems(first_last(), "web")
    assert caplog.records == []


def test_invalid_request() -> None:
    """The exception of several problems has all of them, and the messages of the first."""
    found = problems(first_last(prompt="", ratio="2:1"), "demo")
    error = invalid_request(found)
    assert (error.message, error.message_zh) == (found[0].message, found[0].message_zh)
    assert error.problems == tuple(found)


def test_problem() -> None:
    """A problem has a field, a code and both messages."""
    made = problem("seed", "Change it.", "请修改。")
    assert made == Problem("seed", made.code, "Change it.", "请修改。")
    assert str(made.code) == "invalid_request"


def test_adaptive_ratio() -> None:
    """The ratio `adaptive` is valid with a first frame only."""
    assert fields(first_last(first_frame="a.png", ratio="adaptive")) == []
    assert fields(first_last(ratio="adaptive")) == ["ratio"]
    assert fields(subjects(ratio="adaptive")) == ["ratio"]
