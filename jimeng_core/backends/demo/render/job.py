"""What to render: frozen values, and their way through JSON into another process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

TRY_AGAIN: Final = 75
"""The renderer's exit code when it was interrupted: the same job may succeed later."""

RenderMode = Literal["first_last_frame", "multi_frame", "subject_reference"]

_SHORT_SIDES: Final = {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}


@dataclass(frozen=True, slots=True)
class Shot:
    """One of the user's pictures.

    Attributes:
        picture: An image file that Pillow can read. EXIF rotation is not applied.
        seconds: How long a `multi_frame` video shows it.
        caption: The text over it in a `multi_frame` video.
    """

    picture: Path
    seconds: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ClipPath:
    """One of the user's videos or audios, which PyAV can read."""

    kind: Literal["video", "audio"]
    file: Path


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One video to render. The same job gives the same frames.

    Attributes:
        prompt: The title of a video without pictures, the caption of a `subject_reference` video.
        shots: Up to 2 in `first_last_frame`: the first frame, then the last.
        width: Pixels, even, as the height.
        seconds: Length of the video; the sum over the shots in `multi_frame`.
        seed: Determines colours and camera moves.
        clips: Videos and audios of a `subject_reference` video. The videos play in it; its sound is
            that of the audios one after the other, without audios that of the videos.
        video: Path of the MP4. A file of this name is always complete, and so is its poster.
        poster: Path of the JPEG that is shown before the video plays.

    Raises:
        ValueError: The job cannot be rendered.
    """

    mode: RenderMode
    prompt: str
    shots: tuple[Shot, ...]
    width: int
    height: int
    fps: int
    seconds: int
    seed: int
    video: Path
    poster: Path
    clips: tuple[ClipPath, ...] = ()

    def __post_init__(self) -> None:
        _require(self.width > 0 and self.height > 0, "the size must be positive")
        _require(self.width % 2 == self.height % 2 == 0, "width and height must be even")
        _require(self.fps >= 1 and self.seconds >= 1, "fps and seconds must be positive")
        if self.mode == "multi_frame":
            lengths = [shot.seconds for shot in self.shots]
            _require(min(lengths, default=0) >= 1, "a frame takes 1 s or more")
            _require(sum(lengths) == self.seconds, f"the frames take {sum(lengths)} s in total")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def files(self, kind: Literal["video", "audio"]) -> list[Path]:
        """The files of its clips of a kind, in order."""
        return [clip.file for clip in self.clips if clip.kind == kind]


@dataclass(frozen=True, slots=True)
class ImagesJob:
    """Some images to render, each a different view of the same pictures and prompt.

    Attributes:
        prompt: The title of images without pictures, the caption of those with several.
        pictures: Image files that Pillow can read. EXIF rotation is not applied.
        seed: Determines colours and views: the same job gives the same images.
        images: Paths of the JPEGs. Files of these names are always complete.

    Raises:
        ValueError: The job cannot be rendered.
    """

    prompt: str
    pictures: tuple[Path, ...]
    width: int
    height: int
    seed: int
    images: tuple[Path, ...]

    def __post_init__(self) -> None:
        _require(self.images, "there must be an image")
        _require(self.width > 0 and self.height > 0, "the size of an image must be positive")


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)


JOBS: Final[TypeAdapter[RenderJob | ImagesJob]] = TypeAdapter(RenderJob | ImagesJob)
"""Jobs as JSON."""


def frame_size(resolution: str, ratio: str) -> tuple[int, int]:
    """Width and height of a frame, in pixels, both even.

    Args:
        resolution: The short side: "480p", "720p", "1080p" or "4k" (2160 pixels).
        ratio: Width to height, such as "16:9".

    Raises:
        ValueError: The resolution or the ratio is unknown.
    """
    _require(resolution in _SHORT_SIDES, f"unknown resolution {resolution}")
    short = _SHORT_SIDES[resolution]
    across, down = (int(side) for side in ratio.split(":"))
    long = 2 * round(short * max(across, down) / min(across, down) / 2)
    return (long, short) if across >= down else (short, long)
