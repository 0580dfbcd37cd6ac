"""The command line: `jimeng`."""

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Final, TextIO

CTRL_C: Final = 128 + signal.SIGINT
IO_ERROR: Final = 74
"""EX_IOERR of sysexits.h."""
UNEXPECTED_ERROR: Final = 70
"""EX_SOFTWARE of sysexits.h: a defect, which says nothing about any task."""


def discard(stream: TextIO) -> None:
    """Discard what is written to a stream from now on."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, stream.fileno())
    os.close(devnull)


def main() -> None:
    """Run one command and exit, without a traceback in any case."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Write escapes for characters that the locale's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        # Ctrl-C during this import is handled too.
        from .commands import build_app, command_of  # noqa: PLC0415

        build_app(command_of(sys.argv[1:]))(prog_name="jimeng")
    except KeyboardInterrupt:
        sys.exit(CTRL_C)
    except OSError as error:  # such as a full disk below standard output
        with suppress(OSError):
            sys.stderr.write(
                f"The output or a file cannot be read or written ({error.strerror});"
                " submitted tasks are not affected.\n"
            )
        try:
            sys.stdout.flush()
        except OSError:
            discard(sys.stdout)  # Python would try again at its end
        sys.exit(IO_ERROR)
    except Exception as error:  # noqa: BLE001 - any defect
        sys.stderr.write(
            f"Unexpected error: {type(error).__name__}. Please report it with the command;"
            " submitted tasks are not affected.\n"
        )
        sys.exit(UNEXPECTED_ERROR)
