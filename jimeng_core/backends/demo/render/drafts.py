"""Where files are written before they are whole."""

import glob
import os
from contextlib import suppress
from pathlib import Path


def draft(path: Path) -> Path:
    """Where a file is written before it is whole, apart from what other processes write.

    Drafts of the same file that are there already are removed. Should the process of one be alive
    after all, it fails at its end, and the file is ours.
    """
    for stale in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        # Windows keeps a file that somebody has open.
        with suppress(PermissionError):
            stale.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")
