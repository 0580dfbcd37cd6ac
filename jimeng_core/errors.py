"""Everything that can go wrong, as one tree of exceptions and one table of codes.

    JimengError
    ├── InvalidRequest            invalid_request        also a ValueError
    ├── InvalidTaskId             invalid_task_id        also a ValueError
    ├── NoSuchTask                                       the upstream has no record for the id
    │   ├── NotFound              not_found
    │   └── Expired               expired
    ├── Refused                                          the upstream understood and said no
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
    │   └── SubmitUnconfirmed     submit_unconfirmed     may have been accepted: ask again by its id
    ├── TaskFailed                                       the task itself ended without a video
    │   ├── GenerationFailed      generation_failed
    │   └── GenerationTimeout     generation_timeout
    └── WaitTimeout               wait_timeout           also a TimeoutError; the task goes on

A failed *look-up* raises one of these. A failed *task* is not raised: it comes back as
`jimeng_core.tasks.Failed`, whose `failure.code` is a code of the same table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .error_codes import ERROR_TEXTS, ErrorCode


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change before a request may be sent."""

    field: str
    """Where: `prompt`, `duration`, `frames[2].image`."""
    code: ErrorCode
    message: str
    message_zh: str


class JimengError(Exception):
    """The root: catch this to catch everything that this library raises on purpose.

    Attributes:
        code: What happened, from `ErrorCode`.
        message: One English sentence that says what to do next.
        message_zh: The same in Chinese.
        upstream_code: The upstream's own code as text, where it gave one.
        retryable: Whether doing the same again can help.
        task_id: The task this is about, where there is one.
    """

    code: ClassVar[ErrorCode]

    def __init__(
        self,
        message: str | None = None,
        message_zh: str | None = None,
        *,
        upstream_code: str | None = None,
        task_id: str | None = None,
    ) -> None:
        sentence = ERROR_TEXTS[self.code]
        self.message = message or sentence.en
        self.message_zh = message_zh or sentence.zh
        self.upstream_code = upstream_code
        self.task_id = task_id
        self.retryable = sentence.retryable
        super().__init__(self.message)

    def about(self, task_id: str) -> "JimengError":
        """The same error, said of one task (a fresh object: one error can stand for many ids)."""
        return type(self)(
            self.message, self.message_zh, upstream_code=self.upstream_code, task_id=task_id
        )


class InvalidRequest(JimengError, ValueError):
    """The request breaks a rule that is known here; nothing was sent.

    Attributes:
        problems: Each `Problem` that was found, the one that speaks first.
    """

    code = ErrorCode.INVALID_REQUEST

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


class InvalidTaskId(JimengError, ValueError):
    """The text has the shape of no task id; no request was made for it."""

    code = ErrorCode.INVALID_TASK_ID


class NoSuchTask(JimengError):
    """The upstream answered, and has no record for the id."""


class NotFound(NoSuchTask):
    """The upstream does not know the id."""

    code = ErrorCode.NOT_FOUND


class Expired(NoSuchTask):
    """The record was deleted, or is older than the upstream keeps records."""

    code = ErrorCode.EXPIRED


class Refused(JimengError):
    """The upstream understood the request and said no."""


class Unauthorized(Refused):
    """No credential, or one that the upstream no longer takes."""

    code = ErrorCode.UNAUTHORIZED


class InsufficientCredits(Refused):
    """The balance does not cover the task."""

    code = ErrorCode.INSUFFICIENT_CREDITS


class PermissionDenied(Refused):
    """The account lacks the right, for this model say."""

    code = ErrorCode.PERMISSION_DENIED


class RiskControl(Refused):
    """The site took the request for a machine's. Never retried here."""

    code = ErrorCode.RISK_CONTROL


class RateLimited(Refused):
    """Too many requests in a short time.

    Attributes:
        retry_after: Seconds after which the upstream wants to be asked again, where it told.
    """

    code = ErrorCode.RATE_LIMITED
    retry_after: float | None = None

    def about(self, task_id: str) -> JimengError:
        """The same error, said of one task, with the same pause."""
        fresh = super().about(task_id)
        assert isinstance(fresh, RateLimited)  # noqa: S101 - it is of this very class
        fresh.retry_after = self.retry_after
        return fresh


class TooManyRunning(Refused):
    """Too many tasks of this account wait or run."""

    code = ErrorCode.TOO_MANY_RUNNING


class DailyLimit(Refused):
    """The account's allowance for the day is used up."""

    code = ErrorCode.DAILY_LIMIT


class ContentRefused(Refused):
    """The prompt or the result did not pass the content review."""

    code = ErrorCode.CONTENT_REFUSED


class ImageRejected(Refused):
    """A picture did not pass: its format, its size, or what it shows."""

    code = ErrorCode.IMAGE_REJECTED


class NoAnswer(JimengError):
    """Nothing usable came back; says nothing of the task."""


class NetworkError(NoAnswer):
    """No connection, a broken one, or no answer in time."""

    code = ErrorCode.NETWORK_ERROR


class UpstreamError(NoAnswer):
    """The upstream failed, or refused with a code that is not known here (see `upstream_code`)."""

    code = ErrorCode.UPSTREAM_ERROR


class UpstreamUnreadable(NoAnswer):
    """An answer came that has not the shape of an answer."""

    code = ErrorCode.UPSTREAM_UNREADABLE


class UploadFailed(NoAnswer):
    """A picture did not reach the upstream's store; no task was submitted."""

    code = ErrorCode.UPLOAD_FAILED


class SubmitUnconfirmed(NoAnswer):
    """The task was sent and the answer lost. `task_id` finds it if it was accepted."""

    code = ErrorCode.SUBMIT_UNCONFIRMED


class TaskFailed(JimengError):
    """The task itself ended without a result."""


class GenerationFailed(TaskFailed):
    """The upstream gave up on the task."""

    code = ErrorCode.GENERATION_FAILED


class GenerationTimeout(TaskFailed):
    """The task is unfinished past the upstream's own deadline."""

    code = ErrorCode.GENERATION_TIMEOUT


class WaitTimeout(JimengError, TimeoutError):
    """The caller's patience ended, not the task. `task_id` finds it later."""

    code = ErrorCode.WAIT_TIMEOUT


def _leaves(root: type[JimengError]) -> list[type[JimengError]]:
    below = [leaf for child in root.__subclasses__() for leaf in _leaves(child)]
    return below or [root]


ERROR_CLASSES: dict[ErrorCode, type[JimengError]] = {
    leaf.code: leaf for leaf in _leaves(JimengError)
}
"""Each code's one exception class."""


def error_for(
    code: ErrorCode, *, upstream_code: str | None = None, task_id: str | None = None
) -> JimengError:
    """The exception of a code, with the code's own sentence."""
    return ERROR_CLASSES[code](upstream_code=upstream_code, task_id=task_id)
