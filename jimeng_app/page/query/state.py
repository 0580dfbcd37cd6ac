"""Look-ups for the query panel, and when to repeat them."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from cachetools import TTLCache

from jimeng_app.absolute_urls import with_absolute_urls
from jimeng_app.call_context import CallContext, handle_errors
from jimeng_app.endpoints import look_up
from jimeng_core.polling import next_interval
from jimeng_core.rows import Lookup, Row
from jimeng_core.tasks import CompletedImages, Image

DEFAULT_INTERVAL = 5.0
"""Seconds between two look-ups where the upstream suggests none."""

MAX_INTERVAL = 60.0
"""Seconds between two look-ups, whatever the upstream suggests."""


class DisplayRow(Row):
    """A row, and what only the panel needs."""

    images: Sequence[Image]
    """With their sizes and expiry; empty unless images are finished."""
    interval: float | None
    """Seconds until another look-up can bring news; None: nothing will change."""


_ROWS: TTLCache[str, list[DisplayRow]] = TTLCache(
    16 * 2**20, 600, getsizeof=lambda rows: sum(len(row["prompt"] or "") + 2000 for row in rows)
)
"""The rows of all panels, about as many as their bytes are; those of a panel that rests expire."""


class QueryState:
    """What a visitor's panel shows.

    All events of a window share one object, so an event sees what another one changes while it
    waits: a row that is selected during a look-up stays selected, and refreshing that is switched
    on meanwhile begins. It holds ids: Gradio stores it for as long as it stores the window.
    """

    def __init__(self, rows: Sequence[DisplayRow] = (), *, selected: str = "") -> None:
        self.ids: list[str] = []
        """Of the last look-up, in their order."""
        self.selected = selected
        """The id of the row that the preview shows."""
        self.follows = False
        """Whether the panel repeats the look-up by itself."""
        self._key = ""
        if rows:
            self.rows = list(rows)

    @property
    def rows(self) -> list[DisplayRow]:
        """Of the last look-up, in the order of its ids; empty once they have expired."""
        return _ROWS.get(self._key, [])

    @rows.setter
    def rows(self, rows: list[DisplayRow]) -> None:
        self.ids = [row["id"] for row in rows if row["id"]]
        self._key = self._key or secrets.token_hex(16)
        with suppress(ValueError):  # larger than all may be
            _ROWS[self._key] = rows

    async def restore(self, call: CallContext) -> None:
        """Look the rows up again if they have expired."""
        if self.ids and not self.rows:
            self.rows = await look_up_rows(call, self.ids)

    @property
    def row(self) -> DisplayRow | None:
        """The selected row; by its id, as searching and ordering move rows."""
        return next((row for row in self.rows if row["id"] == self.selected), None)

    @property
    def interval(self) -> float | None:
        """Seconds until the next look-up: the shortest interval of all rows; None: all ended."""
        intervals = [row["interval"] for row in self.rows if row["interval"] is not None]
        return min(intervals, default=None)

    def show(self, rows: list[DisplayRow]) -> None:
        """Replace the rows, and select the first with a result, else the first."""
        self.rows = rows
        results = (row for row in rows if row["video_url"] or row["image_urls"])
        self.selected = (next(results, rows[0])["id"] or "") if rows else ""

    def update(self, rows: Sequence[DisplayRow]) -> None:
        """Replace the rows of the same ids, wherever they stand."""
        by_id = {row["id"]: row for row in rows}
        self.rows = [by_id.get(row["id"], row) for row in self.rows]


async def look_up_rows(call: CallContext, ids: Sequence[str]) -> list[DisplayRow]:
    """Look ids up in one call; every row has the error of a call that failed as a whole."""
    lookups = await handle_errors(
        lambda: look_up(call, ids),
        lambda error: [Lookup(task_id, None, error, datetime.now(UTC)) for task_id in ids],
    )
    return [
        display_row(with_absolute_urls(lookup, call.base_url), chinese=call.chinese)
        for lookup in lookups
    ]


def display_row(lookup: Lookup, *, chinese: bool = False) -> DisplayRow:
    """What the panel shows of a look-up."""
    task = lookup.task
    images = task.images if isinstance(task, CompletedImages) else ()
    interval = next_interval([lookup], default=DEFAULT_INTERVAL, maximum=MAX_INTERVAL)
    return {**lookup.row(chinese=chinese), "images": images, "interval": interval}
