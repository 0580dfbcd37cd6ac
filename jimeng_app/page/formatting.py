"""What a person reads of a row: its state, a note, times and numbers."""

from datetime import datetime, timedelta, timezone

from jimeng_core import ErrorCode
from jimeng_core.rows import Row
from jimeng_core.tasks import ProgressSource, TaskState

from .i18n import translate

UNKNOWN = "unknown"
"""Stands for the state where a look-up failed."""

SHAPES: dict[str, str] = {
    TaskState.PENDING: "◔",
    TaskState.PROCESSING: "◑",
    TaskState.COMPLETED: "●",
    TaskState.FAILED: "✕",
    UNKNOWN: "?",
}


def state_name(row: Row) -> str:
    """The name of a row's state; `UNKNOWN` where the look-up failed."""
    return row["state"] or UNKNOWN


def state_text(state: str, *, chinese: bool) -> str:
    """A state as a shape and a word: never a colour alone."""
    return f"{SHAPES[state]} {translate(state, chinese=chinese)}"


def progress_text(row: Row) -> str:
    """How far a task is; an estimate carries "~"."""
    if row["progress"] is None:
        return ""
    about = " ~" if row["progress_source"] == ProgressSource.ESTIMATE else ""
    return f"{row['progress']} %{about}"


def note(row: Row, *, chinese: bool) -> str:
    """In words: why there is no result, or how long it will take."""
    if row["error"]:
        return row["error"]["message"]
    parts = []
    position, length = row["queue_position"], row["queue_length"]
    if row["progress_source"] == ProgressSource.QUEUE and position is not None:
        key = "queue_position" if length is None else "queue_position_of"
        key = key if position and position > 1 else "queue_next"
        values = {"position": f"{position:,}", "length": f"{length or 0:,}"}
        parts.append(translate(key, chinese=chinese, **values))
    if eta := row["eta_seconds"]:
        parts.append(translate("time_left", chinese=chinese, time=_span(eta, chinese=chinese)))
    return " · ".join(parts)


def next_step(row: Row) -> str | None:
    """What a reader can do about a row without a result, as the name of a step; None: nothing."""
    if row["error"] is None:
        return None
    if row["error"]["code"] == ErrorCode.UNAUTHORIZED:
        return "connect"
    if row["state"] == TaskState.FAILED:
        return "again"
    return "ask" if row["error"]["retryable"] else None


def local_time(moment: str | None, utc_offset: float, form: str = "%m-%d %H:%M") -> str:
    """A row's time by the reader's clock."""
    if not moment:
        return ""
    zone = timezone(timedelta(minutes=max(-1439.0, min(utc_offset, 1439.0))))
    return datetime.fromisoformat(moment).astimezone(zone).strftime(form)


def short_number(value: float | None) -> str:
    """A number with at most one digit behind the point."""
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def _span(seconds: int, *, chinese: bool) -> str:
    """A length of time in the unit that people use for it: the first with less than 90 of it."""
    amount = seconds
    for unit in ("seconds", "minutes"):
        if amount < 90:  # noqa: PLR2004 - where people change to the next unit
            return translate(unit, chinese=chinese, n=amount)
        amount = round(amount / 60)
    return translate("hours", chinese=chinese, n=amount)
