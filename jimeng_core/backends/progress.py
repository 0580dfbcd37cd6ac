"""How far a running task is, where the upstream does not tell: reckoned from the time. Pure."""

from typing import Final

_LINEAR: Final = 0.8
"""The part of the bar that is filled when the expected time is over; a task that runs longer
creeps on from there and never seems done."""


_MOST: Final = 98


def percent(elapsed: float, expected: float) -> int:
    """Percent of a running task, 1 to 98.

    Args:
        elapsed: Seconds since it began; before its beginning counts as 0.
        expected: Seconds that it is expected to take, more than 0.
    """
    ratio = max(elapsed, 0) / expected
    # Past the expected time, what is left is halved with every further such time.
    part = _LINEAR * ratio if ratio <= 1 else 1 - (1 - _LINEAR) * 2 ** (1 - ratio)
    return min(max(int(part * 100), 1), _MOST)
