"""Task ids: making one, its kind, its age."""

import re
import secrets
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from .errors import InvalidTaskId
from .pasted_text import plain

TASK_ID_VERSION = 7
"""The UUID version of our ids. Browsers send version 4 (protocol 6); whether the site accepts 7,
which looks the same and contains its time, is not verified."""


class IdKind(StrEnum):
    """The kind of a task id."""

    SUBMIT = "submit"
    """A UUID made by a client (the site's `submit_id`)."""
    HISTORY = "history"
    """The site's own number (`history_record_id`, only digits: protocol 6)."""
    ARK = "ark"
    """An id made by Ark: `cgt-<yyyymmddhhmmss>-<5 characters>` (Ark protocol A2)."""


_SHAPES = {
    IdKind.SUBMIT: re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
    IdKind.HISTORY: re.compile(r"[0-9]{1,20}"),
    IdKind.ARK: re.compile(r"cgt-([0-9]{14})-[0-9A-Za-z]{1,16}"),
}
_UUID7 = re.compile(
    rf"[0-9a-f]{{8}}-[0-9a-f]{{4}}-{TASK_ID_VERSION}[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    rf"(?:(?<![0-9a-z])|(?<=id))(?:{_SHAPES[IdKind.SUBMIT].pattern}|{_SHAPES[IdKind.ARK].pattern})"
    r"(?![0-9a-z])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,;|、。]+")
_AROUND = "\"'`“”‘’«»‹›「」『』《》〈〉【】[](){}<>.:=#*•·_/\\!?"
_LABEL = re.compile(
    r"(?:任务|task|submit|history|record)?[ _-]?(?:id|编号|号)s?|任务|tasks?", re.IGNORECASE
)
_LIST_NUMBER = re.compile(r"\(?[0-9]{1,4}[.):]+")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
MAX_LENGTH = 100
"""Characters up to which a text may be one id with something around it."""


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


def extract_ids(text: str) -> list[str]:
    """The ids in a text, in order, duplicates too.

    Ids may be separated by white space, commas (full-width too) or semicolons, stand in quotes or
    brackets, behind a label such as "任务ID：", a list number or an invisible character, or in a
    URL. A word that is not an id is returned as well, for its look-up to say so; labels are not.
    """
    words = _BETWEEN.split(plain(text).translate(_DASHES))
    return [task_id for word in words for task_id in _ids_in_word(word)]


def _ids_in_word(word: str) -> list[str]:
    if found := [match[0] for match in _IN_TEXT.finditer(word)]:
        return found
    rest = word.strip(_AROUND)
    if not rest.strip("-") or _LABEL.fullmatch(rest) or _LIST_NUMBER.fullmatch(word):
        return []
    label, _, last = rest.replace("=", ":").rpartition(":")
    last = last.strip(_AROUND)
    return [last if label and _SHAPES[IdKind.HISTORY].fullmatch(last) else rest]


def kind_of(task_id: str) -> IdKind:
    """The kind of an id, by its shape.

    Raises:
        InvalidTaskId: The text is not an id.
    """
    for kind, shape in _SHAPES.items():
        if shape.fullmatch(task_id.strip()):
            return kind
    raise InvalidTaskId(task_id=task_id[:MAX_LENGTH])


def canonical(task_id: str) -> str:
    """The spelling of an id in upstream requests: nothing around it, a UUID in lower case.

    A text with no id, or with several, is returned without surrounding spaces.
    """
    text = task_id.strip()
    if _SHAPES[IdKind.SUBMIT].fullmatch(text):
        return text.lower()
    if len(text) <= MAX_LENGTH and not any(shape.fullmatch(text) for shape in _SHAPES.values()):
        ids = extract_ids(text)
        if len(ids) == 1:
            return ids[0].lower() if _SHAPES[IdKind.SUBMIT].fullmatch(ids[0]) else ids[0]
    return text


def minted_at(task_id: str) -> datetime | None:
    """The time in an id (UTC): of a UUIDv7 to the millisecond, of an Ark id to the second.

    None where it contains none.
    """
    text = task_id.strip()
    try:
        if ark := _SHAPES[IdKind.ARK].fullmatch(text):
            # In China's time, at BytePlus too: a guess, not in Ark protocol A2, but in published
            # records of both, `created_at` agrees with it to the second.
            return datetime.strptime(f"{ark[1]}+0800", "%Y%m%d%H%M%S%z").astimezone(UTC)
        if _UUID7.fullmatch(text):
            return datetime.fromtimestamp(int(text[:8] + text[9:13], 16) / 1000, UTC)
    except (ValueError, OverflowError):  # no such day, or outside of the years 1 to 9999
        return None
    return None


def as_id_list(task_ids: Iterable[str]) -> list[str]:
    """The ids of a list as they are, or those in a text."""
    if isinstance(task_ids, str):
        return extract_ids(task_ids) or [task_ids]
    return list(task_ids)
