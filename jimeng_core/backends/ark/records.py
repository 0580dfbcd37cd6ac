"""From a record of Ark to a task (Ark protocol A3, A8).

Pure: the same record and second give the same task, in every process.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from jimeng_core.backends.json_reading import Json, as_int, as_number, as_object, as_text, get_path
from jimeng_core.backends.progress import percent
from jimeng_core.catalog import catalog
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import Expired, InvalidTaskId, JimengError, UpstreamUnreadable
from jimeng_core.ids import IdKind, kind_of, minted_at
from jimeng_core.requests import RequestEcho
from jimeng_core.tasks import Completed, Failed, Failure, Pending, Processing, Task, Video

from . import wire
from .error_mapping import map_failure

UNSUCCESSFUL: Final = frozenset({wire.FAILED, wire.CANCELLED, wire.EXPIRED})


def read_record(record: object, task_id: str, now: datetime) -> Task | JimengError:
    """The task of a record, or why this one record gives none.

    Never raises, whatever JSON a record is. Ark's records tell neither the words nor the pictures
    of a request, so a task that is looked up has no prompt and no mode.

    Args:
        record: As get gives it, or an item of a list.
        task_id: The id that was asked for.
        now: The moment of the answer (UTC).
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
        "created_at": moment(record.get("created_at")) or minted_at(task_id),
    }
    if status in UNSUCCESSFUL:
        return Failed(**common, failure=map_failure(record, status))
    if status == wire.SUCCEEDED:
        return _finished(record, common, now)
    return _unfinished(record, status, common, now)


def _unfinished(record: Json, status: str, common: dict[str, Any], now: datetime) -> Task:
    """A task that waits or runs, or whose status is not known: then it is asked for further."""
    created = common["created_at"]
    if created and now - created > _deadline(record):
        return Failed(**common, failure=Failure.of(ErrorCode.GENERATION_TIMEOUT, status[:100]))
    if status == wire.QUEUED:
        return Pending(**common, poll_seconds=wire.POLL_SECONDS)
    # Whole seconds, so that every process that asks within a second says the same.
    elapsed = int(now.timestamp()) - created.timestamp() if created else 0
    return Processing(
        **common,
        poll_seconds=wire.POLL_SECONDS,
        progress=percent(elapsed, wire.TYPICAL_SECONDS),
        upstream_code=None if status == wire.RUNNING else (as_text(status) or "?")[:100],
    )


def _finished(record: Json, common: dict[str, Any], now: datetime) -> Task | JimengError:
    """A task that succeeded. Its `content` is gone some time after 24 h (Ark protocol A8, likely).

    Then the task is no failure and its video cannot be had: the look-up is `expired`. Before that,
    a URL that is missing is one that has not come yet (contract 4).
    """
    finished = moment(record.get("updated_at")) or common["created_at"]
    url = as_text(get_path(record, "content", "video_url"))
    if url and _is_link(url):
        return Completed(**common, video=_video(url, record, finished), completed_at=finished)
    age = now - finished if finished else timedelta(0)
    if age > wire.URL_LIFE:
        return Expired(
            "The video was made, and Ark keeps videos for 24 hours only; submit it again if you"
            " still need it.",
            "视频已生成，但方舟只保存 24 小时；如仍需要，请重新提交。",
            upstream_code=wire.SUCCEEDED,
            task_id=common["id"],
        )
    if age > wire.URL_GRACE:
        return Failed(**common, failure=Failure.of(ErrorCode.UPSTREAM_UNREADABLE, "no URL"))
    return Processing(**common, progress=99, poll_seconds=wire.POLL_SECONDS)


def _video(url: str, record: Json, finished: datetime | None) -> Video:
    """The video of a record, of which Ark tells no pixels and gives no poster.

    Its `duration` is rounded down on 2.5 (Ark protocol A6): it counts as what was asked for, and
    not as the true length.
    """
    return Video(
        url=url,
        expires_at=_later(finished, wire.URL_LIFE),
        fps=_positive(record.get("framespersecond")),
    )


def _echo(record: Json) -> RequestEcho:
    """What the record tells of its request: the effective values (Ark protocol A8, sure)."""
    model = as_text(record.get("model"))
    duration, fps = as_int(record.get("duration")), as_int(record.get("framespersecond"))
    return RequestEcho(
        model=catalog().public_name(wire.china_id(model)) if model else None,
        duration=duration if duration and duration > 0 else None,
        resolution=as_text(record.get("resolution")),
        ratio=as_text(record.get("ratio")),
        fps=fps if fps and fps > 0 else None,
        seed=as_int(record.get("seed")),
    )


def _deadline(record: Json) -> timedelta:
    """How long after its creation Ark gives the task up."""
    seconds = as_number(record.get("execution_expires_after"))
    if seconds is None or not 0 < seconds <= 10**9:
        seconds = wire.DEADLINE_SECONDS
    return timedelta(seconds=seconds)


def moment(value: object) -> datetime | None:
    """A moment from unix seconds (Ark protocol A8, sure); None where there is none."""
    seconds = as_number(value)
    if seconds is None or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _later(start: datetime | None, span: timedelta) -> datetime | None:
    try:
        return start + span if start else None
    except OverflowError:  # a record of the year 9999
        return None


def _positive(value: object) -> float | None:
    number = as_number(value)
    return number if number is not None and number > 0 else None


def _is_link(url: str) -> bool:
    """Whether a URL may be handed on: a script or a path of a disk may not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.netloc)


def is_task_id(name: object) -> bool:
    """Whether a value is an id that can be asked for later."""
    try:
        return isinstance(name, str) and kind_of(name) is IdKind.ARK
    except InvalidTaskId:
        return False


def items_of(answer: object) -> list[Json] | None:
    """The records of a list's answer; None when it is no such answer."""
    items = as_object(answer).get("items")
    if not isinstance(items, list):
        return None
    return [item for item in items if isinstance(item, dict)]
