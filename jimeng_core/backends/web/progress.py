"""How far a task is, reckoned from its record alone. Pure.

The wire has no percentage for video (wire facts 9.2).
"""

from dataclasses import dataclass
from datetime import datetime

from . import wire
from .plain import Json, as_number, dig

_LINEAR = 0.8
"""The part of the bar that is filled when the forecast time is over; a task that runs longer
creeps on from there and never seems done."""
_MOST = 98


@dataclass(frozen=True, slots=True)
class Forecast:
    """The upstream's own forecast, in seconds; None where it makes none.

    That the numbers of `forecast_*_cost` are seconds is likely, not sure (wire facts 7.7): they
    are no price, and other clients read them so.
    """

    queue_seconds: float | None
    work_seconds: float | None

    def progress(self, created: datetime | None, now: datetime) -> int:
        """Percent of a running task, 1 to 98: elapsed time against the forecast."""
        if created is None:
            return 1
        elapsed = _elapsed(created, now) - (self.queue_seconds or 0)
        expected = self.work_seconds or wire.TYPICAL_SECONDS
        ratio = max(elapsed, 0) / expected
        # Past the forecast, what is left is halved with every further forecast's time.
        part = _LINEAR * ratio if ratio <= 1 else 1 - (1 - _LINEAR) * 2 ** (1 - ratio)
        return min(max(int(part * 100), 1), _MOST)

    def eta(self, created: datetime | None, now: datetime) -> int | None:
        """Seconds until the end by the forecast, at least 0; None without one."""
        if created is None or self.work_seconds is None:
            return None
        whole = (self.queue_seconds or 0) + self.work_seconds
        return max(int(whole - _elapsed(created, now)), 0)


def _elapsed(created: datetime, now: datetime) -> float:
    """Whole seconds, so that every process that asks within a second says the same."""
    return int(now.timestamp()) - created.timestamp()


def read_forecast(record: Json) -> Forecast:
    """The forecast of a record (wire facts 6 and 9.1)."""
    return Forecast(
        _seconds(record, "forecast_queue_cost"), _seconds(record, "forecast_generate_cost")
    )


def _seconds(record: Json, name: str) -> float | None:
    number = as_number(record.get(name))
    if number is None:
        number = as_number(dig(record, "forecast_cost_time", name))
    return number if number is not None and 0 < number < 10**7 else None
