"""What comes back: a task in one of four states, a look-up, and the row of every door."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Literal, TypedDict

from .catalog import catalog
from .codes import SENTENCES, ErrorCode
from .errors import JimengError
from .requests import AnyRequest, ImageRequest, Mode, RequestEcho


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
    """When `url` stops to work, where the URL tells (wire facts 9.1: days on the site)."""
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
    """When `url` stops to work, where the URL tells (wire facts 9.1: weeks on the site)."""


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
        sentence = SENTENCES[code]
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


class RowError(TypedDict):
    """The `error` of a row."""

    code: str
    message: str
    upstream_code: str | None
    retryable: bool


class Row(TypedDict):
    """The flat JSON object that every door gives for one id (contract, section 3)."""

    id: str | None
    mode: str | None
    state: str | None
    progress: int | None
    progress_source: str | None
    queue_position: int | None
    queue_length: int | None
    eta_seconds: int | None
    video_url: str | None
    video_url_expires_at: str | None
    image_urls: list[str] | None
    cover_url: str | None
    error: RowError | None
    created_at: str | None
    completed_at: str | None
    prompt: str | None
    model: str | None
    duration_seconds: float | None
    checked_at: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question about one id, and its outcome: either `task` or `error`, never both."""

    id: str
    """As it was asked."""
    task: Task | None
    error: JimengError | None
    """Why the question has no answer; says nothing of the task."""
    checked_at: datetime
    """When the answer came (UTC)."""

    def row(self, *, chinese: bool = False) -> Row:
        """The flat object of every door.

        Args:
            chinese: Whether the error's sentence is to be the Chinese one.
        """
        return build_row(self.id, self.task, self.error, self.checked_at, chinese=chinese)


def build_row(
    task_id: str | None,
    task: Task | None,
    error: JimengError | None,
    checked_at: datetime,
    *,
    chinese: bool = False,
) -> Row:
    """The row of a look-up or of a submission; the one place that knows its fields.

    `task_id` is None only for a submission that was refused before an id was minted.
    """
    request = task.request if task else None
    video = task.video if isinstance(task, Completed) else None
    images = task.images if isinstance(task, CompletedImages) else ()
    ended = task.completed_at if isinstance(task, Completed | CompletedImages) else None
    queue = (task.queue if task else None) or Queue()
    trouble = task.failure if isinstance(task, Failed) else error
    return {
        "id": _sendable(task_id),
        "mode": task.mode.value if task and task.mode else None,
        "state": task.state.value if task else None,
        "progress": task.progress if task else None,
        "progress_source": task.progress_source.value if task else None,
        "queue_position": queue.position,
        "queue_length": queue.length,
        "eta_seconds": task.eta_seconds if task else None,
        "video_url": video.url if video else None,
        "video_url_expires_at": _iso(video.expires_at) if video else None,
        "image_urls": [image.url for image in images] or None,
        "cover_url": video.cover_url if video else None,
        "error": _row_error(trouble, chinese=chinese) if trouble else None,
        "created_at": _iso(task.created_at) if task else None,
        "completed_at": _iso(ended),
        "prompt": request.prompt if request else None,
        "model": catalog().public_name(request.model) if request and request.model else None,
        "duration_seconds": _length(task, video),
        "checked_at": checked_at.astimezone(UTC).isoformat(timespec="milliseconds"),
    }


def _sendable(text: str | None) -> str | None:
    """A text without half a character, of which no JSON could be sent; ids come from anywhere."""
    return None if text is None else text.encode(errors="replace").decode()


def _length(task: Task | None, video: Video | None) -> float | None:
    """The video's own length when it is there, else the length that was asked for."""
    if video and video.duration_seconds is not None:
        return video.duration_seconds
    request = task.request if task else None
    return None if request is None or isinstance(request, ImageRequest) else request.duration


def _row_error(trouble: Failure | JimengError, *, chinese: bool) -> RowError:
    return {
        "code": trouble.code.value,
        "message": trouble.message_zh if chinese else trouble.message,
        "upstream_code": trouble.upstream_code,
        "retryable": trouble.retryable,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None
