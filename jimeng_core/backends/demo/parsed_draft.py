"""What a submission asks the demo for, as frozen values, and how one is refused."""

from dataclasses import dataclass
from typing import Literal

from jimeng_core.backends.json_reading import as_text, get_path
from jimeng_core.backends.web import wire

from . import render


class DraftRefused(Exception):
    """The site would refuse this submission with `ret`."""

    def __init__(self, ret: str, errmsg: str) -> None:
        super().__init__(errmsg)
        self.ret = ret
        self.errmsg = errmsg


@dataclass(frozen=True, slots=True)
class ParsedShot:
    """One picture of an order: its URI in the store, its seconds, its words."""

    uri: str
    seconds: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ParsedDraft:
    """What a draft asks for."""

    mode: render.RenderMode | Literal["image"]
    prompt: str
    shots: tuple[ParsedShot, ...]
    seconds: int
    """Of the video; 0 for images."""
    fps: int
    """Of the video; 0 for images."""
    resolution: str
    ratio: str
    seed: int
    count: int = 0
    """How many images; 0 for a video."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the result, in pixels."""
        if self.mode == "image":
            return wire.IMAGE_SIZES[self.resolution][self.ratio]
        return render.frame_size(self.resolution, self.ratio)

    @property
    def prompts(self) -> list[str]:
        """Every text of the order."""
        return [self.prompt, *(shot.caption for shot in self.shots)]


UNREADABLE = "1002"
"""The site cannot read the draft, as when it is an object instead of a string (protocol 5)."""


INVALID = "1000"


def uri_of(image: object) -> str:
    """The URI that a draft's image names, twice in the same way."""
    uri = as_text(get_path(image, "image_uri"))
    if uri is None or uri != get_path(image, "uri"):
        raise DraftRefused(INVALID, "an image without its uri")
    return uri
