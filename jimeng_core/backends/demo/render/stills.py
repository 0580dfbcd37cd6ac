"""From a job to its images."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image

from .drafts import draft
from .job import ImagesJob, Mode, RenderJob, Shot
from .scenes import scene_of

_SECONDS: Final = 6
"""Length of the film that an image is a moment of."""
_MOMENTS: Final = (0.5, 0.25, 0.75, 0.9)
"""Which moments the images are, in lengths of that film, by turns. Not its start: whatever the seed
is, it shows all of a picture, so that two images of one picture would be the same."""


def draw(job: ImagesJob) -> None:
    """Write the images of `job`: about a second of work on one core for each in 2k, five in 4k.

    Each is written under a temporary name beside its own; all are moved into place at the end.

    Raises:
        OSError: a picture cannot be read, or a file cannot be written; nothing is left behind.

    """
    with ExitStack() as unfinished:
        drafts = [draft(path) for path in job.images]
        for path in drafts:
            unfinished.callback(partial(path.unlink, missing_ok=True))
        for number, path in enumerate(drafts):
            _still(job, number).save(path, "JPEG", quality=90, optimize=True)
        for path, name in zip(drafts, job.images, strict=True):
            path.replace(name)


def _still(job: ImagesJob, number: int) -> Image.Image:
    """One image: a moment of a film of the same pictures, which has its own seed."""
    film = _film(job, job.seed + number)
    image = scene_of(film)(_MOMENTS[number % len(_MOMENTS)] * _SECONDS)
    return image.crop((0, 0, job.width, job.height))


def _film(job: ImagesJob, seed: int) -> RenderJob:
    """The film, whose sides are even, so that it may be a pixel larger."""
    mode: Mode = "subject_reference" if len(job.pictures) > 1 else "first_last_frame"
    nowhere = Path()
    return RenderJob(
        mode=mode,
        prompt=job.prompt,
        shots=tuple(Shot(picture) for picture in job.pictures),
        width=job.width + job.width % 2,
        height=job.height + job.height % 2,
        fps=24,
        seconds=_SECONDS,
        seed=seed,
        video=nowhere,
        poster=nowhere,
    )
