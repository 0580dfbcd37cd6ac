"""The renderer as a program: `python -m jimeng_core.backends.demo.render JOB.json`.

In a process of its own, so that the web app keeps answering while it works, and so that whatever
happens to it, or to memory because of an enormous picture, happens to it alone.
"""

import os
import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Final

from .job import RenderJob, read_job
from .output import render_images, render_video

_NICE: Final = 10
"""How far the renderer steps back behind other processes, in steps of Unix's `nice`."""


def main(arguments: list[str]) -> int:
    """Render the job in the file named by the only argument.

    Returns:
        The exit code: 0, or 1 after one line on standard error.

    """
    if sys.platform != "win32":
        os.nice(_NICE)
    signal.signal(signal.SIGTERM, _stop)
    # Ctrl-C in a terminal is meant for the parent, which says so when this is to stop, too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard error is for a failure. Pillow's doubts about large pictures are none.
    warnings.simplefilter("ignore")
    try:
        [file] = arguments
        job = read_job(Path(file).read_bytes())
        render_video(job) if isinstance(job, RenderJob) else render_images(job)
    except Exception as error:  # noqa: BLE001 - whatever it is, one line tells the parent process
        line = " ".join(f"{type(error).__name__}: {error}".split())
        print(line, file=sys.stderr)  # noqa: T201 - the program's answer
        return 1
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Leave through the usual way out, which removes half-written files."""
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
