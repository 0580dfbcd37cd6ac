"""Task ids: minting one, telling its kind, reading its age."""

import re
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from .errors import InvalidTaskId

TASK_ID_VERSION = 7
"""The UUID version that we mint. Browsers send version 4 (protocol 6); that the site takes 7,
which looks the same but carries its age, is not verified."""

_SUBMIT_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_HISTORY_ID = re.compile(r"[0-9]{1,20}")
_ARK_ID = re.compile(r"cgt-([0-9]{14})-[0-9A-Za-z]{1,16}")
_ARK_ZONE = timezone(timedelta(hours=8))
"""The zone of the time in an Ark id: China's, at BytePlus too (a guess: Ark protocol A2 do not
tell; published records of both, whose `created_at` agrees with it to the second, bear it out)."""


class IdKind(StrEnum):
    """Whose id it is."""

    SUBMIT = "submit"
    """A UUID that a client minted (the site's `submit_id`)."""
    HISTORY = "history"
    """The site's own number (`history_record_id`, all digits: protocol 6)."""
    ARK = "ark"
    """An id that Ark answered: `cgt-<yyyymmddhhmmss>-<5 characters>` (Ark protocol A2)."""


def new_task_id(now: datetime | None = None) -> str:
    """Mint a task id: a UUIDv7 of this millisecond with all 74 free bits from `secrets`.

    Nobody can guess it, and its first 48 bits tell when it was minted, in every process.

    Args:
        now: The moment that the id is to carry; the machine's own clock when None.
    """
    milliseconds = int(now.timestamp() * 1000) if now else time.time_ns() // 1_000_000
    free = secrets.randbits(74)
    return str(
        uuid.UUID(
            int=(milliseconds & (2**48 - 1)) << 80
            | TASK_ID_VERSION << 76
            | (free >> 62) << 64
            | 0b10 << 62
            | free & (2**62 - 1)
        )
    )


def kind_of(task_id: str) -> IdKind:
    """The kind of an id, told from its shape alone.

    Raises:
        InvalidTaskId: The text has the shape of no id.
    """
    text = task_id.strip()
    if _SUBMIT_ID.fullmatch(text):
        return IdKind.SUBMIT
    if _HISTORY_ID.fullmatch(text):
        return IdKind.HISTORY
    if _ARK_ID.fullmatch(text):
        return IdKind.ARK
    raise InvalidTaskId(task_id=task_id[:100])


def canonical(task_id: str) -> str:
    """The spelling of an id that upstreams are asked with: no spaces, a UUID in small letters."""
    text = task_id.strip()
    return text.lower() if _SUBMIT_ID.fullmatch(text) else text


def minted_at(task_id: str) -> datetime | None:
    """When the id was made (UTC), where the id itself tells, else None.

    A UUIDv7 tells it to the millisecond, an id of Ark's to the second.
    """
    text = task_id.strip()
    if ark := _ARK_ID.fullmatch(text):
        return _ark_moment(ark[1])
    if not _SUBMIT_ID.fullmatch(text):
        return None
    value = uuid.UUID(text)
    if value.version != TASK_ID_VERSION:
        return None
    try:
        return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)
    except ValueError:  # 48 bits reach past the year 9999, where datetime ends
        return None


def _ark_moment(digits: str) -> datetime | None:
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=_ARK_ZONE)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one before the year 1 in UTC
        return None
