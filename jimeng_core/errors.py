"""The exceptions of the library, one class per error code.

    JimengError
    ├── InvalidRequest            invalid_request        also a ValueError
    ├── InvalidTaskId             invalid_task_id        also a ValueError
    ├── NoSuchTask                                       the upstream has no record for the id
    │   ├── NotFound              not_found
    │   └── Expired               expired
    ├── Refused                                          the upstream understood and refused
    │   ├── Unauthorized          unauthorized
    │   ├── InsufficientCredits   insufficient_credits
    │   ├── PermissionDenied      permission_denied
    │   ├── RiskControl           risk_control
    │   ├── RateLimited           rate_limited
    │   ├── TooManyRunning        too_many_running
    │   ├── DailyLimit            daily_limit
    │   ├── ContentRefused        content_refused
    │   └── ImageRejected         image_rejected
    ├── NoAnswer                                         nothing usable came back
    │   ├── NetworkError          network_error
    │   ├── UpstreamError         upstream_error
    │   ├── UpstreamUnreadable    upstream_unreadable
    │   ├── UploadFailed          upload_failed
    │   └── SubmitUnconfirmed     submit_unconfirmed     may have been accepted: look it up
    ├── TaskFailed                                       the task itself ended without a video
    │   ├── GenerationFailed      generation_failed
    │   └── GenerationTimeout     generation_timeout
    └── WaitTimeout               wait_timeout           also a TimeoutError; the task still runs

A failed *look-up* raises one of these. A failed *task* is returned, not raised: it is a
`jimeng_core.tasks.Failed`, whose `failure.code` is one of the same codes.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import ClassVar, Self

from .error_codes import ERROR_TEXTS, ErrorCode

CODE_LENGTH = 200
"""Characters of an upstream's code that are kept."""

ERROR_CLASSES: dict[ErrorCode, type["JimengError"]] = {}
"""The exception class of each code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change before a request may be sent."""

    field: str
    """Its path: `prompt`, `duration`, `frames[2].image`."""
    code: ErrorCode
    message: str
    message_zh: str


class JimengError(Exception):
    """Base class of the library's exceptions.

    Attributes:
        code: What happened, from `ErrorCode`.
        message: One English sentence that says what to do next.
        message_zh: The same in Chinese.
        upstream_code: The upstream's own code as text, where there is one.
        retryable: Whether doing the same again can help.
        task_id: The id of the task, where there is one.
    """

    code: ClassVar[ErrorCode]

    def __init_subclass__(cls, *, code: ErrorCode | None = None) -> None:
        if code:
            cls.code = code
            ERROR_CLASSES[code] = cls

    def __init__(
        self,
        message: str | None = None,
        message_zh: str | None = None,
        *,
        upstream_code: str | None = None,
        task_id: str | None = None,
    ) -> None:
        text = ERROR_TEXTS[self.code]
        self.message = message or text.en
        self.message_zh = message_zh or text.zh
        self.upstream_code = upstream_code and upstream_code[:CODE_LENGTH]
        self.task_id = task_id
        self.retryable = text.retryable
        super().__init__(self.message)

    def about(self, task_id: str) -> Self:
        """A copy of the error for one task; an error can concern many."""
        error = copy(self)
        error.task_id = task_id
        return error


class InvalidRequest(JimengError, ValueError, code=ErrorCode.INVALID_REQUEST):
    """The request breaks a rule; nothing was sent.

    Attributes:
        problems: Every problem found; the message is that of the first.
    """

    def __init__(
        self,
        message: str | None = None,
        message_zh: str | None = None,
        *,
        problems: Sequence[Problem] = (),
        upstream_code: str | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(message, message_zh, upstream_code=upstream_code, task_id=task_id)
        self.problems = tuple(problems)


class InvalidTaskId(JimengError, ValueError, code=ErrorCode.INVALID_TASK_ID):
    """The text is not a task id; no request was made."""


class NoSuchTask(JimengError):
    """The upstream has no record of the id."""


class NotFound(NoSuchTask, code=ErrorCode.NOT_FOUND):
    """The upstream does not know the id."""


class Expired(NoSuchTask, code=ErrorCode.EXPIRED):
    """The record was deleted, or is older than the upstream stores records."""


class Refused(JimengError):
    """The upstream understood the request and refused it."""


class Unauthorized(Refused, code=ErrorCode.UNAUTHORIZED):
    """The credential is missing, invalid or expired."""


class InsufficientCredits(Refused, code=ErrorCode.INSUFFICIENT_CREDITS):
    """The balance does not cover the task."""


class PermissionDenied(Refused, code=ErrorCode.PERMISSION_DENIED):
    """The account lacks a permission, for example for the model."""


class RiskControl(Refused, code=ErrorCode.RISK_CONTROL):
    """The site took the request for an automated one. Never retried by the library."""


class RateLimited(Refused, code=ErrorCode.RATE_LIMITED):
    """Too many requests in a short time.

    Attributes:
        retry_after: Seconds to wait before the next request, where the upstream says.
    """

    retry_after: float | None = None


class TooManyRunning(Refused, code=ErrorCode.TOO_MANY_RUNNING):
    """Too many tasks of the account are waiting or running."""


class DailyLimit(Refused, code=ErrorCode.DAILY_LIMIT):
    """The account has reached its daily limit."""


class ContentRefused(Refused, code=ErrorCode.CONTENT_REFUSED):
    """The prompt or the result did not pass the content review."""


class ImageRejected(Refused, code=ErrorCode.IMAGE_REJECTED):
    """A picture was refused for its format, its size or its content."""


class NoAnswer(JimengError):
    """No usable response; says nothing about the task."""


class NetworkError(NoAnswer, code=ErrorCode.NETWORK_ERROR):
    """The connection failed or timed out."""


class UpstreamError(NoAnswer, code=ErrorCode.UPSTREAM_ERROR):
    """The upstream failed, or refused with an unknown code (see `upstream_code`)."""


class UpstreamUnreadable(NoAnswer, code=ErrorCode.UPSTREAM_UNREADABLE):
    """The response could not be parsed."""


class UploadFailed(NoAnswer, code=ErrorCode.UPLOAD_FAILED):
    """A file could not be uploaded; no task was submitted."""


class SubmitUnconfirmed(NoAnswer, code=ErrorCode.SUBMIT_UNCONFIRMED):
    """The response to a submission was lost: look up `task_id` to find out if it was accepted."""


class TaskFailed(JimengError):
    """The task ended without a result."""


class GenerationFailed(TaskFailed, code=ErrorCode.GENERATION_FAILED):
    """The upstream could not generate the result."""


class GenerationTimeout(TaskFailed, code=ErrorCode.GENERATION_TIMEOUT):
    """The task passed the upstream's own deadline unfinished."""


class WaitTimeout(JimengError, TimeoutError, code=ErrorCode.WAIT_TIMEOUT):
    """The timeout of a wait passed; the task is still running: look up `task_id` later."""
