"""Errors in Ark's format: an HTTP status, and `{"error": {code, message, type, param}}`.

The code is one of ours, and our other fields are in the same object, because it is all that the
official SDK passes on (`error.body`).
"""

import math
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jimeng_app.json_body import TooLarge
from jimeng_app.language import is_chinese
from jimeng_core.error_codes import ErrorCode as Code
from jimeng_core.errors import InvalidRequest, JimengError, RateLimited
from jimeng_core.pasted_text import excerpt

from .response_models import ErrorBody, ErrorDetail

_CODES = {
    400: "invalid_request invalid_task_id content_refused image_rejected",
    401: "unauthorized",
    403: "insufficient_credits permission_denied risk_control",  # also Ark's for overdue payments
    404: "not_found expired",
    # The task may exist, and a second one would cost as much: this is the fitting status that
    # neither the official SDK nor other common clients retry by themselves.
    424: "submit_unconfirmed",
    429: "rate_limited too_many_running daily_limit",
    502: "upload_failed upstream_error upstream_unreadable generation_failed",
    503: "network_error",
    504: "generation_timeout wait_timeout",
}
CODES = {HTTPStatus(number): [*map(Code, codes.split())] for number, codes in _CODES.items()}
"""The codes of each HTTP status."""
STATUSES = {code: status for status, codes in CODES.items() for code in codes}

SAFE_TO_RETRY = frozenset(
    {Code.RATE_LIMITED, Code.TOO_MANY_RUNNING, Code.NETWORK_ERROR, Code.UPLOAD_FAILED}
)
"""Errors after which a create is certainly not accepted, and may be a moment later. The official
SDK repeats a create up to twice after 429 and 5xx, unless `X-Should-Retry` forbids it."""

_ARK_FIELDS = {"audio": "generate_audio", "prompt": "content"}
"""Fields with another name in Ark's dialect."""


def error_response(
    request: Request, error: JimengError, status: HTTPStatus | None = None
) -> Response:
    """The response to a request that failed, with the error's own status if none is given."""
    if not status:
        too_large = isinstance(error, TooLarge)
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else STATUSES[error.code]
    chinese = is_chinese(request.headers.get("accept-language", ""))
    problems = error.problems if isinstance(error, InvalidRequest) else ()
    detail = ErrorDetail(
        code=error.code,
        message=error.message_zh if chinese else error.message,
        type=status.phrase.replace(" ", ""),
        param=_ARK_FIELDS.get(problems[0].field, problems[0].field) if problems else None,
        message_zh=error.message_zh,
        upstream_code=error.upstream_code,
        retryable=error.retryable,
        id=None if error.task_id is None else excerpt(error.task_id),
    )
    headers = {}
    if request.method == "POST" and error.code not in SAFE_TO_RETRY:
        headers["X-Should-Retry"] = "false"
    if error.code is Code.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return JSONResponse(ErrorBody(error=detail).model_dump(mode="json"), status, headers)
