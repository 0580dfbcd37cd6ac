import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

import jimeng_core
from jimeng_core import (
    FirstLastFrame,
    Frame,
    ImageRequest,
    InvalidRequest,
    MultiFrame,
    SubjectReference,
)
from jimeng_core.marks import Mark, ReferenceKind, normalized, split_marks
from jimeng_core.request_files import files_of
from jimeng_core.requests import AnyRequest
from jimeng_core.submissions import expect_type
from tests.each import each

NEEDED = object()
SHARED = {
    "resolution": "720p",
    "ratio": "16:9",
    "fps": 24,
    "seed": None,
    "audio": False,
    "return_last_frame": False,
}
FIELDS: dict[type[Any], dict[str, object]] = {
    FirstLastFrame: {
        "prompt": NEEDED,
        "first_frame": None,
        "last_frame": None,
        "duration": 5,
        "model": "seedance-2.0-fast",
        **SHARED,
    },
    MultiFrame: {"frames": NEEDED, "model": "video-3.0-fast", **SHARED},
    Frame: {"image": NEEDED, "prompt": "", "duration": 5},
    SubjectReference: {
        "prompt": NEEDED,
        "images": (),
        "duration": 5,
        "model": "seedance-2.0-fast",
        **SHARED,
        "videos": (),
        "audios": (),
    },
    ImageRequest: {
        "prompt": NEEDED,
        "images": (),
        "count": 4,
        "model": "image-4.0",
        "resolution": "2k",
        "ratio": "1:1",
        "seed": None,
    },
}
"""The fields and defaults of contract 2."""


def png() -> bytes:
    """A small PNG file."""
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(out, "PNG")
    return out.getvalue()


@each(
    "name",
    [
        *("AsyncJimeng", "Jimeng", "FirstLastFrame", "MultiFrame", "Frame", "SubjectReference"),
        *("ImageRequest", "TaskState", "Lookup", "JimengError", "new_task_id"),
        *("SubmitUnconfirmed", "WaitTimeout", "InvalidRequest"),
    ],
)
def test_public_names(name: str) -> None:
    """The contract's names can be imported from the package itself."""
    assert name in jimeng_core.__all__
    assert getattr(jimeng_core, name)


def test_all_is_sorted_and_whole() -> None:
    """`__all__` is sorted, without duplicates, and each name exists."""
    names = jimeng_core.__all__
    assert names == sorted(set(names))
    assert all(hasattr(jimeng_core, name) for name in names)


@each("kind", FIELDS)
def test_fields_and_defaults(kind: type[Any]) -> None:
    """Each request has exactly the fields and defaults of the contract."""
    fields = {
        name: NEEDED if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
    }
    assert fields == FIELDS[kind]


@each(
    ("kind", "mode"),
    [
        (FirstLastFrame, "first_last_frame"),
        (MultiFrame, "multi_frame"),
        (SubjectReference, "subject_reference"),
        (ImageRequest, "image"),
    ],
)
def test_modes(kind: type[Any], mode: str) -> None:
    """Each request has its mode, by the name in the row."""
    assert kind.mode == mode


@each("picture", ["a.png", Path("a.png"), b"bytes", "https://host/a.png"])
def test_pictures_are_unchanged(picture: Any) -> None:
    """A picture may be a path, bytes or a URL, and is stored unchanged."""
    assert FirstLastFrame(prompt="海", first_frame=picture).first_frame == picture
    assert type(Frame(picture).image) is type(picture)
    assert SubjectReference(prompt="海", images=[picture]).images == (picture,)


def test_frozen() -> None:
    """A request is immutable, hashable and comparable."""
    request = MultiFrame(frames=[Frame("a.png"), Frame("b.png")])
    with pytest.raises(ValidationError):
        request.fps = 30  # type: ignore[misc] # that it is refused is the point
    assert request == MultiFrame(frames=(Frame("a.png"), Frame("b.png")))
    assert hash(request) == hash(MultiFrame(frames=(Frame("a.png"), Frame("b.png"))))


