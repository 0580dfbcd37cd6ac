"""The command line: `jimeng`."""

import signal
import sys
from io import TextIOWrapper
from typing import Final

CTRL_C: Final = 128 + signal.SIGINT
UNEXPECTED_ERROR: Final = 70
"""EX_SOFTWARE of sysexits.h: a defect, which says nothing about any task."""


def main() -> None:
    """Run one command and exit, without a traceback in any case."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Write escapes for characters that the locale's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        from .commands import app  # noqa: PLC0415 - Ctrl-C during this import is handled too

        app(prog_name="jimeng")
    except KeyboardInterrupt:
        sys.exit(CTRL_C)
    except Exception as error:  # noqa: BLE001 - any defect
        sys.stderr.write(
            f"Unexpected error: {type(error).__name__}. Please report it with the command;"
            " submitted tasks are not affected.\n"
        )
        sys.exit(UNEXPECTED_ERROR)
