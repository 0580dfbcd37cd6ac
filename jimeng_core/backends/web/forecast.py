"""How far a task is, reckoned from its record alone. Pure.

The wire has no percentage for video (protocol 9.2).
"""

from dataclasses import dataclass
from datetime import datetime

from jimeng_core.backends.json_reading import Json, as_int, as_number, get_path
from jimeng_core.backends.progress import percent

from . import wire


@dataclass(frozen=True, slots=True)
class Forecast:
    """The upstream's own forecast, in seconds; None where it makes none.

    That the numbers of `forecast_*_cost` are seconds is likely, not sure (protocol 7.7): they
    are no price, and other clients read them so.
    """

    queue_seconds: float | None
    work_seconds: float | None

    def progress(self, created: datetime | None, now: datetime) -> int:
        """Percent of a running task, 1 to 98: elapsed time against the forecast."""
        if created is None:
            return 1
        elapsed = _elapsed(created, now) - (self.queue_seconds or 0)
        return percent(elapsed, self.work_seconds or wire.TYPICAL_SECONDS)

    def eta(self, created: datetime | None, now: datetime) -> int | None:
        """Seconds until the end by the forecast, at least 0; None without one."""
        if created is None or self.work_seconds is None:
            return None
        whole = (self.queue_seconds or 0) + self.work_seconds
        return max(int(whole - _elapsed(created, now)), 0)


def images_drawn(record: Json) -> int:
    """Percent by the images that are done, at most 99; 0 where the record tells nothing.

    Only of image records: on those of videos both numbers are 0, or mean nothing (protocol 9.1).
    """
    done, count = (as_int(record.get(f"{name}_image_count")) for name in ("finished", "total"))
    return min(100 * done // count, 99) if done and count and 0 < done <= count else 0


def _elapsed(created: datetime, now: datetime) -> float:
    """Whole seconds, so that every process that asks within a second says the same."""
    return int(now.timestamp()) - created.timestamp()


def read_forecast(record: Json) -> Forecast:
    """The forecast of a record (protocol 6 and 9.1)."""
    return Forecast(
        _seconds(record, "forecast_queue_cost"), _seconds(record, "forecast_generate_cost")
    )


def _seconds(record: Json, name: str) -> float | None:
    number = as_number(record.get(name))
    if number is None:
        number = as_number(get_path(record, "forecast_cost_time", name))
    return number if number is not None and 0 < number < 10**7 else None
