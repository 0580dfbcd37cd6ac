"""What is to be rendered: frozen values, and their way through JSON into another process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter

RenderMode = Literal["first_last_frame", "multi_frame", "subject_reference"]

_SHOT_COUNTS: Final[dict[RenderMode, tuple[int, int]]] = {
    "first_last_frame": (0, 2),
    "multi_frame": (2, 10),
    "subject_reference": (1, 9),
}

_FPS: Final = (12, 60)

_SHORT_SIDES: Final = {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}

_RATIOS: Final = {
    "21:9": (21, 9),
    "16:9": (16, 9),
    "4:3": (4, 3),
    "1:1": (1, 1),
    "3:4": (3, 4),
    "9:16": (9, 16),
}


@dataclass(frozen=True, slots=True)
class Shot:
    """One of the user's pictures."""

    picture: Path
    """An image file that Pillow can read. It stands upright: an EXIF rotation is not applied."""

    seconds: int = 0
    """How long this picture is shown, in a `multi_frame` job; 0 in the others."""

    caption: str = ""
    """What is written over this picture, in a `multi_frame` job."""


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One video to render, checked when it is made: a job that exists fits together.

    Raises:
        ValueError: the pictures are too few or too many for the mode, a side is odd, `fps` is out
            of range, or the lengths do not add up.

    """

    mode: RenderMode

    prompt: str
    """The title of a video without pictures, the caption of a `subject_reference` video."""

    shots: tuple[Shot, ...]
    """0 to 2 in `first_last_frame` (the first frame, then the last), 2 to 10 in `multi_frame`,
    1 to 9 in `subject_reference`."""

    width: int
    """Pixels, even."""

    height: int
    """Pixels, even."""

    fps: int
    """Frames per second, 12 to 60."""

    seconds: int
    """Length of the whole video; in a `multi_frame` job the sum over its shots."""

    seed: int
    """Colours and camera moves follow from it: the same job gives the same frames."""

    video: Path
    """Where the MP4 goes. A file of this name is always a whole video, and has its poster."""

    poster: Path
    """Where the JPEG goes that stands for the video before it plays."""

    def __post_init__(self) -> None:
        """Refuse what cannot be rendered."""
        for problem in self._problems():
            raise ValueError(problem)

    def _problems(self) -> list[str]:
        """One sentence for each rule that is broken."""
        fewest, most = _SHOT_COUNTS[self.mode]
        rules = {
            f"{self.mode} takes {fewest} to {most} pictures, not {len(self.shots)}": fewest
            <= len(self.shots)
            <= most,
            f"width and height must be even and positive, not {self.width}x{self.height}": all(
                side > 0 and side % 2 == 0 for side in (self.width, self.height)
            ),
            f"fps must be {_FPS[0]} to {_FPS[1]}, not {self.fps}": _FPS[0] <= self.fps <= _FPS[1],
            f"seconds must be at least 1, not {self.seconds}": self.seconds >= 1,
        }
        if self.mode == "multi_frame":
            rules["every frame must be shown for at least 1 second"] = all(
                shot.seconds >= 1 for shot in self.shots
            )
            total = sum(shot.seconds for shot in self.shots)
            rules[f"the frames take {total} s together, the video {self.seconds} s"] = (
                total == self.seconds
            )
        return [sentence for sentence, kept in rules.items() if not kept]

    @property
    def frames(self) -> int:
        """How many frames the video has."""
        return self.seconds * self.fps

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height


@dataclass(frozen=True, slots=True)
class ImagesJob:
    """Some images to draw, each a look of its own at the same pictures and words.

    Raises:
        ValueError: there is nothing to draw, or a side has no length.

    """

    prompt: str
    """The title of images without pictures, the caption of those with several."""

    pictures: tuple[Path, ...]
    """Image files that Pillow can read, upright."""

    width: int
    """Pixels."""

    height: int
    """Pixels."""

    seed: int
    """Colours and views follow from it: the same job gives the same images."""

    images: tuple[Path, ...]
    """Where the JPEGs go. Files of these names are always whole, and the last is there last."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not self.images or min(self.width, self.height) < 1:
            raise ValueError("there must be an image, and it must have a size")


_JOBS: Final[TypeAdapter[RenderJob | ImagesJob]] = TypeAdapter(RenderJob | ImagesJob)


def job_text(job: RenderJob | ImagesJob) -> str:
    """A job as JSON for `read_job`, paths as they are."""
    return _JOBS.dump_json(job, indent=1).decode()


def read_job(text: str | bytes) -> RenderJob | ImagesJob:
    """The job that `job_text` wrote.

    Raises:
        ValueError: not JSON, or not a job that can be done.

    """
    return _JOBS.validate_json(text)


def frame_size(resolution: str, ratio: str) -> tuple[int, int]:
    """Width and height of a frame, in pixels, both even.

    Args:
        resolution: names the short side: "480p", "720p", "1080p" or "4k" (2160 pixels).
        ratio: width to height: "21:9", "16:9", "4:3", "1:1", "3:4" or "9:16".

    Raises:
        ValueError: one of the two is not known.

    """
    if resolution not in _SHORT_SIDES:
        raise ValueError(f"resolution must be one of {', '.join(_SHORT_SIDES)}, not {resolution!r}")
    if ratio not in _RATIOS:
        raise ValueError(f"ratio must be one of {', '.join(_RATIOS)}, not {ratio!r}")
    short = _SHORT_SIDES[resolution]
    across, down = _RATIOS[ratio]
    long = 2 * round(short * max(across, down) / min(across, down) / 2)
    return (long, short) if across >= down else (short, long)
