"""The result of a look-up, and the flat row that every door returns for it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from .catalog import catalog
from .errors import JimengError
from .requests import ImageRequest
from .tasks import Completed, CompletedImages, Ended, Failed, Failure, Queue, Task, Video


class RowError(TypedDict):
    """The `error` of a row."""

    code: str
    message: str
    upstream_code: str | None
    retryable: bool


class Row(TypedDict):
    """The flat JSON object that every door gives for one id (contract 3)."""

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

    @property
    def ended(self) -> Ended | None:
        """The task if it has ended."""
        return self.task if isinstance(self.task, Ended) else None

    @property
    def unfinished(self) -> bool:
        """Whether another look-up can bring news: the task is running, or the error may pass."""
        return self.error.retryable if self.error else self.ended is None

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
