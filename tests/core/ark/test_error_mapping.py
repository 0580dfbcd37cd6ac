"""The meaning of each of Ark's error codes."""

from jimeng_core.backends.ark.error_mapping import REQUEST_ERRORS, is_unknown_task, map_error
from tests.each import each


def body(code: object, message: str = "") -> object:
    """The JSON of a refusal."""
    return {"error": {"code": code, "message": message, "param": "", "type": ""}}


CASES = [
    (400, "InvalidParameter", "invalid_request"),
    (400, "InvalidParameter.Duration", "invalid_request"),
    (400, "InvalidParameter.UnsupportedImageFormat", "image_rejected"),
    (400, "MissingParameter.Content", "invalid_request"),
    (400, "InvalidImageURL.EmptyURL", "invalid_request"),
    (400, "InvalidImageURL.InvalidFormat", "image_rejected"),
    (400, "InputTextSensitiveContentDetected", "content_refused"),
    (400, "InputImageSensitiveContentDetected.PrivacyInformation", "image_rejected"),
    (400, "OutputAudioSensitiveContentDetected.PolicyViolation", "content_refused"),
    (401, "AuthenticationError", "unauthorized"),
    (401, "InvalidAccountStatus", "unauthorized"),
    (403, "AccountOverdueError", "insufficient_credits"),
    (403, "AccessDenied", "permission_denied"),
    (403, "OperationDenied.ServiceNotOpen", "permission_denied"),
    (403, "OperationDenied.ServiceOverdue", "insufficient_credits"),
    (404, "ModelNotOpen", "permission_denied"),
    (404, "InvalidEndpointOrModel.NotFound", "permission_denied"),
    (429, "ModelAccountRpmRateLimitExceeded", "rate_limited"),
    (429, "RateLimitExceeded.EndpointRPMExceeded", "rate_limited"),
    (429, "ServerOverloaded", "rate_limited"),
    (429, "SetLimitExceeded", "permission_denied"),
    (500, "InternalServiceError", "upstream_error"),
    (401, "SomethingNew", "unauthorized"),
    (403, "SomethingNew", "permission_denied"),
    (429, "SomethingNew", "rate_limited"),
    (400, "SomethingNew.OfNextYear", "upstream_error"),
    (418, "SomethingNew", "upstream_error"),
]


@each(("status", "code", "ours"), CASES)
def test_codes(status: int, code: str, ours: str) -> None:
    """A known code is mapped by the table, an unknown one by the status; its text stays."""
    error = map_error(status, body(code))
    assert (error.code, error.upstream_code) == (ours, code)
    assert error.message
    assert error.message_zh


@each(
    ("message", "ours"),
    [
        ("Too many tasks in the queue", "too_many_running"),
        ("The concurrent task limit is reached", "too_many_running"),
        ("排队任务过多", "too_many_running"),
        ("The free quota is used up", "insufficient_credits"),
        ("", "insufficient_credits"),
    ],
)
def test_quota(message: str, ours: str) -> None:
    """QuotaExceeded has several meanings: its message decides."""
    assert map_error(429, body("QuotaExceeded", message)).code == ours


@each("nothing", [None, [], "busy", {}, {"error": "no"}, body(None), body("a b")])
def test_without_a_code(nothing: object) -> None:
    """Without a readable code the status decides."""
    assert map_error(502, nothing).upstream_code == "HTTP 502"
    assert map_error(502, nothing).code == "upstream_error"
    assert map_error(401, nothing).code == "unauthorized"


@each("code", REQUEST_ERRORS)
def test_no_message_names_the_site(code: str) -> None:
    """No error of Ark's sends the user to the JiMeng site or asks for a session token."""
    error = REQUEST_ERRORS[code].error(code)
    assert "JiMeng" not in error.message
    assert "即梦" not in error.message_zh


@each(
    ("status", "code", "unknown"),
    [
        (404, "NotFound.Task", True),
        (404, "ResourceNotFound", True),
        (404, "InvalidEndpointOrModel.NotFound", False),
        (404, "ModelNotOpen", False),
        (404, None, False),
        (400, "NotFound.Task", False),
    ],
)
def test_unknown_task(status: int, code: str | None, unknown: bool) -> None:
    """Only a 404 with a code that ends in NotFound means that there is no such task."""
    assert is_unknown_task(status, body(code)) is unknown
