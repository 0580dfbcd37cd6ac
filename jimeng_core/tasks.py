"""What comes back: a task in one of four states, a look-up, and the row of every door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from .error_codes import ERROR_TEXTS, ErrorCode
from .requests import AnyRequest, Mode, RequestEcho


class TaskState(StrEnum):
    """What happened to the task; a failed look-up is no state of it."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class ProgressSource(StrEnum):
    """Where a `progress` comes from."""

    UPSTREAM = "upstream"
    """Told by the upstream; the end of a task is."""
    ESTIMATE = "estimate"
    """Reckoned from the time that passed against the upstream's forecast."""
    QUEUE = "queue"
    """Waiting: always 0, see `queue`."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The place in the upstream's queue; a value that it does not tell is None."""

    position: int | None = None
    """Tasks ahead, as the upstream counts them."""
    length: int | None = None
    """Tasks in the queue."""


@dataclass(frozen=True, slots=True)
class Video:
    """The result of a completed task."""

    url: str
    """Opens as it is, until `expires_at`; ask for the task again for a fresh one."""
    cover_url: str | None = None
    """A still picture (the poster)."""
    expires_at: datetime | None = None
    """When `url` stops to work, where the URL tells (protocol 9.1: days on the site)."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    duration_seconds: float | None = None
    fps: float | None = None
    """Frames a second."""


@dataclass(frozen=True, slots=True)
class Image:
    """One of the results of a completed image task."""

    url: str
    """Opens as it is, until `expires_at`; ask for the task again for a fresh one."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    expires_at: datetime | None = None
    """When `url` stops to work, where the URL tells (protocol 9.1: weeks on the site)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task ended without a result."""

    code: ErrorCode
    message: str
    message_zh: str
    upstream_code: str | None
    """The upstream's own code or key, as text."""
    retryable: bool
    """Whether submitting the same again can help."""

    @classmethod
    def of(cls, code: ErrorCode, upstream_code: str | None = None) -> "Failure":
        """The failure of a code, in the code's own words."""
        sentence = ERROR_TEXTS[code]
        return cls(code, sentence.en, sentence.zh, upstream_code, sentence.retryable)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    state: ClassVar[TaskState]

    id: str
    """What the caller keeps, and asks with later."""
    mode: Mode | None
    """None where a record seen for the first time does not tell."""
    created_at: datetime | None
    """When the upstream took the task (UTC)."""
    request: AnyRequest | RequestEcho | None = None
    """The request that was submitted, or what the upstream's record tells of it."""
    queue: Queue | None = None
    eta_seconds: int | None = None
    """Seconds until the end by the upstream's forecast, where it makes one."""
    upstream_code: str | None = None
    """The upstream's status, where its meaning is not known here."""
    poll_seconds: float | None = None
    """How often the upstream wants to be asked, in seconds, where it tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(_Task):
    """The task waits its turn."""

    state = TaskState.PENDING
    progress: Literal[0] = 0
    progress_source: ProgressSource = ProgressSource.QUEUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing(_Task):
    """The task is being worked on."""

    state = TaskState.PROCESSING
    progress: int
    """0 to 99."""
    progress_source: ProgressSource = ProgressSource.ESTIMATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(_Task):
    """The task ended, and its video is there."""

    state = TaskState.COMPLETED
    video: Video
    completed_at: datetime | None
    """When the upstream finished (UTC), where it tells."""
    progress: Literal[100] = 100
    progress_source: ProgressSource = ProgressSource.UPSTREAM


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedImages(_Task):
    """The task ended, and its images are there."""

    state = TaskState.COMPLETED
    images: tuple[Image, ...]
    """At least one: the upstream's review can hold some back."""
    completed_at: datetime | None
    """When the upstream finished (UTC), where it tells."""
    progress: Literal[100] = 100
    progress_source: ProgressSource = ProgressSource.UPSTREAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Task):
    """The task ended without a result."""

    state = TaskState.FAILED
    failure: Failure
    progress: Literal[0] = 0
    progress_source: ProgressSource = ProgressSource.UPSTREAM


Ended = Completed | CompletedImages | Failed
Task = Pending | Processing | Ended
