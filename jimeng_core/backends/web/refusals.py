"""What the site's codes mean here: `ret` of an answer, `fail_code` of a task. Pure tables.

Codes are compared as text (wire facts 9.3: they come as text and as numbers). A code that stands
in no table keeps its text in `upstream_code` and becomes no other code. Left out on purpose, since
their sources disagree: 1014, 2014, 4001, 4002 (wire facts 5).
"""

from collections.abc import Mapping
from typing import Any

from jimeng_core.errors import ErrorCode, JimengError, error_for

from .plain import as_text

_E = ErrorCode

REFUSALS: Mapping[str, ErrorCode] = {
    **dict.fromkeys(("1", "1057", "2020", "10020"), _E.RATE_LIMITED),
    **dict.fromkeys(("1000", "1001", "1002", "2008"), _E.INVALID_REQUEST),
    **dict.fromkeys(("1006", "5000"), _E.INSUFFICIENT_CREDITS),
    **dict.fromkeys(("1010", "1310", "exceed_model_parallel_max"), _E.TOO_MANY_RUNNING),
    **dict.fromkeys(("1015", "34010105"), _E.UNAUTHORIZED),
    **dict.fromkeys(("1018", "3018", "3021", "4003", "4010"), _E.PERMISSION_DENIED),
    **dict.fromkeys(("1019", "1021", "4013", "-4", "-6"), _E.RISK_CONTROL),
    **dict.fromkeys(("1063", "1159", "1161", "1162", "2005", "2050"), _E.CONTENT_REFUSED),
    **dict.fromkeys(("2003", "2004", "2048"), _E.IMAGE_REJECTED),
    "3020": _E.UPLOAD_FAILED,
    "121101": _E.DAILY_LIMIT,
}
"""`ret` of a refused request (wire facts 5)."""

FAILURES: Mapping[str, ErrorCode] = {
    **dict.fromkeys(("2038", "2005", "2042", "2043", "2050", "130006"), _E.CONTENT_REFUSED),
    **dict.fromkeys(("2003", "2039", "2041", "2048", "4011"), _E.IMAGE_REJECTED),
    **dict.fromkeys(("2004", "InputTextRisk", "OutputImageRisk"), _E.CONTENT_REFUSED),
    **dict.fromkeys(("OutputVideoRisk", "InputVideoRisk"), _E.CONTENT_REFUSED),
    "web_text_violates_community_guidelines_toast": _E.CONTENT_REFUSED,
    "web_fail2generate_copyright_block": _E.CONTENT_REFUSED,
    **dict.fromkeys(("InputImageRisk", "RejectFace"), _E.IMAGE_REJECTED),
    **dict.fromkeys(("2002", "TaskCanceled"), _E.GENERATION_FAILED),
    **dict.fromkeys(("1006", "140001"), _E.INSUFFICIENT_CREDITS),
}
"""`fail_code`, `fail_starling_key` or `fail_msg` of a failed task (wire facts 9.3)."""


def refusal(envelope: Mapping[str, Any]) -> JimengError:
    """The error of an answer whose `ret` is not 0."""
    ret = as_text(envelope.get("ret")) or "?"
    data = envelope.get("data")
    inner = as_text(data.get("fail_code")) if isinstance(data, dict) else None
    code = REFUSALS.get(ret) or (REFUSALS.get(inner) if inner else None)
    return error_for(code or _E.UPSTREAM_ERROR, upstream_code=ret)


def failure_code(record: Mapping[str, Any], status: int) -> tuple[ErrorCode, str | None]:
    """Why a task failed, and the upstream's own word for it.

    `fail_code` can be empty while only the starling key tells (wire facts 9.3, five real cases).
    """
    words = [
        text
        for name in ("fail_code", "fail_starling_key", "fail_msg", "fail_starling_message")
        if (text := as_text(record.get(name))) and text != "0"
    ]
    upstream = words[0] if words else None
    for word in words:
        if word in FAILURES:
            return FAILURES[word], upstream
    for word in words:
        for known, code in FAILURES.items():
            if not known.isdigit() and known in word:
                return code, upstream
    # 10 and 40 are the site's reviews before and after the work (wire facts 9.2).
    unnamed = _E.CONTENT_REFUSED if status in (10, 40) else _E.GENERATION_FAILED
    return (_E.GENERATION_FAILED if words else unnamed), upstream
