"""The task: one frozen class per state."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from .deferred import DeferredField
from .error_codes import ERROR_TEXTS, ErrorCode
from .errors import CODE_LENGTH
from .requests import AnyRequest, Mode


class TaskState(StrEnum):
    """What happened to the task; a failed look-up is not a state."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class RequestEcho(BaseModel):
    """What an upstream's record says of the request behind it; None where it says nothing."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    prompt: str | None = None
    model: str | None = None
    """The catalogue's name where it has one, else the upstream's key."""
    duration: int | None = None
    """Seconds."""
    resolution: str | None = None
    ratio: str | None = None
    fps: int | None = None
    seed: int | None = None


class ProgressSource(StrEnum):
    """The origin of a task's `progress`."""

    UPSTREAM = "upstream"
    """Reported by the upstream."""
    ESTIMATE = "estimate"
    """Estimated from the elapsed time and the upstream's forecast."""
    QUEUE = "queue"
    """The task is waiting: always 0, see `queue`."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The task's place in the upstream's queue, as far as it is known."""

    position: int | None = None
    """Tasks ahead of it, as the upstream counts them."""
    length: int | None = None
    """Tasks in the queue."""


@dataclass(frozen=True, slots=True)
class Video:
    """The video of a completed task."""

    url: str
    """Opens without a credential, until `expires_at`; a new look-up returns a new one."""
    cover_url: str | None = None
    """URL of a still picture (the poster)."""
    last_frame_url: str | None = None
    """URL of the last frame, where the upstream made one; see `AsyncJimeng.last_frame`."""
    expires_at: datetime | None = None
    """When `url` expires, where the URL says so (protocol 9.1: days on the site)."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    duration_seconds: float | None = None
    fps: float | None = None
    """Frames per second."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a completed image task."""

    url: str
    """Opens without a credential, until `expires_at`; a new look-up returns a new one."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    expires_at: datetime | None = None
    """When `url` expires, where the URL says so (protocol 9.1: weeks on the site)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the upstream says that a task cost."""

    amount: float
    unit: str
    """`tokens` of Ark, `credits` of the site."""


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

    def __post_init__(self) -> None:
        if self.upstream_code and len(self.upstream_code) > CODE_LENGTH:
            object.__setattr__(self, "upstream_code", self.upstream_code[:CODE_LENGTH])

    @classmethod
    def of(cls, code: ErrorCode, upstream_code: str | None = None) -> "Failure":
        """The failure of a code, with the code's own text."""
        text = ERROR_TEXTS[code]
        return cls(code, text.en, text.zh, upstream_code, text.retryable)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    state: ClassVar[TaskState]

    id: str
    """Identifies the task in look-ups."""
    mode: Mode | None
    """None where it is not known."""
    created_at: datetime | None
    """When the upstream accepted the task (UTC)."""
    request: AnyRequest | RequestEcho | None = None
    """The submitted request, or what the upstream's record says of it."""
    queue: Queue | None = None
    eta_seconds: int | None = None
    """Seconds until the task ends, where the upstream has a forecast."""
    upstream_code: str | None = None
    """The upstream's status, where its meaning is unknown."""
    poll_seconds: float | None = None
    """Seconds between look-ups, where the upstream suggests an interval."""


# Reading them from a record takes as long as all of the rest, and few callers ask.
for _index, _name in enumerate(("mode", "request")):
    setattr(_Task, _name, DeferredField(getattr(_Task, _name), _index))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(_Task):
    """The task is waiting."""

    state = TaskState.PENDING
    progress: Literal[0] = 0
    progress_source: ProgressSource = ProgressSource.QUEUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing(_Task):
    """The task is running."""

    state = TaskState.PROCESSING
    progress: int
    """0 to 99."""
    progress_source: ProgressSource = ProgressSource.ESTIMATE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Successful(_Task):
    state = TaskState.COMPLETED
    completed_at: datetime | None
    """When the task ended (UTC), where it is known."""
    cost: Cost | None = None
    """What it cost, where the record says so."""
    progress: Literal[100] = 100
    progress_source: ProgressSource = ProgressSource.UPSTREAM


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(_Successful):
    """The task ended with a video."""

    video: Video


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedImages(_Successful):
    """The task ended with images."""

    images: tuple[Image, ...]
    """At least one; the upstream's review can remove some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Task):
    """The task ended without a result."""

    state = TaskState.FAILED
    failure: Failure
    progress: Literal[0] = 0
    progress_source: ProgressSource = ProgressSource.UPSTREAM


Ended = Completed | CompletedImages | Failed
Task = Pending | Processing | Ended
