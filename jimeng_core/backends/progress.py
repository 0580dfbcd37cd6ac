"""Estimated progress of a running task, for upstreams that do not report it."""

from datetime import datetime
from typing import Final

TYPICAL_SECONDS: Final = 120
"""How long a task runs on the site: 93 to 167 s were measured (protocol 9.2). That the same models
take as long on Ark, which has no forecast, is a guess."""
_EXPECTED_END: Final = 0.8
"""The estimate at the end of the expected time; a task that runs longer approaches 1."""
_MAX_PERCENT: Final = 98


def elapsed_seconds(start: datetime, now: datetime) -> float:
    """Seconds since `start`, with `now` cut to seconds: all processes agree within a second."""
    return int(now.timestamp()) - start.timestamp()


def percent(elapsed: float, expected: float = TYPICAL_SECONDS) -> int:
    """Estimated progress of a running task, 1 to 98.

    Args:
        elapsed: Seconds since it began to run; a negative number counts as 0.
        expected: Seconds that it is expected to run, above 0.
    """
    ratio = max(elapsed, 0) / expected
    # Past the expected time, each further such time halves what is left.
    part = _EXPECTED_END * ratio if ratio <= 1 else 1 - (1 - _EXPECTED_END) * 2 ** (1 - ratio)
    return min(max(int(part * 100), 1), _MAX_PERCENT)
