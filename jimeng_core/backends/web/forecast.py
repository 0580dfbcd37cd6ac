"""Progress and remaining time of a running task, from its record.

The site reports no percentage for videos (protocol 9.2).
"""

from dataclasses import dataclass
from datetime import datetime

from jimeng_core.backends.json_reading import Json, as_count, as_positive, get_path
from jimeng_core.backends.progress import TYPICAL_SECONDS, elapsed_seconds, percent


@dataclass(frozen=True, slots=True)
class Forecast:
    """The site's own forecast, in seconds; None without one.

    That `forecast_*_cost` are seconds is likely, not sure (protocol 7.7): they are not a price, and
    other clients read them so.
    """

    queue_seconds: float | None
    work_seconds: float | None

    def progress(self, created: datetime | None, now: datetime) -> int:
        """Percent of a running task, 1 to 98: elapsed time over the forecast."""
        elapsed = elapsed_seconds(created, now) - (self.queue_seconds or 0) if created else 0
        return percent(elapsed, self.work_seconds or TYPICAL_SECONDS)

    def eta(self, created: datetime | None, now: datetime) -> int | None:
        """Seconds until the task should end, at least 0; None without a forecast."""
        if created is None or self.work_seconds is None:
            return None
        total = (self.queue_seconds or 0) + self.work_seconds
        return max(int(total - elapsed_seconds(created, now)), 0)


def read_forecast(record: Json) -> Forecast:
    """The forecast of a record (protocol 6 and 9.1)."""
    return Forecast(
        _seconds(record, "forecast_queue_cost"), _seconds(record, "forecast_generate_cost")
    )


def _seconds(record: Json, field: str) -> float | None:
    number = as_positive(record.get(field))
    if number is None:
        number = as_positive(get_path(record, "forecast_cost_time", field))
    return number if number is not None and number < 10**7 else None


def images_progress(record: Json) -> int:
    """Percent of an image task by its finished images, at most 99; 0 if unknown.

    On records of videos both numbers are 0 or meaningless (protocol 9.1).
    """
    done, total = (as_count(record.get(f"{name}_image_count")) for name in ("finished", "total"))
    return min(100 * done // total, 99) if done and total and done <= total else 0
