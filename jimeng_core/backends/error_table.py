"""The error codes of an upstream, as data: `error_table.toml` in the package of each backend."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode, ErrorText
from jimeng_core.errors import ERROR_CLASSES, JimengError


class Charged(StrEnum):
    """Whether a task that met the code costs credits."""

    NO = "no"
    """The request was refused, so nothing was accepted (protocol 5)."""
    POSSIBLE = "possible"
    """A failed task may still be charged; the site's ledger decides (protocol 9.3)."""
    RETURNED = "returned"
    """The site says that it returned the credits."""


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One upstream code, or several with the same meaning."""

    codes: tuple[str, ...]
    code: ErrorCode | None
    """Our code; None if it is not mapped."""
    means_en: str
    """What the upstream means by it."""
    means_zh: str
    text: ErrorText
    """The message for the caller: the entry's own, or that of our code."""
    charged: Charged
    why: str
    """Why it is not mapped, or further facts."""

    def error(self, upstream_code: str) -> JimengError:
        """The exception for a refused request."""
        error_class = ERROR_CLASSES[self.code or ErrorCode.UPSTREAM_ERROR]
        return error_class(self.text.en, self.text.zh, upstream_code=upstream_code)


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """An `error_table.toml`, in its order."""

    request_errors: tuple[ErrorEntry, ...]
    """Codes of refused requests."""
    task_errors: tuple[ErrorEntry, ...]
    """Codes of failed tasks; empty where they are the same codes."""


@cache
def load_error_table(package: str) -> ErrorTable:
    """The table of a backend's package."""
    path = files(package).joinpath("error_table.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return ErrorTable(
        tuple(
            _read_entry(each, ErrorCode.UPSTREAM_ERROR, Charged.NO)
            for each in data["request_error"]
        ),
        tuple(
            _read_entry(each, ErrorCode.GENERATION_FAILED, Charged.POSSIBLE)
            for each in data.get("task_error", [])
        ),
    )


def _read_entry(fields: Mapping[str, Any], unmapped: ErrorCode, charged: Charged) -> ErrorEntry:
    code = ErrorCode(fields["code"]) if "code" in fields else None
    general = ERROR_TEXTS[code or unmapped]
    en, zh = fields.get("message_en", general.en), fields.get("message_zh", general.zh)
    return ErrorEntry(
        codes=tuple(fields["codes"]),
        code=code,
        means_en=fields["means_en"],
        means_zh=fields["means_zh"],
        text=ErrorText(en, zh, general.retryable),
        charged=Charged(fields.get("charged", charged)),
        why=fields.get("why", ""),
    )


def index_by_code(entries: Iterable[ErrorEntry]) -> Mapping[str, ErrorEntry]:
    """The mapped entries by each of their upstream codes."""
    return {code: entry for entry in entries if entry.code for code in entry.codes}
