"""Rendered files: a video with its poster, or images, written under temporary names first."""

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from PIL import Image

from .encode import write_mp4
from .job import ImagesJob, RenderJob, Shot
from .moving import sound_of
from .scenes import poster_time, scene_of

_POSTER_SIDE: Final = 640
"""The longest side of a poster, in pixels."""
_SECONDS: Final = 6
"""Length of the video that an image is a frame of."""
_MOMENTS: Final = (0.5, 0.25, 0.75, 0.9)
"""Which frames the images are in turn, by the time as a fraction of that video. Not the start: it
shows all of a picture whatever the seed is, so that two images of one picture would be the same."""


def render_video(job: RenderJob) -> None:
    """Write the poster and the video: a few seconds on one core, about 40 for 5 s in 4k.

    The video is written last: when its file exists, so does the poster.

    Raises:
        OSError: A picture or a clip cannot be read, or a file cannot be written.
    """
    scene = scene_of(job)
    with _replacing([job.poster, job.video]) as (poster, video):
        image = scene(poster_time(job))
        image.thumbnail((_POSTER_SIDE, _POSTER_SIDE), Image.Resampling.LANCZOS)
        image.save(poster, "JPEG", quality=88, optimize=True, progressive=True)
        frames = (scene(number / job.fps) for number in range(job.seconds * job.fps))
        sound = sound_of(job.files("audio") or job.files("video"), job.seconds)
        write_mp4(frames, video, size=job.size, fps=job.fps, sound=sound)


def render_images(job: ImagesJob) -> None:
    """Write the images: about a second on one core for each in 2k, five in 4k.

    Raises:
        OSError: A picture cannot be read, or a file cannot be written.
    """
    with _replacing(job.images) as paths:
        for number, path in enumerate(paths):
            video = _video_of(job, job.seed + number)
            image = scene_of(video)(_MOMENTS[number % len(_MOMENTS)] * _SECONDS)
            image = image.crop((0, 0, job.width, job.height))
            image.save(path, "JPEG", quality=90, optimize=True)


def _video_of(job: ImagesJob, seed: int) -> RenderJob:
    """The video that an image is a frame of; its sides are even, so up to a pixel longer."""
    return RenderJob(
        mode="subject_reference" if len(job.pictures) > 1 else "first_last_frame",
        prompt=job.prompt,
        shots=tuple(Shot(picture) for picture in job.pictures),
        width=job.width + job.width % 2,
        height=job.height + job.height % 2,
        fps=24,
        seconds=_SECONDS,
        seed=seed,
        video=Path(),
        poster=Path(),
    )


@contextmanager
def _replacing(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Temporary paths, which are moved to `paths` in order unless the block raises."""
    temporary = [temporary_path(path) for path in paths]
    try:
        yield temporary
        for source, target in zip(temporary, paths, strict=True):
            source.replace(target)
    finally:
        for path in temporary:
            path.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """The path of an incomplete file, `.NAME.PID.part`; removes those of killed processes.

    If the process of such a file is still running, it fails at its end.
    """
    for stale in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(PermissionError):  # Windows does not remove a file that is open
            stale.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")
