"""The ids in a text that somebody pasted."""

import re

from jimeng_core.errors import InvalidTaskId
from jimeng_core.ids import IdKind, extract_ids, kind_of

MAX_TEXT = 100_000
"""Characters of a text that are read."""
MAX_STRAY_WORDS = 3
"""Words between the ids of a list that are taken for misspelled ids, which their rows then say."""


def ids_in_text(text: str) -> list[str]:
    """The ids in a text, each once; of a list of ids also its malformed ids.

    In a message or a log the other words are not meant as ids: there are more of them than ids. Nor
    are words without a digit that stand beside ids: every id has some.
    """
    words = list(dict.fromkeys(extract_ids(text[:MAX_TEXT])))
    ids = [word for word in words if _is_id(word)]
    words = [word for word in words if word.isascii()] if ids else words
    is_list = len(words) - len(ids) <= max(len(ids), MAX_STRAY_WORDS - 1)
    meant = [word for word in words if word in ids or not ids or _DIGIT.search(word)]
    return meant if is_list else ids


def _is_id(word: str) -> bool:
    try:
        kind = kind_of(word)
    except InvalidTaskId:
        return False
    return kind is not IdKind.HISTORY or len(word) >= _HISTORY_DIGITS


_DIGIT = re.compile(r"\d")
_HISTORY_DIGITS = 6
"""Digits from which a number is taken for an id of the site; protocol 6 shows longer ones."""
