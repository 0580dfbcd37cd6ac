"""Limits of the renderer's process, which decodes pictures of strangers: memory and time."""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from .job import ImagesJob, RenderJob

MEMORY_BYTES: Final = 3 * 2**30
"""Addresses that the process may use. Ten pictures of the largest size in 4k take 1.7 GB."""
LONGEST_SECONDS: Final = 900
"""The most processor time of any job."""
_BASE_SECONDS: Final = 60
_SECONDS_PER_MEGAPIXEL: Final = 1.0
"""Of all frames together. It takes 0.04 s, or 0.3 s with many pictures in 4k."""
_PARENT_SECONDS: Final = 1.0
"""How often to check whether the parent process is alive."""


def processor_seconds(job: RenderJob | ImagesJob) -> int:
    """The processor time that a job may take, in seconds."""
    frames = job.fps * job.seconds if isinstance(job, RenderJob) else len(job.images)
    megapixels = job.width * job.height * frames / 1e6
    return min(LONGEST_SECONDS, round(_BASE_SECONDS + _SECONDS_PER_MEGAPIXEL * megapixels))


def limit_resources(seconds: int) -> None:
    """Limit this process to `MEMORY_BYTES`, and to `seconds` of processor time, where possible.

    Beyond the memory, allocations fail; beyond the time, the process is killed by SIGXCPU. When the
    machine has no memory left, it is the first to be killed.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in limits:
        hard = resource.getrlimit(kind)[1]
        soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with suppress(ValueError, OSError):  # macOS limits no addresses
            resource.setrlimit(kind, (soft, hard))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def end_with_parent() -> None:
    """Terminate this process when its parent has ended, however that ended."""

    def watch(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    if sys.platform != "win32":  # where a parent keeps its number
        threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
