"""What can be asked for: one frozen value for each mode.

Building a request checks names and types only. Whether it may be sent is told by
`jimeng_core.checks.problems` and by `AsyncJimeng.check`, which look at it as a whole.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from .catalog import catalog
from .error_codes import ErrorCode
from .errors import InvalidRequest, Problem

Picture = Path | str | bytes
"""A picture: a path, an http(s) URL, or the bytes of an image file."""

ADAPTIVE = "adaptive"
"""The ratio of the first frame's picture, or the one nearest to it."""
DEFAULT_FPS = 24
"""Frames a second of every model's videos (protocol 7.7)."""


class Mode(StrEnum):
    """The ways to make something."""

    FIRST_LAST_FRAME = "first_last_frame"
    MULTI_FRAME = "multi_frame"
    SUBJECT_REFERENCE = "subject_reference"
    IMAGE = "image"


class _Value(BaseModel):
    """A frozen value whose construction fails inside this library's tree of errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    def __init__(self, **data: Any) -> None:  # noqa: ANN401 - what callers give is checked below
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise _unfit(error) from None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Bytes are told by their number: a picture is no reading matter."""
        return [(name, _shown(value)) for name, value in super().__repr_args__()]

    @field_validator("prompt", "model", "resolution", "ratio", check_fields=False)
    @classmethod
    def _can_be_sent(cls, text: str) -> str:
        """Refuse half of a surrogate pair, as broken JSON leaves it: it has no UTF-8."""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("it holds half of a character") from None
        return text


def _shown(value: object) -> object:
    """A field's value as a repr shows it."""
    if isinstance(value, tuple):
        return tuple(_shown(item) for item in value)
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value


_EXPECTED = {
    "missing": ("is missing", "缺少"),
    "extra_forbidden": ("is no field here; leave it out", "不是这里的字段，请去掉"),
    "int": ("must be a whole number", "应为整数"),
    "string": ("must be text", "应为文本"),
    "bool": ("must be true or false", "应为 true 或 false"),
    "tuple": ("must be a list", "应为列表"),
    "path": ("must be a path, an http(s) URL or bytes", "应为文件路径、http(s) 网址或字节"),
}
"""What pydantic's kinds of error mean, by how their names begin."""


def _unfit(error: ValidationError) -> InvalidRequest:
    """What does not fit, field by field, in words of our own (pydantic speaks English only)."""
    found: dict[str, Problem] = {}
    for each in error.errors(include_url=False, include_input=False):
        field = _path(each["loc"])
        inner = each.get("ctx", {}).get("error")
        if isinstance(inner, InvalidRequest):  # a frame's own construction
            told = [_within(field, problem) for problem in inner.problems]
        else:
            start = next((start for start in _EXPECTED if each["type"].startswith(start)), None)
            en, zh = _EXPECTED[start] if start else ("does not fit", "不符合要求")
            told = [Problem(field, ErrorCode.INVALID_REQUEST, f"{field} {en}.", f"{field} {zh}。")]
        for problem in told:
            found.setdefault(problem.field, problem)  # of a picture's three types one is enough
    problems = list(found.values())
    return InvalidRequest(problems[0].message, problems[0].message_zh, problems=problems)


def _within(field: str, problem: Problem) -> Problem:
    """The problem of a value inside a field; its sentences begin with its own field."""
    inside = (f"{field}.{text}" for text in (problem.message, problem.message_zh))
    return Problem(f"{field}.{problem.field}", problem.code, *inside)


def _path(location: Sequence[int | str]) -> str:
    """A field as the problems name it: `frames[2].duration`. Names of types are left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() and part.islower() and part not in {"str", "bytes", "path"}:
            path += f".{part}" if path else part
    return path or "request"


class _VideoSettings(_Value):
    """What all three video requests share."""

    mode: ClassVar[Mode]

    resolution: str = "720p"
    """`480p`, `720p`, `1080p` or `4k`, as far as the model has it."""
    ratio: str = "16:9"
    """Width to height, one of the catalogue's, or with a first frame `adaptive`: its picture's. The
    site lets a first frame decide whatever is asked for (protocol 7.3); Ark and the demo crop."""
    fps: int = DEFAULT_FPS
    """Frames a second; others than 24 only on `demo` (12 to 60)."""
    seed: int | None = None
    """0 to 4294967295; the same seed repeats a result where the model can. None: random."""
    audio: bool = False
    """Whether the video is to have sound; only where the model has it."""


class FirstLastFrame(_VideoSettings):
    """首尾帧: from a first picture to a last one; also a first picture alone, or words alone."""

    mode = Mode.FIRST_LAST_FRAME

    prompt: str
    """What happens in the video, 1 to 2000 characters."""
    first_frame: Picture | None = None
    last_frame: Picture | None = None
    """Not without a first frame."""
    duration: int = 5
    """Length in seconds, as the model offers."""
    model: str = catalog().defaults[Mode.FIRST_LAST_FRAME]
    """A catalogue name, the site's own key, or an Ark id."""


