"""How fast demo tasks run: seconds in the queue, seconds of work, and the pace that scales both.

The pace is the setting JIMENG_DEMO_PACE: 1 as a visitor sees it, 0 at once.
"""

from typing import Final

QUEUE_SECONDS: Final = 3.0
"""How long a task is queued at pace 1, so that a visitor sees the queue."""
WORK_SECONDS: Final = 7.0
"""How long it then runs at pace 1, unless rendering takes longer."""
POLL_SECONDS: Final = 2
"""The interval that the demo suggests between two look-ups."""


def queue_seconds(pace: float) -> float:
    """Seconds that a task is queued."""
    return QUEUE_SECONDS * pace


def work_seconds(pace: float) -> float:
    """Seconds that a task then runs."""
    return WORK_SECONDS * pace


def total_seconds(pace: float) -> float:
    """Seconds from the submission to the end."""
    return queue_seconds(pace) + work_seconds(pace)
