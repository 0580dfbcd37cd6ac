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
from enum import StrEnum
from typing import ClassVar


class ErrorCode(StrEnum):
    """The codes that every door uses. Each has one exception class and one `Sentence`."""

    INVALID_REQUEST = "invalid_request"
    INVALID_TASK_ID = "invalid_task_id"
    NOT_FOUND = "not_found"
    EXPIRED = "expired"
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_CREDITS = "insufficient_credits"
    PERMISSION_DENIED = "permission_denied"
    RISK_CONTROL = "risk_control"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_RUNNING = "too_many_running"
    DAILY_LIMIT = "daily_limit"
    CONTENT_REFUSED = "content_refused"
    IMAGE_REJECTED = "image_rejected"
    UPLOAD_FAILED = "upload_failed"
    UPSTREAM_ERROR = "upstream_error"
    UPSTREAM_UNREADABLE = "upstream_unreadable"
    NETWORK_ERROR = "network_error"
    SUBMIT_UNCONFIRMED = "submit_unconfirmed"
    GENERATION_FAILED = "generation_failed"
    GENERATION_TIMEOUT = "generation_timeout"
    WAIT_TIMEOUT = "wait_timeout"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a code means and what to do next, in both languages."""

    en: str
    zh: str
    retryable: bool = False
    """Whether doing the same again can help."""
    charged: bool = False
    """Whether credits may be gone: the task was accepted, or may have been."""


SENTENCES: dict[ErrorCode, Sentence] = {
    ErrorCode.INVALID_REQUEST: Sentence(
        "The request cannot be sent as it is; change the field that is named and submit again.",
        "请求不能这样发送，请修改所指出的字段后再提交。",
    ),
    ErrorCode.INVALID_TASK_ID: Sentence(
        "This is not a task id; copy the whole id that the submission gave back.",
        "这不是任务 ID，请完整复制提交时得到的 ID。",
    ),
    ErrorCode.NOT_FOUND: Sentence(
        "No task has this id here; check the id, or use the account that submitted it.",
        "这里没有该 ID 的任务，请核对 ID，或改用提交它的账号查询。",
    ),
    ErrorCode.EXPIRED: Sentence(
        "The record of this task is gone (deleted, or kept no longer), unless it belongs to"
        " another account; submit it again if you still need the video.",
        "该任务的记录已过期或被删除，也可能属于另一个账号；如仍需要视频，请重新提交。",
        charged=True,
    ),
    ErrorCode.UNAUTHORIZED: Sentence(
        "The credential is missing, wrong or expired; log in to JiMeng again and give the new"
        " session token.",
        "登录凭证缺失、错误或已过期，请重新登录即梦并填写新的 sessionid。",
    ),
    ErrorCode.INSUFFICIENT_CREDITS: Sentence(
        "The account has not enough credits; top up, or choose a shorter or cheaper model.",
        "账号积分不足，请充值，或选择更短的时长、更便宜的模型。",
    ),
    ErrorCode.PERMISSION_DENIED: Sentence(
        "The account may not do this; check its membership and the model it may use.",
        "账号没有此权限，请检查会员等级和可用的模型。",
    ),
    ErrorCode.RISK_CONTROL: Sentence(
        "The site's risk control stopped the request and nothing was sent again; make one video in"
        " the browser with the same account, wait, then submit again.",
        "被网站风控拦截，没有自动重试；请用同一账号在浏览器里生成一次，稍后再提交。",
    ),
    ErrorCode.RATE_LIMITED: Sentence(
        "Too many requests at once; wait a minute and try again.",
        "请求过于频繁，请一分钟后再试。",
        retryable=True,
    ),
    ErrorCode.TOO_MANY_RUNNING: Sentence(
        "Too many tasks are waiting or running; submit again when one has ended.",
        "排队或生成中的任务过多，请等其中一个结束后再提交。",
        retryable=True,
    ),
    ErrorCode.DAILY_LIMIT: Sentence(
        "The account has reached its limit for today; submit again tomorrow.",
        "账号今日的生成次数已用完，请明天再提交。",
    ),
    ErrorCode.CONTENT_REFUSED: Sentence(
        "The content review refused the prompt or the result; change the words and submit again.",
        "内容审核未通过，请修改提示词后重新提交。",
        charged=True,
    ),
    ErrorCode.IMAGE_REJECTED: Sentence(
        "A picture was refused; use another picture (JPEG, PNG or WebP, no real faces).",
        "图片未被接受，请换一张图片（JPEG、PNG 或 WebP，不含真人面部）。",
        charged=True,
    ),
    ErrorCode.UPLOAD_FAILED: Sentence(
        "A picture could not be uploaded and nothing was submitted; submit again.",
        "图片上传失败，任务没有提交，请重新提交。",
        retryable=True,
    ),
    ErrorCode.UPSTREAM_ERROR: Sentence(
        "The upstream answered with an error of its own; try again in a few minutes.",
        "上游服务返回错误，请几分钟后再试。",
        retryable=True,
    ),
    ErrorCode.UPSTREAM_UNREADABLE: Sentence(
        "The upstream's answer could not be read; try again, and report it if it stays.",
        "无法读懂上游服务的回答，请再试一次；若一直如此请反馈。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.NETWORK_ERROR: Sentence(
        "The upstream could not be reached; the task itself is not affected, ask again.",
        "连接不到上游服务，任务本身不受影响，请稍后再查询。",
        retryable=True,
    ),
    ErrorCode.SUBMIT_UNCONFIRMED: Sentence(
        "The answer to the submission was lost and the task may exist; look it up by its id before"
        " you submit again.",
        "提交后没有收到回应，任务可能已经存在；请先用该 ID 查询，不要重复提交。",
        charged=True,
    ),
    ErrorCode.GENERATION_FAILED: Sentence(
        "The upstream could not make this video; submit again or change the input.",
        "上游没能生成这个视频，请重新提交或修改输入。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.GENERATION_TIMEOUT: Sentence(
        "The upstream did not finish within its own deadline; submit again.",
        "上游在规定时间内没有完成生成，请重新提交。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.WAIT_TIMEOUT: Sentence(
        "The task is still going on; ask for it later by its id.",
        "任务仍在进行，请稍后用任务 ID 查询。",
        retryable=True,
        charged=True,
    ),
}


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
        sentence = SENTENCES[self.code]
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
