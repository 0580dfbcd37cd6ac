"""The error codes, and the text of each in English and Chinese.

Their exceptions are in `jimeng_core.errors`.
"""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class ErrorCode(StrEnum):
    """The error codes of every door. Each has one exception class and one `ErrorText`."""

    INVALID_REQUEST = "invalid_request"
    INVALID_TASK_ID = "invalid_task_id"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_CREDITS = "insufficient_credits"
    PERMISSION_DENIED = "permission_denied"
    RISK_CONTROL = "risk_control"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_RUNNING = "too_many_running"
    DAILY_LIMIT = "daily_limit"
    CONTENT_REFUSED = "content_refused"
    IMAGE_REJECTED = "image_rejected"
    UPLOAD_FAILED = "upload_failed"
    UPSTREAM_ERROR = "upstream_error"
    UPSTREAM_UNREADABLE = "upstream_unreadable"
    NETWORK_ERROR = "network_error"
    SUBMIT_UNCONFIRMED = "submit_unconfirmed"
    GENERATION_FAILED = "generation_failed"
    GENERATION_TIMEOUT = "generation_timeout"
    WAIT_TIMEOUT = "wait_timeout"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What a code means and what to do next."""

    en: str
    zh: str
    retryable: bool = False
    """Whether doing the same again can help."""
    charged: bool = False
    """Whether credits may be gone: the task was accepted, or may have been."""


def _error_texts() -> dict[ErrorCode, ErrorText]:
    text = files(__package__).joinpath("error_texts.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {code: ErrorText(**tables[code]) for code in ErrorCode}


ERROR_TEXTS = _error_texts()
"""The text of each code, from `error_texts.toml`."""
