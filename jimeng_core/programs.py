"""This package's programs, which handle the files of strangers in processes of their own."""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_VARIABLES: Final = ("LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What a program gets of the environment: no credential."""
_PARENT_SECONDS: Final = 1.0
"""How often to check whether the parent process is alive."""


def environment() -> dict[str, str]:
    """The environment of a program, which can import what this process can."""
    root = Path(__file__).parents[1]  # importable wherever this process was started
    variables = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    path = os.pathsep.join([str(root), *filter(None, sys.path)])
    return {**variables, "PYTHONPATH": path}


def limit_resources(memory: int, seconds: int) -> None:
    """Limit this process to `memory` bytes, and to `seconds` of processor time, where possible.

    Beyond the memory, allocations fail; beyond the time, the process is killed by SIGXCPU. When the
    machine has no memory left, it is the first to be killed.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    limits = (
        (resource.RLIMIT_AS, memory),
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
