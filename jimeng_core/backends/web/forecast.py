"""Progress and remaining time of a running task, from its record.

The site reports no percentage for videos (protocol 9.2).
"""

from datetime import datetime

from jimeng_core.backends.json_reading import Json, as_count, as_positive, get_path
from jimeng_core.backends.progress import TYPICAL_SECONDS, elapsed_seconds, percent


def read_forecast(record: Json, created: datetime | None, now: datetime) -> tuple[int, int | None]:
    """Percent of a running task, 1 to 98, and its remaining seconds; None without a forecast.

    That the site's `forecast_*_cost` are seconds is likely, not sure (protocol 7.7): they are not a
    price, and other clients read them so.
    """
    queue = _seconds(record, "forecast_queue_cost") or 0
    work = _seconds(record, "forecast_generate_cost")
    elapsed = elapsed_seconds(created, now) if created else 0
    eta = max(int(queue + work - elapsed), 0) if created and work else None
    return percent(elapsed - queue, work or TYPICAL_SECONDS), eta


def _seconds(record: Json, field: str) -> float | None:
    """One part of the forecast (protocol 6 and 9.1)."""
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
