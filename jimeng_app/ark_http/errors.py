"""Errors as Ark tells them: an HTTP status, and `{"error": {code, message, type, param}}`.

The code is one of ours. What else we know of the error stands in the same object, since the
official SDK hands on that object alone (`error.body`).
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jimeng_app.call_context import speaks_chinese
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import InvalidRequest, JimengError, RateLimited

_E = ErrorCode

STATUSES: Mapping[ErrorCode, HTTPStatus] = {
    **dict.fromkeys(
        (_E.INVALID_REQUEST, _E.INVALID_TASK_ID, _E.CONTENT_REFUSED, _E.IMAGE_REJECTED),
        HTTPStatus.BAD_REQUEST,
    ),
    _E.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    **dict.fromkeys(  # Ark says 403 of an account that is overdue, too
        (_E.INSUFFICIENT_CREDITS, _E.PERMISSION_DENIED, _E.RISK_CONTROL), HTTPStatus.FORBIDDEN
    ),
    **dict.fromkeys((_E.NOT_FOUND, _E.EXPIRED), HTTPStatus.NOT_FOUND),
    # Of all statuses that fit, the one which neither the official SDK nor any usual client sends
    # again by itself: the task may exist, and a second one would cost as much.
    _E.SUBMIT_UNCONFIRMED: HTTPStatus.FAILED_DEPENDENCY,
    **dict.fromkeys(
        (_E.RATE_LIMITED, _E.TOO_MANY_RUNNING, _E.DAILY_LIMIT), HTTPStatus.TOO_MANY_REQUESTS
    ),
    **dict.fromkeys(
        (_E.UPLOAD_FAILED, _E.UPSTREAM_ERROR, _E.UPSTREAM_UNREADABLE, _E.GENERATION_FAILED),
        HTTPStatus.BAD_GATEWAY,
    ),
    _E.NETWORK_ERROR: HTTPStatus.SERVICE_UNAVAILABLE,
    **dict.fromkeys((_E.GENERATION_TIMEOUT, _E.WAIT_TIMEOUT), HTTPStatus.GATEWAY_TIMEOUT),
}
"""Each code's status."""

SAFE_TO_RETRY = frozenset(
    {_E.RATE_LIMITED, _E.TOO_MANY_RUNNING, _E.NETWORK_ERROR, _E.UPLOAD_FAILED}
)
"""Why a create may be sent again by a program that nobody watches: it surely was not accepted, and
a moment later it may be. The official SDK sends it up to three times, under 429 and every 5xx,
unless `x-should-retry` forbids it."""

_FIELDS = {"audio": "generate_audio", "prompt": "content"}
"""Our fields whose name in Ark's dialect is another."""


class TooLarge(InvalidRequest):
    """The body is larger than this door takes."""


class ErrorDetail(BaseModel):
    """What went wrong, and what to do next."""

    code: ErrorCode
    message: Annotated[
        str, Field(description="One sentence, Chinese where `Accept-Language` begins so.")
    ]
    type: Annotated[str, Field(description="The name of the HTTP status, as Ark writes it.")]
    param: Annotated[str | None, Field(description="The field to change, where it is one.")]
    message_zh: str
    upstream_code: Annotated[str | None, Field(description="The upstream's own code.")]
    retryable: Annotated[bool, Field(description="Whether doing the same again can help.")]
    id: Annotated[
        str | None,
        Field(description="The task; after `submit_unconfirmed`, what to look up before all else."),
    ]


class ErrorBody(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorDetail


def error_response(
    request: Request, error: JimengError, status: HTTPStatus | None = None
) -> Response:
    """The answer to a request that failed.

    Args:
        request: As it came in.
        error: What went wrong.
        status: In place of the code's.
    """
    status = status or _status(error)
    chinese = speaks_chinese(request.headers.get("accept-language", ""))
    detail = ErrorDetail(
        code=error.code,
        message=error.message_zh if chinese else error.message,
        type=status.phrase.replace(" ", ""),
        param=_param(error),
        message_zh=error.message_zh,
        upstream_code=error.upstream_code,
        retryable=error.retryable,
        id=error.task_id,
    )
    return JSONResponse(
        ErrorBody(error=detail).model_dump(mode="json"), status, dict(_headers(request, error))
    )


def _status(error: JimengError) -> HTTPStatus:
    if isinstance(error, TooLarge):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return STATUSES[error.code]


def _headers(request: Request, error: JimengError) -> dict[str, str]:
    headers = {}
    if request.method == "POST" and error.code not in SAFE_TO_RETRY:
        headers["X-Should-Retry"] = "false"
    if error.code is ErrorCode.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return headers


def _param(error: JimengError) -> str | None:
    if not isinstance(error, InvalidRequest) or not error.problems:
        return None
    field = error.problems[0].field
    return _FIELDS.get(field, field)
