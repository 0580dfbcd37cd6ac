"""From a job to its two files."""

from pathlib import Path
from typing import Final

from PIL import Image

from .drafts import draft
from .encode import write_mp4
from .job import RenderJob
from .scenes import poster_time, scene_of

_POSTER_SIDE: Final = 640
"""The longer side of a poster is at most this long, in pixels."""


def render(job: RenderJob) -> None:
    """Write the poster and the video of `job`: a few seconds of work on one core, 40 for 5 s in 4k.

    Both are written under temporary names beside their own and moved into place at the end, the
    video last: where it is, all of it is, and so is the poster. Older files are replaced. A process
    that is killed leaves drafts (`.NAME.PID.part`) behind, which the next one removes.

    Raises:
        OSError: a picture cannot be read, or a file cannot be written; nothing is left behind.

    """
    scene = scene_of(job)
    poster, video = draft(job.poster), draft(job.video)
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