def test_multi_frame_sums_up() -> None:
    """A multi-frame request has the sum of its frames' durations, and their joined prompts."""
    request = MultiFrame(
        frames=[Frame("a.png", "起", 1), Frame("b.png", duration=6), Frame("c.png", "落")]
    )
    assert request.duration == 12
    assert request.prompt == "起 / 落"


@each("name", ["prompt", "duration"])
def test_multi_frame_has_no_own(name: str) -> None:
    """A multi-frame request takes no prompt or duration of its own."""
    with pytest.raises(InvalidRequest, match=name) as caught:
        MultiFrame(frames=[Frame("a.png")], **{name: 5})
    assert name in caught.value.message_zh


def test_frames_from_plain_data() -> None:
    """Frames can be plain objects, as at the endpoints."""
    request = MultiFrame.model_validate({"frames": [{"image": "a.png", "duration": 2}]})
    assert request.frames == (Frame("a.png", "", 2),)


@each(
    ("kind", "values", "field"),
    [
        (FirstLastFrame, {}, "prompt"),
        (FirstLastFrame, {"prompt": 5}, "prompt"),
        (FirstLastFrame, {"prompt": "海", "duration": "long"}, "duration"),
        (FirstLastFrame, {"prompt": "海", "last": "a.png"}, "last"),
        (FirstLastFrame, {"prompt": "\ud800"}, "prompt"),
        (MultiFrame, {"frames": 5}, "frames"),
        (MultiFrame, {"frames": [Frame("a.png"), {"image": None}]}, "frames[1].image"),
        (MultiFrame, {"frames": ["a.png"]}, "frames[0]"),
        (SubjectReference, {"prompt": "海", "images": "a.png"}, "images"),
        (SubjectReference, {"prompt": "海", "images": ["a.png", 5]}, "images[1]"),
        (SubjectReference, {"prompt": "海"}, "images"),
        (SubjectReference, {"prompt": "海", "videos": [5]}, "videos[0]"),
        (SubjectReference, {"prompt": "海", "audios": "a.mp3"}, "audios"),
        (Frame, {"image": 5}, "image"),
    ],
)
def test_unfit_values(kind: type[Any], values: dict[str, Any], field: str) -> None:
    """An invalid value raises `InvalidRequest`, and the message names the field."""
    with pytest.raises(InvalidRequest) as caught:
        kind(**values)
    assert field in caught.value.message
    assert field.partition(":")[0] in caught.value.message_zh
    assert "[lax" not in caught.value.message, "the text of pydantic's error"
    assert caught.value.message.endswith(".")
    assert ".." not in caught.value.message


@each(
    "request_",
    [
        FirstLastFrame(prompt="海", first_frame=png(), last_frame=png()),
        MultiFrame(frames=[Frame(png()), Frame(png())]),
        SubjectReference(prompt="海", images=[png(), png()]),
        ImageRequest(prompt="海", images=[png()]),
    ],
)
def test_repr_is_readable(request_: Any) -> None:
    """The repr of a request shows the length of bytes instead of the bytes."""
    text = repr(request_)
    assert f"<{len(png())} bytes>" in text
    assert "PNG" not in text
    assert "海" in text or isinstance(request_, MultiFrame)


def test_files_with_their_fields() -> None:
    """`files_of` returns pictures, videos and audios in order, with their fields and kinds."""
    image, video, audio = ReferenceKind
    both = FirstLastFrame(prompt="海", first_frame="a.png", last_frame="b.png")
    assert files_of(both) == [("first_frame", image, "a.png"), ("last_frame", image, "b.png")]
    assert files_of(FirstLastFrame(prompt="海")) == []
    frames = MultiFrame(frames=[Frame("a.png"), Frame("b.png")])
    assert files_of(frames) == [
        ("frames[0].image", image, "a.png"),
        ("frames[1].image", image, "b.png"),
    ]
    assert files_of(ImageRequest(prompt="海", images=["a.png"])) == [("images[0]", image, "a.png")]
    subjects = SubjectReference(
        prompt="海", images=["a.png"], videos=["b.mp4", "c.mp4"], audios=["d.mp3"]
    )
    assert files_of(subjects) == [
        ("images[0]", image, "a.png"),
        ("videos[0]", video, "b.mp4"),
        ("videos[1]", video, "c.mp4"),
        ("audios[0]", audio, "d.mp3"),
    ]


