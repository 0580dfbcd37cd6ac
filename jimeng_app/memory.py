"""Memory of the process: what is freed goes back to the system, on Linux with glibc."""

import ctypes
import gc
import sys
from collections.abc import Callable
from typing import Final

_MALLOC_OPTIONS: Final = {-3: 2**20, -1: 2**18, -8: 2}
"""Of glibc's `mallopt`: `M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD`, in bytes, and `M_ARENA_MAX`.

Each thread would have an arena of its own, with free memory in each."""


def keep_little_freed_memory() -> None:
    """Let the pictures of a burst of calls go back to the system when they are freed.

    glibc raises both thresholds with the blocks that it sees, up to 32 MB, and keeps that much for
    each of many threads. Elsewhere than on Linux with glibc, this does nothing.
    """
    if mallopt := _malloc_function("mallopt"):
        for option, value in _MALLOC_OPTIONS.items():
            mallopt(option, value)


def return_freed_memory() -> None:
    """Give the system what is free between the blocks in use: by itself, glibc gives only ends."""
    gc.collect()  # cycles would hold their blocks until some later collection
    if malloc_trim := _malloc_function("malloc_trim"):
        malloc_trim(0)


def _malloc_function(name: str) -> Callable[..., int] | None:
    """A function of glibc, where there is one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
