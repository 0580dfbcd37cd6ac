"""Looking tasks up for the panel, and how often to look by itself. No Gradio here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jimeng_app.calls import Call, attempt
from jimeng_app.endpoints import look_up, refused_rows
from jimeng_app.links import opened
from jimeng_core.tasks import CompletedImages, Ended, Image, Lookup, Row

USUAL_PAUSE = 5.0
"""Seconds between two looks where the upstream names none."""
PAUSES = (2.0, 60.0)
"""The shortest and the longest pause, whatever the upstream says."""


class Seen(Row):
    """A row, and what only a person asks for besides."""

    images: Sequence[Image]
    """With their sizes, and with how long their links work; empty but for finished images."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found."""

    rows: list[Seen]
    pause: float | None
    """Seconds until the next look is worth it; None: nothing will change."""


@dataclass(slots=True)
class Board:
    """What a visitor's panel shows.

    One object for all events of a visitor's window: what one changes, another that is under way
    sees. So a row that is chosen while a look is on its way stays chosen, and who asks for further
    looks meanwhile gets them.
    """

    rows: list[Seen] = field(default_factory=list)
    """Of the last look, in the order asked."""
    chosen: str = ""
    """The id of the row that the preview shows."""
    follows: bool = False
    """Whether the panel looks again by itself."""

    @property
    def row(self) -> Seen | None:
        """The row that the preview shows; by its id, as searching and ordering move rows about."""
        return next((row for row in self.rows if row["id"] == self.chosen), None)


async def find(call: Call, ids: Sequence[str]) -> Found:
    """Look ids up in one call; what went wrong stands in the rows."""

    async def found() -> Found:
        lookups = await look_up(call, ids)
        rows = [seen(opened(each, call.base), chinese=call.chinese) for each in lookups]
        return Found(rows, pause_after(lookups))

    return await attempt(
        found,
        lambda error: Found(
            [{**row, "images": ()} for row in refused_rows(call, error, ids)],
            USUAL_PAUSE if error.retryable else None,
        ),
    )


def seen(found: Lookup, *, chinese: bool = False) -> Seen:
    """What the panel shows of a look-up."""
    images = found.task.images if isinstance(found.task, CompletedImages) else ()
    return {**found.row(chinese=chinese), "images": images}


def pause_after(lookups: Sequence[Lookup]) -> float | None:
    """How long to wait: as the most impatient of the tasks that go on wants it, within `PAUSES`."""
    pauses = [
        (each.task.poll_seconds if each.task else None) or USUAL_PAUSE
        for each in lookups
        if _goes_on(each)
    ]
    shortest, longest = PAUSES
    return min(max(min(pauses), shortest), longest) if pauses else None


def merged(rows: Sequence[Seen], news: Sequence[Seen]) -> list[Seen]:
    """The rows with what is new about some of them, in their old order."""
    new = {row["id"]: row for row in news}
    return [new.get(row["id"], row) for row in rows]


def _goes_on(found: Lookup) -> bool:
    if found.task is None:
        return found.error is not None and found.error.retryable
    return not isinstance(found.task, Ended)