@each(
    ("prompt", "pieces"),
    [
        ("海", ["海"]),
        ("", []),
        ("@图片1", [1]),
        ("让@图片2抱着@image1。", ["让", 2, "抱着", 1, "。"]),
        ("@IMAGE 3@图片 1", [3, 1]),
        ("@图片10和@图片0", [10, "和", 0]),
        ("mail@image.org @图", ["mail@image.org @图"]),
        ("@图2和＠图片1", [2, "和", 1]),
        ("@圖片3看@圖１", [3, "看", 1]),
        ("＠Image１２", [12]),
        ("write to a@image1.com", ["write to a@image1.com"]),
        ("x_y.z@IMAGE2.org，@image2。", ["x_y.z@IMAGE2.org，", 2, "。"]),
        ("cat@image1", ["cat", 1]),
        ("看@image1.Then she runs", ["看", 1, ".Then she runs"]),
        ("猫a@图片1.com", ["猫a", 1, ".com"]),
    ],
)
def test_marks(prompt: str, pieces: list[str | int]) -> None:
    """A prompt is split at its marks in every spelling; an e-mail address has none."""
    expected = [
        piece if isinstance(piece, str) else Mark(ReferenceKind.IMAGE, piece) for piece in pieces
    ]
    assert split_marks(prompt) == expected


@each(
    ("prompt", "pieces"),
    [
        ("@视频1", [(ReferenceKind.VIDEO, 1)]),
        ("@視頻２的动作", [(ReferenceKind.VIDEO, 2), "的动作"]),
        ("＠Video 3", [(ReferenceKind.VIDEO, 3)]),
        ("@音频1配@图片1", [(ReferenceKind.AUDIO, 1), "配", (ReferenceKind.IMAGE, 1)]),
        ("@音頻1@audio2", [(ReferenceKind.AUDIO, 1), (ReferenceKind.AUDIO, 2)]),
        ("write to me@audio1.fm or you@video2.tv", ["write to me@audio1.fm or you@video2.tv"]),
        ("@视1 @音1", ["@视1 @音1"]),
    ],
)
def test_marks_of_videos_and_audios(prompt: str, pieces: list[object]) -> None:
    """Videos and audios have marks of their own, in every spelling."""
    assert split_marks(prompt) == pieces


@given(st.text("@＠图片视频音imagevdo1２ .", max_size=30))
def test_marks_lose_nothing(prompt: str) -> None:
    """The site's spelling of all marks reads back as the same text and marks."""
    assert split_marks(normalized(prompt)) == split_marks(prompt)


@each("blank", ["", "  ", "\u3000\n", "\u200b", "\ufeff \u2060"])
@each(
    "build",
    [
        lambda model: FirstLastFrame(prompt="a", model=model),
        lambda model: MultiFrame(frames=[Frame("a.png")] * 2, model=model),
        lambda model: SubjectReference(prompt="a", images=["a.png"], model=model),
        lambda model: ImageRequest(prompt="a", model=model),
    ],
)
def test_blank_model(build: Callable[[str], AnyRequest], blank: str) -> None:
    """A blank name of a model counts as left out: the mode's default."""
    request = build(blank)
    assert request.model == type(request).model_fields["model"].default
    assert build(f" {blank}tomorrow{blank}\n").model == "tomorrow"


def test_enormous_mark() -> None:
    """A mark with a number of any length causes no error."""
    assert split_marks("@图片" + "9" * 10_000) == [Mark(ReferenceKind.IMAGE, 999_999)]


@each("value", [FirstLastFrame(prompt="a"), {"prompt": "a"}, None])
def test_expected_type(value: object) -> None:
    """A request of another type is refused in a sentence that names the type needed."""
    with pytest.raises(InvalidRequest, match="of the class ImageRequest, not"):
        expect_type(value, ImageRequest)
    expect_type(ImageRequest(prompt="a"), ImageRequest)
