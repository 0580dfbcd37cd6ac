"""A submitted draft as frozen values, and the error that refuses one."""

from dataclasses import dataclass
from typing import Literal

from jimeng_core.backends.web import wire

from . import render

INVALID = "1000"
UNREADABLE = "1002"
"""The draft cannot be read: it is an object instead of a string, for example (protocol 5)."""


class DraftRefused(Exception):
    """The site refuses a request with the code `ret`."""

    def __init__(self, ret: str, errmsg: str) -> None:
        super().__init__(errmsg)
        self.ret = ret
        self.errmsg = errmsg


def require(condition: object, message: str, ret: str = INVALID) -> None:
    """Raise `DraftRefused` unless a condition holds."""
    if not condition:
        raise DraftRefused(ret, message)


@dataclass(frozen=True, slots=True)
class ParsedShot:
    """One picture of a draft; only frames of a multi-frame video have seconds and a caption."""

    uri: str
    seconds: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ParsedClip:
    """A reference video or audio."""

    kind: Literal["video", "audio"]
    vid: str


@dataclass(frozen=True, slots=True)
class ParsedDraft:
    """What to render: a video, whose `count` is 0, or images, whose `seconds` and `fps` are 0."""

    mode: render.RenderMode | Literal["image"]
    prompt: str
    shots: tuple[ParsedShot, ...]
    seconds: int
    fps: int
    resolution: str
    ratio: str
    seed: int
    count: int = 0
    clips: tuple[ParsedClip, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the result, in pixels."""
        if self.mode == "image":
            return wire.IMAGE_SIZES[self.resolution][self.ratio]
        return render.frame_size(self.resolution, self.ratio)
