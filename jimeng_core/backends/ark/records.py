"""From a record of Ark to a task (Ark protocol A3, A8)."""

from datetime import MAXYEAR, datetime, timedelta
from typing import Any, Final

from jimeng_core.backends.base import URL_GRACE
from jimeng_core.backends.json_reading import (
    Json,
    as_count,
    as_datetime,
    as_int,
    as_object,
    as_positive,
    as_text,
    as_timedelta,
    as_url,
    get_path,
)
from jimeng_core.backends.progress import elapsed_seconds, percent
from jimeng_core.catalog import catalog
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import Expired, InvalidTaskId, JimengError, UpstreamUnreadable
from jimeng_core.ids import IdKind, kind_of, minted_at
from jimeng_core.tasks import (
    Completed,
    Cost,
    Failed,
    Failure,
    Pending,
    Processing,
    RequestEcho,
    Task,
    Video,
)

from . import wire
from .error_mapping import map_failure

UNSUCCESSFUL: Final = frozenset({wire.FAILED, wire.CANCELLED, wire.EXPIRED})


def read_record(record: object, task_id: str, now: datetime) -> Task | JimengError:
    """The task of a record, or the error of this one look-up; never raises, whatever the JSON.

    Ark's records hold neither the prompt nor the pictures (Ark protocol A8), so a task that is
    looked up has no prompt and no mode.

    Args:
        record: The response to get, or an item of a list.
        task_id: The id that was looked up.
        now: The time of the response by Ark's clock (UTC).
    """
    if not isinstance(record, dict):
        return UpstreamUnreadable(task_id=task_id)
    status = record.get("status")
    if not isinstance(status, str) or not (status := status.strip()):
        return UpstreamUnreadable(task_id=task_id, upstream_code="no status")
    common: dict[str, Any] = {
        "id": task_id,
        "mode": None,
        "request": _echo(record),
        "created_at": as_datetime(record.get("created_at")) or minted_at(task_id),
    }
    if status in UNSUCCESSFUL:
        return Failed(**common, failure=map_failure(record, status))
    if status == wire.SUCCEEDED:
        return _finished(record, common, now)
    return _unfinished(record, status, common, now)


def _unfinished(record: Json, status: str, common: dict[str, Any], now: datetime) -> Task:
    """A task that is queued or running; an unknown status counts as running (Ark protocol A3)."""
    created = common["created_at"]
    deadline = as_timedelta(record.get("execution_expires_after")) or wire.DEADLINE
    if created and now - created > deadline:
        return Failed(**common, failure=Failure.of(ErrorCode.GENERATION_TIMEOUT, status))
    if status == wire.QUEUED:
        return Pending(**common, poll_seconds=wire.POLL_SECONDS)
    return Processing(
        **common,
        poll_seconds=wire.POLL_SECONDS,
        progress=percent(elapsed_seconds(created, now) if created else 0),
        upstream_code=None if status == wire.RUNNING else (as_text(status) or "?")[:100],
    )


def _finished(record: Json, common: dict[str, Any], now: datetime) -> Task | JimengError:
    """A task that succeeded. Its `content` is gone some time after 24 h (Ark protocol A8, likely).

    From then on the look-up is `expired`, since the task did not fail. Before that, a missing URL
    is one that is not there yet (contract 4).
    """
    finished = as_datetime(record.get("updated_at")) or common["created_at"]
    if url := as_url(get_path(record, "content", "video_url")):
        # Neither pixels nor a poster are known, and `duration` is rounded down on 2.5 (Ark protocol
        # A6): it is what was requested, not the true length.
        fps = as_positive(record.get("framespersecond"))
        expires_at = finished + wire.URL_LIFE if finished and finished.year < MAXYEAR else None
        last_frame_url = as_url(get_path(record, "content", "last_frame_url"))
        video = Video(url=url, last_frame_url=last_frame_url, expires_at=expires_at, fps=fps)
        return Completed(**common, video=video, completed_at=finished, cost=_cost(record))
    age = now - finished if finished else timedelta(0)
    if age > wire.URL_LIFE:
        return Expired(
            "The video was made, and Ark keeps videos for 24 hours only; submit it again if you"
            " still need it.",
            "视频已生成，但方舟只保存 24 小时；如仍需要，请重新提交。",
            upstream_code=wire.SUCCEEDED,
            task_id=common["id"],
        )
    if age > URL_GRACE:
        return Failed(**common, failure=Failure.of(ErrorCode.UPSTREAM_UNREADABLE, "no URL"))
    return Processing(**common, progress=99, poll_seconds=wire.POLL_SECONDS)


def _echo(record: Json) -> RequestEcho:
    """The request as far as the record has it: the effective values (Ark protocol A8, sure)."""
    model = as_text(record.get("model"))
    return RequestEcho(
        model=catalog().public_name(wire.china_id(model)) if model else None,
        duration=as_count(record.get("duration")),
        resolution=as_text(record.get("resolution")),
        ratio=as_text(record.get("ratio")),
        fps=as_count(record.get("framespersecond")),
        seed=as_int(record.get("seed")),
    )


def _cost(record: Json) -> Cost | None:
    """The tokens of a record, which are what is billed (Ark protocol A8, sure)."""
    tokens = (as_int(get_path(record, "usage", name)) for name in wire.USAGE)
    return next((Cost(each, "tokens") for each in tokens if each is not None and each >= 0), None)


def is_task_id(value: object) -> bool:
    """Whether a value is an id of Ark's that can be looked up."""
    try:
        return isinstance(value, str) and kind_of(value) is IdKind.ARK
    except InvalidTaskId:
        return False


def records_of(body: object) -> list[Json] | None:
    """The records in the response to a list; None if it is not one."""
    items = as_object(body).get("items")
    if not isinstance(items, list):
        return None
    return [item for item in items if isinstance(item, dict)]
