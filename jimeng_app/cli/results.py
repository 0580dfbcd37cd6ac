"""What a completed task left: where it is, and the names of its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jimeng_core import Completed, CompletedImages, Task

_BEGINNINGS: Final = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp"}
"""What files of images begin with, and their endings: links do not tell the kind."""
_UNKNOWN: Final = ".image"


@dataclass(frozen=True, slots=True)
class Result:
    """One file of a task."""

    url: str
    stem: str
    """Its name without the ending."""
    ending: str | None
    """None where only its bytes will tell."""

    def there(self, folder: Path) -> Path | None:
        """The file, where a folder has it already."""
        endings = [self.ending] if self.ending else [*_BEGINNINGS.values(), _UNKNOWN]
        paths = [folder / f"{self.stem}{ending}" for ending in endings]
        return next((path for path in paths if path.is_file()), None)

    def target(self, folder: Path) -> Path:
        """Where it is brought to."""
        return folder / f"{self.stem}{self.ending or _UNKNOWN}"

    def named(self, folder: Path) -> Path:
        """The file that was brought, under its own ending."""
        path = self.target(folder)
        if self.ending:
            return path
        with path.open("rb") as file:
            start = file.read(4)
        known = (ending for begin, ending in _BEGINNINGS.items() if start.startswith(begin))
        return path.replace(path.with_suffix(next(known, _UNKNOWN)))


def results_of(task: Task | None, name: str) -> list[Result]:
    """The files of a task: `NAME.mp4`, or `NAME-1.jpg` and so on; none while it has no result."""
    match task:
        case Completed(video=video):
            return [Result(video.url, name, ".mp4")]
        case CompletedImages(images=images):
            return [
                Result(image.url, f"{name}-{number}", None)
                for number, image in enumerate(images, start=1)
            ]
        case _:
            return []
