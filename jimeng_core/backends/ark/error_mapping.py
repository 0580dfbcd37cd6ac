"""Mapping of Ark's error codes (Ark protocol A10) to `ErrorCode`, from `error_table.toml`.

Codes have parts (`InputImageSensitiveContentDetected.PrivacyInformation`): one that is not in the
table as a whole is looked up by its first part. An unknown code keeps its text in `upstream_code`;
what it means is then decided by the HTTP status.
"""

import re
from http import HTTPStatus
from typing import Final

from jimeng_core.backends.error_table import ErrorEntry, index_by_code, load_error_table
from jimeng_core.backends.json_reading import Json, as_text, get_path
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import JimengError, UpstreamError
from jimeng_core.tasks import Failure

from . import wire

REQUEST_ERRORS: Final = index_by_code(load_error_table(__package__).request_errors)
"""By `error.code` of a response, and by `HTTP <status>` if that code is unknown."""
TASK_ERRORS: Final = frozenset(
    {
        ErrorCode.CONTENT_REFUSED,
        ErrorCode.IMAGE_REJECTED,
        ErrorCode.INVALID_REQUEST,
        ErrorCode.INSUFFICIENT_CREDITS,
    }
)
"""What can be the reason that a task failed; any other code is the upstream's own failure."""
_CODE = re.compile(r"[A-Za-z][\w.\-]{0,99}", re.ASCII)
_QUEUE_WORDS: Final = ("queue", "concurren", "排队", "并发")


def map_error(status: int, body: object) -> JimengError:
    """The error of a response that is not a success.

    Args:
        status: The HTTP status.
        body: The JSON of the response; None if it is not JSON.
    """
    code = error_code(body)
    http_status = f"HTTP {status}"
    known = _find_quota(body) if code == "QuotaExceeded" else _find(code)
    entry = known or REQUEST_ERRORS.get(http_status)
    upstream = code or http_status
    return entry.error(upstream) if entry else UpstreamError(upstream_code=upstream)


def error_code(body: object) -> str | None:
    """The code in a response or a record, if it looks like one; else None."""
    code = as_text(get_path(body, "error", "code"))
    return code if code and _CODE.fullmatch(code) else None


def is_unknown_task(status: int, body: object) -> bool:
    """Whether a response means that no task has the id.

    Ark documents `NotFound.{X}` with 404 (Ark protocol A10); every code whose first part ends so
    counts (a guess). A 404 without a code comes from a gateway and is about a path.
    """
    first = (error_code(body) or "").partition(".")[0]
    return status == HTTPStatus.NOT_FOUND and first.endswith("NotFound")


def map_failure(record: Json, status: str) -> Failure:
    """Why a task ended without a video; `cancelled` has no reason of its own (Ark protocol A3)."""
    if status == wire.CANCELLED:
        return Failure(
            ErrorCode.GENERATION_FAILED,
            "The task was cancelled before it ran; submit it again if you still need the video.",
            "任务在运行前被取消；如仍需要视频，请重新提交。",
            upstream_code=status,
            retryable=True,
        )
    if status == wire.EXPIRED:
        return Failure.of(ErrorCode.GENERATION_TIMEOUT, status)
    upstream = error_code(record)
    entry = _find(upstream)
    reason = entry.code if entry and entry.code in TASK_ERRORS else None
    return Failure.of(reason or ErrorCode.GENERATION_FAILED, upstream)


def _find(code: str | None) -> ErrorEntry | None:
    code = code or ""
    return REQUEST_ERRORS.get(code) or REQUEST_ERRORS.get(code.partition(".")[0])


def _find_quota(body: object) -> ErrorEntry:
    """`QuotaExceeded` is a full queue or a used up quota, by its message (Ark protocol A10)."""
    message = (as_text(get_path(body, "error", "message")) or "").lower()
    queue = any(word in message for word in _QUEUE_WORDS)
    return REQUEST_ERRORS["QuotaExceeded (queue)" if queue else "QuotaExceeded (other)"]
