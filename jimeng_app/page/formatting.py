"""Rows as what a person sees: a state, a line, what to do next. Pure: no Gradio, no network.

Prompts and links come from elsewhere, so every text that becomes HTML is escaped here.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape

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


def state_words(row: Row, *, chinese: bool) -> str:
    """The state as a shape and a word: never a colour alone."""
    name = state_of(row)
    return f"{SHAPES[name]} {translate(name, chinese=chinese)}"


def note(row: Row, *, chinese: bool) -> str:
    """In words: why there is no result, or how long it will take."""
    if row["error"]:
        return row["error"]["message"]
    parts = []
    waits = row["progress_source"] == ProgressSource.QUEUE
    if waits and (position := row["queue_position"]) is not None:
        length = row["queue_length"]
        parts.append(
            translate("place", chinese=chinese, position=f"{position:,}")
            if length is None
            else translate(
                "place_of", chinese=chinese, position=f"{position:,}", length=f"{length:,}"
            )
        )
    if eta := row["eta_seconds"]:
        parts.append(translate("left", chinese=chinese, time=_span(eta, chinese=chinese)))
    return " · ".join(parts)


def state_of(row: Row) -> str:
    """The name of a row's state; `UNKNOWN` where the look-up failed."""
    return row["state"] or UNKNOWN


def unfinished(row: Row) -> bool:
    """Whether looking again can tell something new: the task goes on, or the question may pass."""
    if row["state"] is None:
        return row["error"] is not None and row["error"]["retryable"]
    return row["state"] in {TaskState.PENDING, TaskState.PROCESSING}


def next_step(row: Row) -> str | None:
    """What a reader can do about a row without a result, as the name of a step; None: nothing."""
    if row["error"] is None:
        return None
    if row["error"]["code"] == ErrorCode.UNAUTHORIZED:
        return "connect"
    if row["state"] == TaskState.FAILED:
        return "again"
    return "ask" if row["error"]["retryable"] else None


def summary(rows: Sequence[Row], *, chinese: bool) -> str:
    """How many rows there are of each state."""
    counts = Counter(state_of(row) for row in rows)
    states = " · ".join(
        f"{SHAPES[name]} {count} {translate(name, chinese=chinese)}"
        for name, count in counts.items()
    )
    return translate("found", chinese=chinese, count=len(rows), states=states)


def first_to_show(rows: Sequence[Row]) -> Row | None:
    """The row that is shown before anyone chooses: the first with a result, else the first."""
    finished = (row for row in rows if row["video_url"] or row["image_urls"])
    return next(finished, rows[0] if rows else None)


def status_line(row: Row, *, chinese: bool) -> str:
    """HTML: where a task stands, in one line."""
    words = " · ".join(
        part for part in (state_words(row, chinese=chinese), note(row, chinese=chinese)) if part
    )
    return f'<p class="state state-{state_of(row)}" role="status">{escape(words)}</p>'


def message(text: str, kind: str = "problem") -> str:
    """HTML: one sentence at the place where something can be mended; nothing for no text."""
    return f'<p class="{kind}" role="status">{escape(text)}</p>' if text else ""


def local_time(moment: str | None, offset: float, form: str = "%m-%d %H:%M") -> str:
    """A row's time by the reader's clock."""
    if not moment:
        return ""
    zone = timezone(timedelta(minutes=max(-1439.0, min(offset, 1439.0))))
    return datetime.fromisoformat(moment).astimezone(zone).strftime(form)


def number(value: float | None) -> str:
    """A number as short as it can be."""
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def _span(seconds: int, *, chinese: bool) -> str:
    if seconds < 90:  # noqa: PLR2004 - where people change from seconds to minutes
        return translate("some_seconds", chinese=chinese, n=seconds)
    minutes = round(seconds / 60)
    if minutes < 90:  # noqa: PLR2004 - and from minutes to hours
        return translate("some_minutes", chinese=chinese, n=minutes)
    return translate("some_hours", chinese=chinese, n=round(minutes / 60))
