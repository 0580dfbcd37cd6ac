"""Which of the newest tasks a create became whose answer was lost. Pure.

Ark knows no key of ours, and its records do not tell the prompt (Ark protocol 0.6, A8). They tell
`execution_expires_after`, which every model takes and nobody feels: each create asks for a deadline
of its own, up to an hour short of the default 48, and the record that has it is the create's. Where
a record does not tell a deadline, or the default in its place, it is judged by what else it tells
(model, length, resolution, ratio, seed, sound, and the prompt if there should be one) and when it
was made, and believed only when it is the only one and no other create of this client looks alike.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jimeng_core.backends.json_reading import Json, as_number, as_text
from jimeng_core.requests import ADAPTIVE

from . import wire
from .records import is_task_id, moment

SKEW: Final = timedelta(minutes=10)
"""How far the clocks may be apart for a record that has the deadline."""
WHOLE_SECOND: Final = timedelta(seconds=1)
"""`created_at` is cut to seconds, so a record may seem so much older than it is."""


@dataclass(frozen=True, slots=True, eq=False)
class SentCreate:
    """A create that was sent.

    Attributes:
        fields: Its body without `content`.
        prompt: Its words, as sent.
        at: Just before it was sent (UTC).
    """

    fields: Json
    prompt: str
    at: datetime

    def looks_like(self, other: "SentCreate") -> bool:
        """Whether a record that tells no deadline could be of either."""
        mine, theirs = (
            {**sent.fields, "execution_expires_after": None, "prompt": sent.prompt}
            for sent in (self, other)
        )
        return mine == theirs


def match_create(
    items: Sequence[Json], sent: SentCreate, known: Collection[str], others: Sequence[SentCreate]
) -> Json | None:
    """The record of a create; None when it is not there, or cannot be told from another.

    Args:
        items: The newest records.
        sent: The create.
        known: Ids that are known to be of other creates.
        others: Creates of this client that have no id yet, without `sent`.
    """
    fresh = [item for item in items if _is_new(item.get("id"), known) and _fits(item, sent)]
    marked = [item for item in fresh if _deadline(item) == _asked(sent) and _near(item, sent)]
    if len(marked) == 1:
        return marked[0]
    silent = [
        item
        for item in fresh
        if _deadline(item) in {None, float(wire.DEADLINE_SECONDS)} and _after(item, sent)
    ]
    if marked or len(silent) != 1 or any(sent.looks_like(other) for other in others):
        return None
    return silent[0]


def _is_new(name: object, known: Collection[str]) -> bool:
    return is_task_id(name) and name not in known


def _fits(item: Json, sent: SentCreate) -> bool:
    """Whether nothing that a record tells of its request speaks against it.

    What is `adaptive` becomes a ratio, and an endpoint (`ep-…`) a model: these tell nothing.
    """
    fields = sent.fields
    told = {
        "model": None if str(fields.get("model")).startswith("ep-") else fields.get("model"),
        "ratio": None if fields.get("ratio") == ADAPTIVE else fields.get("ratio"),
        "prompt": sent.prompt,
        **{name: fields.get(name) for name in ("resolution", "duration", "seed")},
        "generate_audio": fields.get("generate_audio"),
    }
    return all(
        wanted is None or item.get(name) is None or _same(item[name], wanted)
        for name, wanted in told.items()
    )


def _same(told: object, wanted: object) -> bool:
    if isinstance(wanted, bool):
        return told is wanted
    if isinstance(wanted, int):
        return as_number(told) == wanted
    return as_text(told) == as_text(wanted)


def _asked(sent: SentCreate) -> float | None:
    return as_number(sent.fields.get("execution_expires_after"))


def _deadline(item: Json) -> float | None:
    return as_number(item.get("execution_expires_after"))


def _near(item: Json, sent: SentCreate) -> bool:
    created = moment(item.get("created_at"))
    return created is None or created >= sent.at - SKEW


def _after(item: Json, sent: SentCreate) -> bool:
    """Whether a record was made after the create was sent, by two clocks that agree."""
    created = moment(item.get("created_at"))
    return created is not None and created >= sent.at - WHOLE_SECOND
