"""From a record of the site to a task (protocol 9).

Pure: the same record and second give the same task, in every process.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jimeng_core.backends.json_reading import Json, as_int, as_number, as_object, get_path
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import Expired, JimengError, UpstreamUnreadable
from jimeng_core.ids import minted_at
from jimeng_core.requests import Mode
from jimeng_core.tasks import (
    Completed,
    CompletedImages,
    Failed,
    Failure,
    Pending,
    Processing,
    ProgressSource,
    Queue,
    Task,
)

from . import wire
from .echo import read_echo
from .error_mapping import map_failure
from .forecast import Forecast, images_drawn, read_forecast
from .results import DEFAULT_SCHEMES, read_images, read_video


@dataclass(frozen=True, slots=True)
class RecordContext:
    """What a record is read by besides itself.

    Attributes:
        task_id: The id that was asked for.
        now: The moment of the answer (UTC).
        schemes: The URL schemes of results that are taken; the demo site has its own.
    """

    task_id: str
    now: datetime
    schemes: Collection[str] = DEFAULT_SCHEMES


def read_record(record: object, reading: RecordContext) -> Task | JimengError:
    """The task of a record, or why this one record gives none.

    Never raises, whatever JSON a record is.
    """
    if not isinstance(record, dict):
        return UpstreamUnreadable(task_id=reading.task_id)
    status = as_int(record.get("status"))
    if status is None:
        status = as_int(get_path(record, "task", "status"))
    if status is None:
        return UpstreamUnreadable(task_id=reading.task_id, upstream_code="no status")
    if status == wire.STATUS_DELETED:
        return Expired(task_id=reading.task_id, upstream_code=str(status))
    return _task(record, status, reading)


def _task(record: Json, status: int, reading: RecordContext) -> Task:
    common = _common(record, reading)
    if status in wire.STATUS_FAILED:
        return Failed(**common, failure=map_failure(record, status))
    if status == wire.STATUS_COMPLETED:
        return _finished(record, common, reading)
    forecast = read_forecast(record)
    created = common["created_at"]
    if created and reading.now - created > _deadline(record):
        return Failed(**common, failure=Failure.of(ErrorCode.GENERATION_TIMEOUT, str(status)))
    waiting = _waiting(record, created, forecast, reading)
    if status in wire.STATUS_PENDING:
        return Pending(**common, **waiting)
    known = status in wire.STATUS_PROCESSING
    reckoned = forecast.progress(created, reading.now)
    drawn = images_drawn(record) if common["mode"] is Mode.IMAGE else 0
    told = drawn >= reckoned  # the larger one, so that it never falls
    return Processing(
        **common,
        **waiting,
        progress=drawn if told else reckoned,
        progress_source=ProgressSource.UPSTREAM if told else ProgressSource.ESTIMATE,
        upstream_code=None if known else str(status),
    )


def _common(record: Json, reading: RecordContext) -> dict[str, Any]:
    mode, request = read_echo(record)
    return {
        "id": reading.task_id,
        "mode": mode,
        "request": request,
        "created_at": _moment(record.get("created_time")) or minted_at(reading.task_id),
    }


def _waiting(
    record: Json, created: datetime | None, forecast: Forecast, reading: RecordContext
) -> dict[str, Any]:
    info = as_object(record.get("queue_info"))
    position, length = as_int(info.get("queue_idx")), as_int(info.get("queue_length"))
    return {
        "queue": None if position is None and length is None else Queue(position, length),
        "eta_seconds": forecast.eta(created, reading.now),
        "poll_seconds": as_number(get_path(info, "polling_config", "interval_seconds")),
    }


def _finished(record: Json, common: dict[str, Any], reading: RecordContext) -> Task:
    """A task with status 50. Its URL can come later than its status (protocol 9.2)."""
    finished = _moment(get_path(record, "task", "finish_time"))
    mode = common["mode"]
    if mode is not Mode.IMAGE and (video := read_video(record, reading.schemes)):
        return Completed(**common, video=video, completed_at=finished)
    a_video = mode not in (None, Mode.IMAGE) or (
        mode is None and as_int(record.get("generate_type")) in wire.VIDEO_TYPES
    )
    if not a_video and (images := read_images(record, reading.schemes)):
        return CompletedImages(**common, images=images, completed_at=finished)
    started, overdue = common["created_at"], timedelta(0)
    if finished:
        overdue = reading.now - finished
    elif started:  # a finish is no later than the deadline after the start
        overdue = reading.now - started - _deadline(record)
    if overdue > wire.URL_GRACE:
        return Failed(**common, failure=Failure.of(ErrorCode.UPSTREAM_UNREADABLE, "no URL"))
    return Processing(**common, progress=99)


def _deadline(record: Json) -> timedelta:
    seconds = as_number(get_path(record, "queue_info", "polling_config", "timeout_seconds"))
    if seconds is None or not 0 < seconds <= 10**9:
        return wire.TASK_DEADLINE
    return timedelta(seconds=seconds)


def _moment(value: object) -> datetime | None:
    """A moment from unix seconds or milliseconds, as number or text; 0 means "not yet"."""
    seconds = as_number(value)
    if seconds is None or seconds <= 0:
        return None
    if seconds > 10**11:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
