"""Looking tasks up for the panel, and how often to look by itself. No Gradio here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jimeng_app.absolute_urls import with_absolute_urls
from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.endpoints import error_rows, look_up
from jimeng_core.polling import next_interval
from jimeng_core.rows import Lookup, Row
from jimeng_core.tasks import CompletedImages, Image

DEFAULT_INTERVAL = 5.0
"""Seconds between two looks where the upstream names none."""


MAX_INTERVAL = 60.0
"""Seconds between two look-ups, whatever the upstream suggests."""


class DisplayRow(Row):
    """A row, and what only a person asks for besides."""

    images: Sequence[Image]
    """With their sizes, and with how long their links work; empty but for finished images."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a look found."""

    rows: list[DisplayRow]
    interval: float | None
    """Seconds until the next look is worth it; None: nothing will change."""


@dataclass(slots=True)
class QueryState:
    """What a visitor's panel shows.

    One object for all events of a visitor's window: what one changes, another that is under way
    sees. So a row that is chosen while a look is on its way stays chosen, and who asks for further
    looks meanwhile gets them.
    """

    rows: list[DisplayRow] = field(default_factory=list)
    """Of the last look, in the order asked."""
    chosen: str = ""
    """The id of the row that the preview shows."""
    follows: bool = False
    """Whether the panel looks again by itself."""

    @property
    def row(self) -> DisplayRow | None:
        """The row that the preview shows; by its id, as searching and ordering move rows about."""
        return next((row for row in self.rows if row["id"] == self.chosen), None)


async def look_up_rows(call: CallContext, ids: Sequence[str]) -> QueryResult:
    """Look ids up in one call; what went wrong stands in the rows."""

    async def found() -> QueryResult:
        lookups = await look_up(call, ids)
        rows = [
            display_row(with_absolute_urls(each, call.base_url), chinese=call.chinese)
            for each in lookups
        ]
        return QueryResult(
            rows, next_interval(lookups, default=DEFAULT_INTERVAL, maximum=MAX_INTERVAL)
        )

    return await handle_errors(
        found,
        lambda error: QueryResult(
            [{**row, "images": ()} for row in error_rows(call, error, ids)],
            DEFAULT_INTERVAL if error.retryable else None,
        ),
    )


def display_row(found: Lookup, *, chinese: bool = False) -> DisplayRow:
    """What the panel shows of a look-up."""
    images = found.task.images if isinstance(found.task, CompletedImages) else ()
    return {**found.row(chinese=chinese), "images": images}


def merge_rows(rows: Sequence[DisplayRow], news: Sequence[DisplayRow]) -> list[DisplayRow]:
    """The rows with what is new about some of them, in their old order."""
    new = {row["id"]: row for row in news}
    return [new.get(row["id"], row) for row in rows]