class Frame(_Value):
    """One picture of a multi-frame video."""

    image: Picture
    prompt: str = ""
    """What happens while this frame leads on, at most 2000 characters."""
    duration: int = 5
    """Seconds, 1 to 6."""

    if TYPE_CHECKING:

        def __init__(self, image: Picture, prompt: str = "", duration: int = 5) -> None: ...

    else:  # what is missing or too much is refused like all else, not by a TypeError

        def __init__(self, *values: object, **named: object) -> None:
            names = ("image", "prompt", "duration")[: len(values)]
            super().__init__(**dict(zip(names, values, strict=True)), **named)


class MultiFrame(_VideoSettings):
    """智能多帧: a video through several pictures, each with its own words and seconds."""

    mode = Mode.MULTI_FRAME

    frames: tuple[Frame, ...]
    """2 to 10, in order."""
    model: str = catalog().defaults[Mode.MULTI_FRAME]
    """A catalogue name, the site's own key, or an Ark id."""

    @property
    def duration(self) -> int:
        """Length in seconds: the sum of the frames'."""
        return sum(frame.duration for frame in self.frames)

    @property
    def prompt(self) -> str:
        """The frames' prompts, joined by " / "; what the row shows."""
        return joined_prompts(frame.prompt for frame in self.frames)


class SubjectReference(_VideoSettings):
    """主体参考: a video in which the subjects of the pictures appear."""

    mode = Mode.SUBJECT_REFERENCE

    prompt: str
    """1 to 2000 characters; `@图片1` or `@image1` marks the first picture's subject, and so on."""
    images: tuple[Picture, ...]
    """1 to 9."""
    duration: int = 5
    """Length in seconds, as the model offers."""
    model: str = catalog().defaults[Mode.SUBJECT_REFERENCE]
    """A catalogue name, the site's own key, or an Ark id."""


class ImageRequest(_Value):
    """图片: images from words, and from other pictures."""

    mode: ClassVar[Mode] = Mode.IMAGE

    prompt: str
    """What is to be seen, 1 to 2000 characters."""
    images: tuple[Picture, ...] = ()
    """0 to 9 pictures to start from."""
    count: int = 4
    """How many images to make, 1 to 8; one task makes all of them."""
    model: str = catalog().defaults[Mode.IMAGE]
    """A catalogue name, or the site's own key."""
    resolution: str = "2k"
    """`2k`, or `4k` where the model has it."""
    ratio: str = "1:1"
    """Width to height, one of the catalogue's `image_ratios`."""
    seed: int | None = None
    """0 to 4294967295; with pictures, whether the site heeds it is not known. None: random."""


VideoRequest = FirstLastFrame | MultiFrame | SubjectReference
AnyRequest = VideoRequest | ImageRequest


class RequestEcho(BaseModel):
    """What an upstream's record tells of the request behind it; None where it does not tell."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    prompt: str | None = None
    model: str | None = None
    """The catalogue's name where it has one, else the upstream's key."""
    duration: int | None = None
    """Seconds."""
    resolution: str | None = None
    ratio: str | None = None
    fps: int | None = None
    seed: int | None = None


def joined_prompts(prompts: Iterable[str]) -> str:
    """The prompts of several frames as one text: those that say something, joined by " / "."""
    return " / ".join(prompt for prompt in prompts if prompt)


MARK = re.compile(r"@(?:图片|image)\s?([0-9]+)", re.IGNORECASE)


def split_marks(prompt: str) -> list[str | int]:
    """A prompt as its pieces in order: words (str), and marks as 1-based picture numbers (int).

    `@图片1` and `@image1` both mean the first picture.
    """
    pieces: list[str | int] = []
    end = 0
    for match in MARK.finditer(prompt):
        if words := prompt[end : match.start()]:
            pieces.append(words)
        pieces.append(int(match[1][:6]))
        end = match.end()
    if words := prompt[end:]:
        pieces.append(words)
    return pieces


def picture_mark(number: int) -> str:
    """The mark of the picture with this 1-based number, as the site's page writes it."""
    return f"@图片{number}"


def pictures_of(request: AnyRequest) -> list[tuple[str, Picture]]:
    """The pictures of a request in order, each with the name of its field (`frames[2].image`)."""
    match request:
        case FirstLastFrame():
            named = (("first_frame", request.first_frame), ("last_frame", request.last_frame))
            return [(name, picture) for name, picture in named if picture is not None]
        case MultiFrame():
            return [(f"frames[{i}].image", frame.image) for i, frame in enumerate(request.frames)]
        case SubjectReference() | ImageRequest():
            return [(f"images[{i}]", picture) for i, picture in enumerate(request.images)]
