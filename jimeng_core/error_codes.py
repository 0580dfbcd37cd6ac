"""The codes of everything that can go wrong, and the sentence of each.

`jimeng_core.errors` has the tree of exceptions that goes with them.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """The codes that every door uses. Each has one exception class and one `ErrorText`."""

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
class ErrorText:
    """What a code means and what to do next, in both languages."""

    en: str
    zh: str
    retryable: bool = False
    """Whether doing the same again can help."""
    charged: bool = False
    """Whether credits may be gone: the task was accepted, or may have been."""


ERROR_TEXTS: dict[ErrorCode, ErrorText] = {
    ErrorCode.INVALID_REQUEST: ErrorText(
        "The request cannot be sent as it is; change the field that is named and submit again.",
        "请求不能这样发送，请修改所指出的字段后再提交。",
    ),
    ErrorCode.INVALID_TASK_ID: ErrorText(
        "This is not a task id; copy the whole id that the submission gave back.",
        "这不是任务 ID，请完整复制提交时得到的 ID。",
    ),
    ErrorCode.NOT_FOUND: ErrorText(
        "No task has this id here; check the id, or use the account that submitted it.",
        "这里没有该 ID 的任务，请核对 ID，或改用提交它的账号查询。",
    ),
    ErrorCode.EXPIRED: ErrorText(
        "The record of this task is gone (deleted, or kept no longer), unless it belongs to"
        " another account; submit it again if you still need the video.",
        "该任务的记录已过期或被删除，也可能属于另一个账号；如仍需要视频，请重新提交。",
        charged=True,
    ),
    ErrorCode.UNAUTHORIZED: ErrorText(
        "The credential is missing, wrong or expired; log in to JiMeng again and give the new"
        " session token.",
        "登录凭证缺失、错误或已过期，请重新登录即梦并填写新的 sessionid。",
    ),
    ErrorCode.INSUFFICIENT_CREDITS: ErrorText(
        "The account has not enough credits; top up, or choose a shorter or cheaper model.",
        "账号积分不足，请充值，或选择更短的时长、更便宜的模型。",
    ),
    ErrorCode.PERMISSION_DENIED: ErrorText(
        "The account may not do this; check its membership and the model it may use.",
        "账号没有此权限，请检查会员等级和可用的模型。",
    ),
    ErrorCode.RISK_CONTROL: ErrorText(
        "The site's risk control stopped the request and nothing was sent again; make one video in"
        " the browser with the same account, wait, then submit again.",
        "被网站风控拦截，没有自动重试；请用同一账号在浏览器里生成一次，稍后再提交。",
    ),
    ErrorCode.RATE_LIMITED: ErrorText(
        "Too many requests at once; wait a minute and try again.",
        "请求过于频繁，请一分钟后再试。",
        retryable=True,
    ),
    ErrorCode.TOO_MANY_RUNNING: ErrorText(
        "Too many tasks are waiting or running; submit again when one has ended.",
        "排队或生成中的任务过多，请等其中一个结束后再提交。",
        retryable=True,
    ),
    ErrorCode.DAILY_LIMIT: ErrorText(
        "The account has reached its limit for today; submit again tomorrow.",
        "账号今日的生成次数已用完，请明天再提交。",
    ),
    ErrorCode.CONTENT_REFUSED: ErrorText(
        "The content review refused the prompt or the result; change the words and submit again.",
        "内容审核未通过，请修改提示词后重新提交。",
        charged=True,
    ),
    ErrorCode.IMAGE_REJECTED: ErrorText(
        "A picture was refused; use another picture (JPEG, PNG or WebP, no real faces).",
        "图片未被接受，请换一张图片（JPEG、PNG 或 WebP，不含真人面部）。",
        charged=True,
    ),
    ErrorCode.UPLOAD_FAILED: ErrorText(
        "A picture could not be uploaded and nothing was submitted; submit again.",
        "图片上传失败，任务没有提交，请重新提交。",
        retryable=True,
    ),
    ErrorCode.UPSTREAM_ERROR: ErrorText(
        "The upstream answered with an error of its own; try again in a few minutes.",
        "上游服务返回错误，请几分钟后再试。",
        retryable=True,
    ),
    ErrorCode.UPSTREAM_UNREADABLE: ErrorText(
        "The upstream's answer could not be read; try again, and report it if it stays.",
        "无法读懂上游服务的回答，请再试一次；若一直如此请反馈。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.NETWORK_ERROR: ErrorText(
        "The upstream could not be reached; the task itself is not affected, ask again.",
        "连接不到上游服务，任务本身不受影响，请稍后再查询。",
        retryable=True,
    ),
    ErrorCode.SUBMIT_UNCONFIRMED: ErrorText(
        "The answer to the submission was lost and the task may exist; look it up by its id before"
        " you submit again.",
        "提交后没有收到回应，任务可能已经存在；请先用该 ID 查询，不要重复提交。",
        charged=True,
    ),
    ErrorCode.GENERATION_FAILED: ErrorText(
        "The upstream could not make this video; submit again or change the input.",
        "上游没能生成这个视频，请重新提交或修改输入。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.GENERATION_TIMEOUT: ErrorText(
        "The upstream did not finish within its own deadline; submit again.",
        "上游在规定时间内没有完成生成，请重新提交。",
        retryable=True,
        charged=True,
    ),
    ErrorCode.WAIT_TIMEOUT: ErrorText(
        "The task is still going on; ask for it later by its id.",
        "任务仍在进行，请稍后用任务 ID 查询。",
        retryable=True,
        charged=True,
    ),
}
