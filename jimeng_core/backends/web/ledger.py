"""The site's ledger: what tasks really cost (protocol 10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jimeng_core.backends.json_reading import (
    Json,
    as_datetime,
    as_list,
    as_number,
    as_object,
    as_text,
    embedded,
    get_path,
)
from jimeng_core.errors import UpstreamUnreadable
from jimeng_core.tasks import Cost

PAGE_SIZE: Final = 50
CONSUMED: Final = 2
"""`history_type` of what was spent (protocol 10, single source)."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of the ledger, the newest entries first."""

    entries: Sequence[Json]
    cursor: str | None
    """Of the next page; None: this is the last."""

    def cost(self, submit_id: str) -> Cost | None:
        """What was charged under an id; None if the page has no entry of it."""
        amounts = [
            abs(amount)
            for entry in self.entries
            if as_text(entry.get("submit_id")) == submit_id
            and (amount := as_number(entry.get("amount"))) is not None
        ]
        total = sum(amounts, 0.0)
        return Cost(int(total) if total.is_integer() else total, "credits") if amounts else None

    def ends_before(self, moment: datetime) -> bool:
        """Whether its oldest entry is older than a moment, so that later pages are too."""
        times = (as_datetime(entry.get("create_time")) for entry in self.entries)
        return any(time < moment for time in times if time)


def page_request(cursor: str) -> Json:
    """The body that asks for a page; `0` is the first."""
    return {"count": PAGE_SIZE, "cursor": cursor, "history_type": CONSUMED}


def read_page(envelope: Json, cursor: str) -> LedgerPage:
    """The page in a response to the request with `cursor`.

    Raises:
        UpstreamUnreadable: It is no page.
    """
    response = embedded(envelope.get("response"))
    for place in (envelope.get("data"), envelope, response, response.get("data")):
        entries = as_object(place).get("records")
        if isinstance(entries, list):
            following = as_text(get_path(place, "new_cursor"))
            more = as_object(place).get("has_more") and following != cursor
            return LedgerPage(
                [as_object(entry) for entry in as_list(entries)], following if more else None
            )
    raise UpstreamUnreadable(upstream_code="no records")
