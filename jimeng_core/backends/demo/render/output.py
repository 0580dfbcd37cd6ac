"""Rendered files: a video with its poster, or images, written under temporary names first."""

import glob
import os
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image

from .encode import write_mp4
from .job import ImagesJob, RenderJob, RenderMode, Shot
from .scenes import poster_time, scene_of

_POSTER_SIDE: Final = 640
"""The longer side of a poster is at most this long, in pixels."""


def render_video(job: RenderJob) -> None:
    """Write the poster and the video of `job`: a few seconds of work on one core, 40 for 5 s in 4k.

    Both are written under temporary names beside their own and moved into place at the end, the
    video last: where it is, all of it is, and so is the poster. Older files are replaced. A process
    that is killed leaves drafts (`.NAME.PID.part`) behind, which the next one removes.

    Raises:
        OSError: a picture cannot be read, or a file cannot be written; nothing is left behind.

    """
    scene = scene_of(job)
    poster, video = temporary_path(job.poster), temporary_path(job.video)
    try:
        _write_jpeg(scene(poster_time(job)), poster)
        frames = (scene(number / job.fps) for number in range(job.frames))
        write_mp4(frames, video, size=job.size, fps=job.fps)
        poster.replace(job.poster)
        video.replace(job.video)
    finally:
        poster.unlink(missing_ok=True)
        video.unlink(missing_ok=True)


def _write_jpeg(image: Image.Image, path: Path) -> None:
    """Write the image, scaled down to a poster's size."""
    image.thumbnail((_POSTER_SIDE, _POSTER_SIDE), Image.Resampling.LANCZOS)
    image.save(path, "JPEG", quality=88, optimize=True, progressive=True)


_SECONDS: Final = 6
"""Length of the film that an image is a moment of."""


_MOMENTS: Final = (0.5, 0.25, 0.75, 0.9)
"""Which moments the images are, in lengths of that film, by turns. Not its start: whatever the seed
is, it shows all of a picture, so that two images of one picture would be the same."""


def render_images(job: ImagesJob) -> None:
    """Write the images of `job`: about a second of work on one core for each in 2k, five in 4k.

    Each is written under a temporary name beside its own; all are moved into place at the end.

    Raises:
        OSError: a picture cannot be read, or a file cannot be written; nothing is left behind.

    """
    with ExitStack() as unfinished:
        drafts = [temporary_path(path) for path in job.images]
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
    mode: RenderMode = "subject_reference" if len(job.pictures) > 1 else "first_last_frame"
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


def temporary_path(path: Path) -> Path:
    """Where a file is written before it is whole, apart from what other processes write.

    Drafts of the same file that are there already are removed. Should the process of one be alive
    after all, it fails at its end, and the file is ours.
    """
    for stale in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        # Windows keeps a file that somebody has open.
        with suppress(PermissionError):
            stale.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")
