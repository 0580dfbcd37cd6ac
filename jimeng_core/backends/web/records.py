"""From a record of the site to a task (protocol 9)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from jimeng_core.backends.base import URL_GRACE
from jimeng_core.backends.json_reading import (
    WEB_SCHEMES,
    Json,
    as_datetime,
    as_int,
    as_number,
    as_object,
    as_timedelta,
    get_path,
)
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import CODE_LENGTH, Expired, JimengError, UpstreamUnreadable
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
from .echo import defer_echo, read_echo
from .error_mapping import map_failure
from .forecast import images_progress, read_forecast
from .results import read_images, read_video


def read_record(
    record: object, task_id: str, now: datetime, schemes: Collection[str] = WEB_SCHEMES
) -> Task | JimengError:
    """The task of a record, or the error of this one look-up; never raises, whatever the JSON.

    Args:
        record: What the site sent for the id.
        task_id: The id that was looked up.
        now: The time of the response by the site's clock (UTC).
        schemes: The URL schemes of results that are accepted.
    """
    if not isinstance(record, dict):
        return UpstreamUnreadable(task_id=task_id)
    status = as_int(record.get("status"))
    if status is None:
        status = as_int(get_path(record, "task", "status"))
    if status is None:
        return UpstreamUnreadable(task_id=task_id, upstream_code="no status")
    if status == wire.STATUS_DELETED:
        return Expired(task_id=task_id, upstream_code=str(status))
    if status == wire.STATUS_COMPLETED and (task := _completed_video(record, task_id, schemes)):
        return task
    mode, request = read_echo(record)
    common: dict[str, Any] = {
        "id": task_id,
        "mode": mode,
        "request": request,
        "created_at": _created_at(record, task_id),
    }
    if status == wire.STATUS_COMPLETED:
        return _finished(record, common, now, schemes)
    return _not_completed(record, status, common, now)


def _created_at(record: Json, task_id: str) -> datetime | None:
    return as_datetime(record.get("created_time")) or minted_at(task_id)


def _completed_video(record: Json, task_id: str, schemes: Collection[str]) -> Completed | None:
    """The task of a finished video; its mode and its request are read when they are asked for."""
    echo = defer_echo(record)
    video = read_video(record, schemes) if echo else None
    if video is None:
        return None
    return Completed(
        id=task_id,
        mode=echo,
        request=echo,
        created_at=_created_at(record, task_id),
        video=video,
        completed_at=as_datetime(get_path(record, "task", "finish_time")),
    )


def _not_completed(record: Json, status: int, common: dict[str, Any], now: datetime) -> Task:
    """A task that failed, waits or runs; an unknown status counts as running (contract 4)."""
    if status in wire.STATUS_FAILED:
        return Failed(**common, failure=map_failure(record, status))
    created = as_datetime(record.get("created_time"))  # the time in the id is by another clock
    if created and now - created > _deadline(record):
        return Failed(**common, failure=Failure.of(ErrorCode.GENERATION_TIMEOUT, str(status)))
    estimate, eta_seconds = read_forecast(record, created, now)
    queue = as_object(record.get("queue_info"))
    position, length = as_int(queue.get("queue_idx")), as_int(queue.get("queue_length"))
    common |= {
        "queue": None if position is None and length is None else Queue(position, length),
        "eta_seconds": eta_seconds,
        "poll_seconds": as_number(get_path(queue, "polling_config", "interval_seconds")),
    }
    if status in wire.STATUS_PENDING:
        return Pending(**common)
    reported = images_progress(record) if common["mode"] is Mode.IMAGE else 0
    is_reported = reported >= estimate  # the larger one, so that progress never falls
    return Processing(
        **common,
        progress=reported if is_reported else estimate,
        progress_source=ProgressSource.UPSTREAM if is_reported else ProgressSource.ESTIMATE,
        upstream_code=None if status in wire.STATUS_PROCESSING else str(status)[:CODE_LENGTH],
    )


def _finished(
    record: Json, common: dict[str, Any], now: datetime, schemes: Collection[str]
) -> Task:
    """A task with status 50. Its URL can come later than its status (protocol 9.2)."""
    finished = as_datetime(get_path(record, "task", "finish_time"))
    mode = common["mode"]
    if mode is not Mode.IMAGE and (video := read_video(record, schemes)):
        return Completed(**common, video=video, completed_at=finished)
    is_video = mode not in (None, Mode.IMAGE) or (
        mode is None and as_int(record.get("generate_type")) in wire.VIDEO_TYPES
    )
    if not is_video and (images := read_images(record, schemes)):
        return CompletedImages(**common, images=images, completed_at=finished)
    created, overdue = as_datetime(record.get("created_time")), timedelta(0)
    if finished:
        overdue = now - finished
    elif created:  # it finished no later than its deadline
        overdue = now - created - _deadline(record)
    if overdue > URL_GRACE:
        return Failed(**common, failure=Failure.of(ErrorCode.UPSTREAM_UNREADABLE, "no URL"))
    return Processing(**common, progress=99)


def _deadline(record: Json) -> timedelta:
    seconds = get_path(record, "queue_info", "polling_config", "timeout_seconds")
    return as_timedelta(seconds) or wire.TASK_DEADLINE
