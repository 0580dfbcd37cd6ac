"""What Ark's codes mean here (Ark protocol A10): of a refused request, and of a failed task. Pure.

Codes have parts (`InputImageSensitiveContentDetected.PrivacyInformation`): one that does not stand
in a table as a whole is looked for by its first part. A code that stands in no table keeps its text
in `upstream_code`; what it means is then told by the HTTP status alone, or not at all.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from jimeng_core import error_codes
from jimeng_core.backends.json_reading import as_text, get_path
from jimeng_core.error_codes import ErrorCode, ErrorText
from jimeng_core.errors import ERROR_CLASSES, JimengError
from jimeng_core.tasks import Failure

from . import wire

_E = ErrorCode

REQUEST_ERRORS: Final[Mapping[str, ErrorCode]] = {
    **dict.fromkeys(
        ("InvalidParameter", "MissingParameter", "InvalidImageURL"), _E.INVALID_REQUEST
    ),
    "InvalidParameter.UnsupportedImageFormat": _E.IMAGE_REJECTED,
    "InvalidImageURL.InvalidFormat": _E.IMAGE_REJECTED,
    "InputImageSensitiveContentDetected": _E.IMAGE_REJECTED,
    **{
        f"{what}SensitiveContentDetected": _E.CONTENT_REFUSED
        for what in (
            *("InputText", "InputVideo", "InputAudio"),
            *("OutputVideo", "OutputAudio", "OutputImage"),
        )
    },
    **dict.fromkeys(("AuthenticationError", "InvalidAccountStatus"), _E.UNAUTHORIZED),
    **dict.fromkeys(
        ("AccountOverdueError", "OperationDenied.ServiceOverdue"), _E.INSUFFICIENT_CREDITS
    ),
    **dict.fromkeys(
        ("AccessDenied", "OperationDenied", "ModelNotOpen", "InvalidEndpointOrModel"),
        _E.PERMISSION_DENIED,
    ),
    **dict.fromkeys(
        (
            *("ModelAccountRpmRateLimitExceeded", "APIAccountRpmRateLimitExceeded"),
            *("AccountRateLimitExceeded", "RateLimitExceeded", "InflightBatchsizeExceeded"),
            *("RequestBurstTooFast", "ServerOverloaded"),
        ),
        _E.RATE_LIMITED,
    ),
    "SetLimitExceeded": _E.PERMISSION_DENIED,
    "InternalServiceError": _E.UPSTREAM_ERROR,
}
"""`error.code` of an answer. `QuotaExceeded` is told by its message, see `_quota`."""

BY_STATUS: Final[Mapping[int, ErrorCode]] = {
    401: _E.UNAUTHORIZED,
    403: _E.PERMISSION_DENIED,
    429: _E.RATE_LIMITED,
}
"""What a status says of a code that is not known, or of none."""

OF_A_TASK: Final = frozenset(
    {_E.CONTENT_REFUSED, _E.IMAGE_REJECTED, _E.INVALID_REQUEST, _E.INSUFFICIENT_CREDITS}
)
"""What can be the reason that a task failed; all else is the upstream's own failure."""

ERROR_TEXTS: Final = {
    _E.UNAUTHORIZED: ErrorText(
        "The API key is missing, wrong or of another region; make one in the Ark console and set"
        " ARK_API_KEY.",
        "API Key 缺失、错误或属于其他区域，请在火山方舟控制台创建后设置 ARK_API_KEY。",
    ),
    _E.INSUFFICIENT_CREDITS: ErrorText(
        "The account's balance or quota is used up; top up in the Ark console, or choose a shorter"
        " video.",
        "账号余额或配额不足，请在火山方舟控制台充值，或选择更短的视频。",
    ),
    _E.PERMISSION_DENIED: ErrorText(
        "The account may not do this; open the model, or raise its limits, in the Ark console.",
        "账号没有此权限，请在火山方舟控制台开通模型或调整限额。",
    ),
    _E.INVALID_REQUEST: ErrorText(
        "Ark does not take the request as it is (the code names the parameter); change it and"
        " submit again.",
        "方舟不接受这个请求（错误码指出了参数），请修改后重新提交。",
    ),
}
"""Where the sentence of a code speaks of the site."""

_CODE = re.compile(r"[A-Za-z][\w.\-]{0,99}", re.ASCII)


_QUEUE_WORDS: Final = ("queue", "concurren", "排队", "并发")


def map_error(status: int, body: object) -> JimengError:
    """The error of an answer that is no success.

    Args:
        status: Of HTTP.
        body: The JSON of the answer, None where it is none.
    """
    upstream = error_code(body)
    code = _quota(body) if upstream == "QuotaExceeded" else _known(upstream)
    code = code or BY_STATUS.get(status, _E.UPSTREAM_ERROR)
    return error_with_text(code, upstream or f"HTTP {status}")


def error_with_text(code: ErrorCode, upstream_code: str | None) -> JimengError:
    """The exception of a code, in words that fit Ark."""
    sentence = ERROR_TEXTS.get(code, error_codes.ERROR_TEXTS[code])
    return ERROR_CLASSES[code](sentence.en, sentence.zh, upstream_code=upstream_code)


def error_code(body: object) -> str | None:
    """The code in an answer or a record, if it looks like one; else None."""
    code = as_text(get_path(body, "error", "code"))
    return code if code and _CODE.fullmatch(code) else None


def says_unknown_task(status: int, body: object) -> bool:
    """Whether an answer means that there is no task of the id.

    Ark documents `NotFound.{X}` with 404 (A10); every code whose first part ends so is taken for
    it (a guess). A 404 without a code is a gateway's word about a path.
    """
    first = (error_code(body) or "").partition(".")[0]
    return status == 404 and first.endswith("NotFound")  # noqa: PLR2004 - a status is its number


def map_failure(record: Mapping[str, Any], status: str) -> Failure:
    """Why a task ended without a video.

    `cancelled` has no reason of its own (Ark protocol A3): it says that it was.
    """
    if status == wire.CANCELLED:
        return Failure(
            _E.GENERATION_FAILED,
            "The task was cancelled before it ran; submit it again if you still need the video.",
            "任务在运行前被取消；如仍需要视频，请重新提交。",
            upstream_code=status,
            retryable=True,
        )
    if status == wire.EXPIRED:
        return Failure.of(_E.GENERATION_TIMEOUT, status)
    upstream = error_code(record)
    code = _known(upstream)
    return Failure.of(code if code in OF_A_TASK else _E.GENERATION_FAILED, upstream)


def _known(upstream: str | None) -> ErrorCode | None:
    if upstream is None:
        return None
    return REQUEST_ERRORS.get(upstream) or REQUEST_ERRORS.get(upstream.partition(".")[0])


def _quota(body: object) -> ErrorCode:
    """`QuotaExceeded` is too many in the queue, or a quota that is gone (A10): the words tell."""
    message = (as_text(get_path(body, "error", "message")) or "").lower()
    waiting = any(word in message for word in _QUEUE_WORDS)
    return _E.TOO_MANY_RUNNING if waiting else _E.INSUFFICIENT_CREDITS
