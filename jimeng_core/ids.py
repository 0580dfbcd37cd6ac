"""Task ids: making one, its kind, its age."""

import re
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from .errors import InvalidTaskId

TASK_ID_VERSION = 7
"""The UUID version of our ids. Browsers send version 4 (protocol 6); whether the site accepts 7,
which looks the same and contains its time, is not verified."""

_SUBMIT_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
_HISTORY_ID = re.compile(r"[0-9]{1,20}")
_ARK_ID = re.compile(r"cgt-([0-9]{14})-[0-9A-Za-z]{1,16}")
_ARK_ZONE = timezone(timedelta(hours=8))
"""The time zone of an Ark id: China's, at BytePlus too. A guess, not in Ark protocol A2, but in
published records of both, `created_at` agrees with it to the second."""


class IdKind(StrEnum):
    """The kind of a task id."""

    SUBMIT = "submit"
    """A UUID made by a client (the site's `submit_id`)."""
    HISTORY = "history"
    """The site's own number (`history_record_id`, only digits: protocol 6)."""
    ARK = "ark"
    """An id made by Ark: `cgt-<yyyymmddhhmmss>-<5 characters>` (Ark protocol A2)."""


def new_task_id(now: datetime | None = None) -> str:
    """Make a task id: a UUIDv7, whose 74 random bits are from `secrets`.

    Args:
        now: The time in the id; None: the current time.
    """
    milliseconds = int(now.timestamp() * 1000) if now else time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    return str(
        uuid.UUID(
            int=(milliseconds & (2**48 - 1)) << 80
            | TASK_ID_VERSION << 76
            | (random >> 62) << 64
            | 0b10 << 62
            | random & (2**62 - 1)
        )
    )


def kind_of(task_id: str) -> IdKind:
    """The kind of an id, by its shape.

    Raises:
        InvalidTaskId: The text is not an id.
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
    """The spelling of an id in upstream requests: without spaces, a UUID in lower case."""
    text = task_id.strip()
    return text.lower() if _SUBMIT_ID.fullmatch(text) else text


def minted_at(task_id: str) -> datetime | None:
    """The time in an id (UTC): of a UUIDv7 to the millisecond, of an Ark id to the second.

    None where it contains none.
    """
    text = task_id.strip()
    if ark := _ARK_ID.fullmatch(text):
        return _ark_time(ark[1])
    if not _SUBMIT_ID.fullmatch(text):
        return None
    value = uuid.UUID(text)
    if value.version != TASK_ID_VERSION:
        return None
    try:
        return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)
    except ValueError:  # 48 bits reach past the year 9999, where datetime ends
        return None


def _ark_time(digits: str) -> datetime | None:
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=_ARK_ZONE)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one before the year 1 in UTC
        return None
