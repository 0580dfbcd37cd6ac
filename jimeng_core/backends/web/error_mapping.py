"""Mapping of the site's codes (`ret`, `fail_code`) to `ErrorCode`, from `error_table.toml`."""

from collections.abc import Sequence
from typing import Final

from jimeng_core.backends.error_table import ErrorEntry, index_by_code, load_error_table
from jimeng_core.backends.json_reading import Json, as_text, get_path
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import JimengError, UpstreamError
from jimeng_core.tasks import Failure

_TABLE: Final = load_error_table(__package__)
REQUEST_ERRORS: Final = index_by_code(_TABLE.request_errors)
"""By `ret` of a refused request (protocol 5)."""
TASK_ERRORS: Final = index_by_code(_TABLE.task_errors)
"""By `fail_code`, `fail_starling_key` or `fail_msg` of a failed task (protocol 9.3)."""
_REVIEW_STATUSES: Final = (10, 40)
"""The statuses that the site's reviews before and after the work end in (protocol 9.2)."""


def map_error(envelope: Json) -> JimengError:
    """The error of a response whose `ret` is not 0."""
    ret = as_text(envelope.get("ret")) or "?"
    inner = as_text(get_path(envelope, "data", "fail_code")) or ""
    entry = REQUEST_ERRORS.get(ret) or REQUEST_ERRORS.get(inner)
    return entry.error(ret) if entry else UpstreamError(upstream_code=ret)


def map_failure(record: Json, status: int) -> Failure:
    """Why a task failed, with the upstream's own code.

    `fail_code` can be empty while only the starling key has the reason (protocol 9.3, five real
    cases).
    """
    reasons = [
        reason
        for field in ("fail_code", "fail_starling_key", "fail_msg", "fail_starling_message")
        if (reason := as_text(record.get(field))) and reason != "0"
    ]
    upstream = reasons[0] if reasons else None
    entry = _find(reasons)
    if entry and entry.code:
        text = entry.text
        return Failure(entry.code, text.en, text.zh, upstream, text.retryable)
    reviewed = not reasons and status in _REVIEW_STATUSES
    return Failure.of(
        ErrorCode.CONTENT_REFUSED if reviewed else ErrorCode.GENERATION_FAILED, upstream
    )


def _find(reasons: Sequence[str]) -> ErrorEntry | None:
    """The entry of the first known reason; else of the first that contains a known key."""
    for reason in reasons:
        if reason in TASK_ERRORS:
            return TASK_ERRORS[reason]
    for reason in reasons:
        for key, entry in TASK_ERRORS.items():
            if not key.isdigit() and key in reason:
                return entry
    return None
