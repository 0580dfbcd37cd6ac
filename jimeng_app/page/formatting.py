"""What a person reads of a row: its state and a note."""

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


def _span(seconds: int, *, chinese: bool) -> str:
    """A length of time in the unit that people use for it: the first with less than 90 of it."""
    amount = seconds
    for unit in ("seconds", "minutes"):
        if amount < 90:  # noqa: PLR2004 - where people change to the next unit
            return translate(unit, chinese=chinese, n=amount)
        amount = round(amount / 60)
    return translate("hours", chinese=chinese, n=amount)
