"""Limits of the renderer's process, which decodes pictures of strangers: memory and time."""

from typing import Final

from .job import ImagesJob, RenderJob

MEMORY_BYTES: Final = 3 * 2**30
"""Addresses that the process may use. Ten pictures of the largest size in 4k take 1.7 GB."""
LONGEST_SECONDS: Final = 900
"""The most processor time of any job."""
_BASE_SECONDS: Final = 60
_SECONDS_PER_MEGAPIXEL: Final = 1.0
"""Of all frames together. It takes 0.04 s, or 0.3 s with many pictures in 4k."""


def processor_seconds(job: RenderJob | ImagesJob) -> int:
    """The processor time that a job may take, in seconds."""
    frames = job.fps * job.seconds if isinstance(job, RenderJob) else len(job.images)
    megapixels = job.width * job.height * frames / 1e6
    return min(LONGEST_SECONDS, round(_BASE_SECONDS + _SECONDS_PER_MEGAPIXEL * megapixels))
