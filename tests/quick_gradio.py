"""Gradio without its stub files, which its import compares with its components for a second."""

import inspect
import sys
from typing import Any

_getfile = inspect.getfile


def skip_stubs() -> None:
    """Let a later import of Gradio take its components for ones without a file."""
    inspect.getfile = _getfile_of_others  # type: ignore[assignment] # its parameter is called object


def _getfile_of_others(thing: Any) -> str:
    if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
        raise OSError
    return _getfile(thing)
