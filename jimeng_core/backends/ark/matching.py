"""Search for the record of a create whose response was lost.

Ark has no idempotency key, and its records do not hold the prompt (Ark protocol 0.6, A8). They hold
`execution_expires_after`, which all models take and which is never reached: each create asks for a
deadline of its own, up to an hour below the default 48, so the record with that deadline is the
create's. If a record has no deadline, or the default, it is compared by its other fields (model,
duration, resolution, ratio, seed, sound, and the prompt if there is one) and by its age, and
accepted only if it is the only match and no other create of this client has the same fields.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jimeng_core.backends.json_reading import Json, as_datetime, as_number, as_text
from jimeng_core.requests import ADAPTIVE

from . import wire
from .records import is_task_id

MAX_CLOCK_SKEW: Final = timedelta(minutes=10)
"""Maximum difference of the two clocks for a record with the create's deadline."""
ROUNDING: Final = timedelta(seconds=1)
"""`created_at` is cut to seconds, so a record may seem this much older than it is."""


@dataclass(frozen=True, slots=True, eq=False)
class SentCreate:
    """A create that was sent.

    Attributes:
        fields: Its body without `content`.
        prompt: Its prompt as sent.
        at: The time just before it was sent (UTC).
    """

    fields: Json
    prompt: str
    at: datetime

    def looks_like(self, other: "SentCreate") -> bool:
        """Whether a record without a deadline could belong to either."""
        ours, theirs = ({**each.fields, "execution_expires_after": 0} for each in (self, other))
        return (self.prompt, ours) == (other.prompt, theirs)


def match_create(
    records: Sequence[Json],
    sent: SentCreate,
    known_ids: Collection[str],
    others: Sequence[SentCreate],
) -> Json | None:
    """The record of a create; None if it is not there, or is not the only one that fits.

    Args:
        records: The newest records.
        sent: The create.
        known_ids: Ids that belong to other creates.
        others: Other creates of this client that have no id yet.
    """
    deadline = as_number(sent.fields.get("execution_expires_after"))
    candidates = [
        record
        for record in records
        if is_task_id(record.get("id")) and record["id"] not in known_ids and _fits(record, sent)
    ]
    exact = [
        record
        for record in candidates
        if _deadline(record) == deadline and _is_newer(record, sent, MAX_CLOCK_SKEW) is not False
    ]
    if len(exact) == 1:
        return exact[0]
    similar = [
        record
        for record in candidates
        if _deadline(record) in {None, wire.DEADLINE.total_seconds()}
        and _is_newer(record, sent, ROUNDING)
    ]
    if exact or len(similar) != 1 or any(sent.looks_like(other) for other in others):
        return None
    return similar[0]


def _fits(record: Json, sent: SentCreate) -> bool:
    """Whether no field of a record contradicts the create.

    An `adaptive` ratio becomes any ratio, and an endpoint (`ep-…`) any model: these say nothing.
    """
    expected = {**sent.fields, "prompt": sent.prompt, "execution_expires_after": None}
    if expected.get("ratio") == ADAPTIVE:
        expected["ratio"] = None
    if str(expected.get("model")).startswith("ep-"):
        expected["model"] = None
    return all(
        value is None or record.get(field) is None or _same(record[field], value)
        for field, value in expected.items()
    )


def _same(recorded: object, sent: object) -> bool:
    if isinstance(sent, bool):
        return recorded is sent
    if isinstance(sent, int):
        return as_number(recorded) == sent
    return as_text(recorded) == as_text(sent)


def _deadline(record: Json) -> float | None:
    return as_number(record.get("execution_expires_after"))


def _is_newer(record: Json, sent: SentCreate, tolerance: timedelta) -> bool | None:
    """Whether a record was created after the send; None if its time is unknown."""
    created = as_datetime(record.get("created_at"))
    return created >= sent.at - tolerance if created else None
