"""Errors in Ark's format: an HTTP status, and `{"error": {code, message, type, param}}`.

The code is one of ours, and our other fields are in the same object, because it is all that the
official SDK passes on (`error.body`).
"""

import math
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jimeng_app.language import is_chinese
from jimeng_core.error_codes import ErrorCode as Code
from jimeng_core.errors import InvalidRequest, JimengError, RateLimited

from .response_models import ErrorBody, ErrorDetail

CODES = {
    HTTPStatus.BAD_REQUEST: (
        *(Code.INVALID_REQUEST, Code.INVALID_TASK_ID),
        *(Code.CONTENT_REFUSED, Code.IMAGE_REJECTED),
    ),
    HTTPStatus.UNAUTHORIZED: (Code.UNAUTHORIZED,),
    # Ark also uses 403 for an account with an overdue payment.
    HTTPStatus.FORBIDDEN: (Code.INSUFFICIENT_CREDITS, Code.PERMISSION_DENIED, Code.RISK_CONTROL),
    HTTPStatus.NOT_FOUND: (Code.NOT_FOUND, Code.EXPIRED),
    # The task may exist, and a second one would cost as much: this is the fitting status that
    # neither the official SDK nor other common clients retry by themselves.
    HTTPStatus.FAILED_DEPENDENCY: (Code.SUBMIT_UNCONFIRMED,),
    HTTPStatus.TOO_MANY_REQUESTS: (Code.RATE_LIMITED, Code.TOO_MANY_RUNNING, Code.DAILY_LIMIT),
    HTTPStatus.BAD_GATEWAY: (
        *(Code.UPLOAD_FAILED, Code.UPSTREAM_ERROR, Code.UPSTREAM_UNREADABLE),
        Code.GENERATION_FAILED,
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (Code.NETWORK_ERROR,),
    HTTPStatus.GATEWAY_TIMEOUT: (Code.GENERATION_TIMEOUT, Code.WAIT_TIMEOUT),
}
"""The codes of each HTTP status."""
STATUSES = {code: status for status, codes in CODES.items() for code in codes}

SAFE_TO_RETRY = frozenset(
    {Code.RATE_LIMITED, Code.TOO_MANY_RUNNING, Code.NETWORK_ERROR, Code.UPLOAD_FAILED}
)
"""Errors after which a create is certainly not accepted, and may be a moment later. The official
SDK repeats a create up to twice after 429 and 5xx, unless `X-Should-Retry` forbids it."""

_ARK_FIELDS = {"audio": "generate_audio", "prompt": "content"}
"""Fields with another name in Ark's dialect."""


MAX_BODY = 64 * 2**20
"""The largest body in bytes, with its pictures in base64: the same as Ark's (Ark protocol A7)."""


class TooLarge(InvalidRequest):
    """A body is larger than `MAX_BODY`."""

    def __init__(self) -> None:
        super().__init__(
            f"The body is larger than {MAX_BODY >> 20} MB; use fewer or smaller pictures, or"
            " http(s) URLs.",
            f"请求体超过 {MAX_BODY >> 20} MB，请减少或缩小图片，或改用 http(s) 链接。",
        )


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
        id=error.task_id,
    )
    headers = {}
    if request.method == "POST" and error.code not in SAFE_TO_RETRY:
        headers["X-Should-Retry"] = "false"
    if error.code is Code.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return JSONResponse(ErrorBody(error=detail).model_dump(mode="json"), status, headers)
