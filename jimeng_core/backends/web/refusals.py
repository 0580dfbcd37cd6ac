"""What the site's codes mean here: `ret` of an answer, `fail_code` of a task. Pure.

Codes are compared as text (wire facts 9.3: they come as text and as numbers). A code that
`atlas.toml` does not map keeps its text in `upstream_code` and becomes no other code.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jimeng_core.backends.plain import as_text
from jimeng_core.codes import ErrorCode
from jimeng_core.errors import ERROR_CLASSES, JimengError, error_for
from jimeng_core.tasks import Failure

from .atlas import Entry, atlas


def _by_code(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    return {code: entry for entry in entries if entry.code for code in entry.codes}


REFUSALS = _by_code(atlas().refusals)
"""By `ret` of a refused request (wire facts 5)."""
FAILURES = _by_code(atlas().failures)
"""By `fail_code`, `fail_starling_key` or `fail_msg` of a failed task (wire facts 9.3)."""
_REVIEWS = (10, 40)
"""The states that the site's reviews before and after the work end in (wire facts 9.2)."""


def refusal(envelope: Mapping[str, Any]) -> JimengError:
    """The error of an answer whose `ret` is not 0."""
    ret = as_text(envelope.get("ret")) or "?"
    data = envelope.get("data")
    inner = as_text(data.get("fail_code")) if isinstance(data, dict) else None
    entry = REFUSALS.get(ret) or (REFUSALS.get(inner) if inner else None)
    if entry is None or entry.code is None:
        return error_for(ErrorCode.UPSTREAM_ERROR, upstream_code=ret)
    said = entry.sentence
    return ERROR_CLASSES[entry.code](said.en, said.zh, upstream_code=ret)


def failure(record: Mapping[str, Any], status: int) -> Failure:
    """Why a task failed, with the upstream's own word for it.

    `fail_code` can be empty while only the starling key tells (wire facts 9.3, five real cases).
    """
    words = [
        text
        for name in ("fail_code", "fail_starling_key", "fail_msg", "fail_starling_message")
        if (text := as_text(record.get(name))) and text != "0"
    ]
    upstream = words[0] if words else None
    entry = _told(words)
    if entry and entry.code:
        said = entry.sentence
        return Failure(entry.code, said.en, said.zh, upstream, said.retryable)
    reviewed = not words and status in _REVIEWS
    return Failure.of(
        ErrorCode.CONTENT_REFUSED if reviewed else ErrorCode.GENERATION_FAILED, upstream
    )


def _told(words: Iterable[str]) -> Entry | None:
    """The first word that is known; else the first that has a known key in it."""
    words = list(words)
    for word in words:
        if word in FAILURES:
            return FAILURES[word]
    for word in words:
        for known, entry in FAILURES.items():
            if not known.isdigit() and known in word:
                return entry
    return None
