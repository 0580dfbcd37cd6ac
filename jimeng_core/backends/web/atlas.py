"""The atlas of the site's codes (`atlas.toml`), read once. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from jimeng_core.codes import SENTENCES, ErrorCode, Sentence


class Charged(StrEnum):
    """Whether a task that met the code costs credits."""

    NO = "no"
    """Refused, so nothing was accepted (wire facts 5)."""
    POSSIBLE = "possible"
    """A failed task can cost all the same; the site's ledger decides (wire facts 9.3)."""
    RETURNED = "returned"
    """The site says that it gave the credits back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one code, or of several that mean the same."""

    codes: tuple[str, ...]
    code: ErrorCode | None
    """Ours; None where it is not mapped."""
    en: str
    """What the site means by it."""
    zh: str
    sentence: Sentence
    """What a caller is told: a sentence of its own, or that of our code."""
    charged: Charged
    why: str
    """Why it is not mapped, or what else there is to know."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """All that `atlas.toml` says, in its order."""

    refusals: tuple[Entry, ...]
    """By `ret`."""
    failures: tuple[Entry, ...]
    """By `fail_code`, `fail_starling_key` or `fail_msg`."""


@cache
def atlas() -> Atlas:
    """The atlas that is shipped with the library."""
    data = tomllib.loads(files(__package__).joinpath("atlas.toml").read_text(encoding="utf-8"))
    return Atlas(
        refusals=tuple(
            _entry(each, ErrorCode.UPSTREAM_ERROR, Charged.NO) for each in data["refusal"]
        ),
        failures=tuple(
            _entry(each, ErrorCode.GENERATION_FAILED, Charged.POSSIBLE) for each in data["failure"]
        ),
    )


def _entry(told: Mapping[str, Any], unmapped: ErrorCode, charged: Charged) -> Entry:
    code = ErrorCode(told["here"]) if "here" in told else None
    general = SENTENCES[code or unmapped]
    return Entry(
        codes=tuple(told["codes"]),
        code=code,
        en=told["en"],
        zh=told["zh"],
        sentence=Sentence(
            told.get("say_en", general.en), told.get("say_zh", general.zh), general.retryable
        ),
        charged=Charged(told.get("charged", charged)),
        why=told.get("why", ""),
    )
