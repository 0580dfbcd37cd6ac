"""Mapping of the site's codes (`ret`, `fail_code`) to `ErrorCode`, from `error_table.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from jimeng_core.backends.json_reading import as_text
from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode, ErrorText
from jimeng_core.errors import ERROR_CLASSES, JimengError
from jimeng_core.tasks import Failure


class Charged(StrEnum):
    """Whether a task that met the code costs credits."""

    NO = "no"
    """Refused, so nothing was accepted (protocol 5)."""
    POSSIBLE = "possible"
    """A failed task can cost all the same; the site's ledger decides (protocol 9.3)."""
    RETURNED = "returned"
    """The site says that it gave the credits back."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """What is known of one code, or of several that mean the same."""

    codes: tuple[str, ...]
    code: ErrorCode | None
    """Ours; None where it is not mapped."""
    en: str
    """What the site means by it."""
    zh: str
    sentence: ErrorText
    """What a caller is told: a sentence of its own, or that of our code."""
    charged: Charged
    why: str
    """Why it is not mapped, or what else there is to know."""


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """All that `error_table.toml` says, in its order."""

    refusals: tuple[ErrorEntry, ...]
    """By `ret`."""
    failures: tuple[ErrorEntry, ...]
    """By `fail_code`, `fail_starling_key` or `fail_msg`."""


@cache
def error_table() -> ErrorTable:
    """The atlas that is shipped with the library."""
    data = tomllib.loads(
        files(__package__).joinpath("error_table.toml").read_text(encoding="utf-8")
    )
    return ErrorTable(
        refusals=tuple(
            _entry(each, ErrorCode.UPSTREAM_ERROR, Charged.NO) for each in data["refusal"]
        ),
        failures=tuple(
            _entry(each, ErrorCode.GENERATION_FAILED, Charged.POSSIBLE) for each in data["failure"]
        ),
    )


def _entry(told: Mapping[str, Any], unmapped: ErrorCode, charged: Charged) -> ErrorEntry:
    code = ErrorCode(told["here"]) if "here" in told else None
    general = ERROR_TEXTS[code or unmapped]
    return ErrorEntry(
        codes=tuple(told["codes"]),
        code=code,
        en=told["en"],
        zh=told["zh"],
        sentence=ErrorText(
            told.get("say_en", general.en), told.get("say_zh", general.zh), general.retryable
        ),
        charged=Charged(told.get("charged", charged)),
        why=told.get("why", ""),
    )


def _by_code(entries: Iterable[ErrorEntry]) -> Mapping[str, ErrorEntry]:
    return {code: entry for entry in entries if entry.code for code in entry.codes}


REQUEST_ERRORS = _by_code(error_table().refusals)
"""By `ret` of a refused request (protocol 5)."""


TASK_ERRORS = _by_code(error_table().failures)
"""By `fail_code`, `fail_starling_key` or `fail_msg` of a failed task (protocol 9.3)."""


_REVIEWS = (10, 40)
"""The states that the site's reviews before and after the work end in (protocol 9.2)."""


def map_error(envelope: Mapping[str, Any]) -> JimengError:
    """The error of an answer whose `ret` is not 0."""
    ret = as_text(envelope.get("ret")) or "?"
    data = envelope.get("data")
    inner = as_text(data.get("fail_code")) if isinstance(data, dict) else None
    entry = REQUEST_ERRORS.get(ret) or (REQUEST_ERRORS.get(inner) if inner else None)
    if entry is None or entry.code is None:
        return ERROR_CLASSES[ErrorCode.UPSTREAM_ERROR](upstream_code=ret)
    said = entry.sentence
    return ERROR_CLASSES[entry.code](said.en, said.zh, upstream_code=ret)


def map_failure(record: Mapping[str, Any], status: int) -> Failure:
    """Why a task failed, with the upstream's own word for it.

    `fail_code` can be empty while only the starling key tells (protocol 9.3, five real cases).
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


def _told(words: Iterable[str]) -> ErrorEntry | None:
    """The first word that is known; else the first that has a known key in it."""
    words = list(words)
    for word in words:
        if word in TASK_ERRORS:
            return TASK_ERRORS[word]
    for word in words:
        for known, entry in TASK_ERRORS.items():
            if not known.isdigit() and known in word:
                return entry
    return None
