"""The command line: `jimeng`."""

import signal
import sys
from io import TextIOWrapper
from typing import Final

CTRL_C: Final = 128 + signal.SIGINT
UNEXPECTED_ERROR: Final = 70
"""EX_SOFTWARE: nobody foresaw this, so it tells nothing of a task."""


def main() -> None:
    """Run one command and exit; whatever happens, there is no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # What a locale has no letters for is told in escapes.
            stream.reconfigure(errors="backslashreplace")
    try:
        from .commands import app  # noqa: PLC0415 - Ctrl-C may come while it loads

        app(prog_name="jimeng")
    except KeyboardInterrupt:
        sys.exit(CTRL_C)
    except Exception as error:  # noqa: BLE001 - a defect, whatever it is
        sys.stderr.write(
            f"Something that was not foreseen: {type(error).__name__}. Please report it with the"
            " command; a task that was submitted is not affected.\n"
        )
        sys.exit(UNEXPECTED_ERROR)
