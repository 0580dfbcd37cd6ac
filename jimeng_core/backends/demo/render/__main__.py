"""The renderer as a program, `python -m jimeng_core.backends.demo.render`; its job is on stdin.

In a process of its own, so that the web app stays responsive, and so that a crash, or the memory
that an enormous picture takes, affects nothing else.
"""

import os
import signal
import sys
import warnings
from types import FrameType
from typing import Final

from jimeng_core.backends.demo.folder_errors import TEMPORARY
from jimeng_core.programs import end_with_parent, limit_resources

from .job import JOBS, TRY_AGAIN, RenderJob
from .limits import MEMORY_BYTES, processor_seconds
from .output import render_images, render_video

_NICE: Final = 10
"""The renderer's Unix niceness."""


def main() -> int:
    """Render the job on standard input.

    Returns:
        0; or, after one line on standard error, 1 for a job that cannot be rendered, and
        `TRY_AGAIN` for one that was interrupted, as by a full disk or SIGTERM.
    """
    end_with_parent()
    if sys.platform != "win32":
        os.nice(_NICE)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent terminates this process on Ctrl-C
    warnings.simplefilter("ignore")  # such as Pillow's about large pictures
    try:
        job = JOBS.validate_json(sys.stdin.buffer.read())
        limit_resources(MEMORY_BYTES, processor_seconds(job))
        render_video(job) if isinstance(job, RenderJob) else render_images(job)
    except Exception as error:  # noqa: BLE001 - the parent process logs the line
        line = " ".join(f"{type(error).__name__}: {error}".split())
        print(line, file=sys.stderr)  # noqa: T201 - the program's answer
        return TRY_AGAIN if getattr(error, "errno", None) in TEMPORARY else 1
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Exit by an exception, so that half-written files are removed."""
    sys.exit(TRY_AGAIN)


if __name__ == "__main__":
    sys.exit(main())
