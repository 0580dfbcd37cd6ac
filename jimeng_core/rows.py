"""The result of a look-up, and the flat row of it that every door returns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from .catalog import catalog
from .errors import JimengError
from .pasted_text import excerpt
from .requests import ImageRequest
from .tasks import Completed, CompletedImages, Ended, Failed, Failure, Queue, Task, Video


class RowError(TypedDict):
    """The `error` of a row."""

    code: str
    message: str
    upstream_code: str | None
    retryable: bool


class RowCost(TypedDict):
    """The `cost` of a row."""

    amount: float
    unit: str


class Row(TypedDict):
    """The flat JSON object that every door returns for one id (contract 3)."""

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
    resolution: str | None
    ratio: str | None
    fps: float | None
    seed: int | None
    width: int | None
    height: int | None
    last_frame_url: str | None
    cost: RowCost | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """The result of one look-up of one id: either `task` or `error`, never both."""

    id: str
    """As the caller wrote it."""
    task: Task | None
    error: JimengError | None
    """Why the look-up failed; says nothing about the task."""
    checked_at: datetime
    """The time of the response (UTC)."""

    @property
    def ended(self) -> Ended | None:
        """The task if it has ended."""
        return self.task if isinstance(self.task, Ended) else None

    @property
    def unfinished(self) -> bool:
        """Whether another look-up can differ: the task is running, or the error is retryable."""
        return self.error.retryable if self.error else self.ended is None

    def row(self, *, chinese: bool = False) -> Row:
        """The row; its error message is in English unless `chinese`."""
        return build_row(self.id, self.task, self.error, self.checked_at, chinese=chinese)


def build_row(
    task_id: str | None,
    task: Task | None,
    error: JimengError | None,
    checked_at: datetime,
    *,
    chinese: bool = False,
) -> Row:
    """The row of a look-up, or of a submission.

    `task_id` is None only for a submission that was refused before it had an id.
    """
    request = task.request if task else None
    video = task.video if isinstance(task, Completed) else None
    images = task.images if isinstance(task, CompletedImages) else ()
    result = video or next(iter(images), None)
    done = task if isinstance(task, Completed | CompletedImages) else None
    cost = done.cost if done else None
    queue = (task.queue if task else None) or Queue()
    reason = task.failure if isinstance(task, Failed) else error
    return {
        "id": None if task_id is None else excerpt(task_id),
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
        "error": _row_error(reason, chinese=chinese) if reason else None,
        "created_at": _iso(task.created_at) if task else None,
        "completed_at": _iso(done.completed_at) if done else None,
        "prompt": request.prompt if request else None,
        "model": _model(task),
        "duration_seconds": _length(task, video),
        "checked_at": checked_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "resolution": excerpt(request.resolution) if request and request.resolution else None,
        "ratio": excerpt(request.ratio) if request and request.ratio else None,
        "fps": _fps(task, video),
        "seed": request.seed if request else None,
        "width": result.width if result else None,
        "height": result.height if result else None,
        "last_frame_url": video.last_frame_url if video else None,
        "cost": {"amount": cost.amount, "unit": cost.unit} if cost else None,
    }


def _model(task: Task | None) -> str | None:
    """The model's name in the catalogue, else the upstream's key."""
    key = task.request.model if task and task.request else None
    return excerpt(catalog().public_name(key)) if key else None


def _length(task: Task | None, video: Video | None) -> float | None:
    """The video's length where it is known, else the requested one."""
    if video and video.duration_seconds is not None:
        return video.duration_seconds
    request = task.request if task else None
    return None if request is None or isinstance(request, ImageRequest) else request.duration


def _fps(task: Task | None, video: Video | None) -> float | None:
    """The video's frames per second where they are known, else the requested ones."""
    request = task.request if task else None
    requested = None if request is None or isinstance(request, ImageRequest) else request.fps
    fps = video.fps if video and video.fps is not None else requested
    return int(fps) if fps is not None and float(fps).is_integer() else fps


def _row_error(reason: Failure | JimengError, *, chinese: bool) -> RowError:
    return {
        "code": reason.code.value,
        "message": reason.message_zh if chinese else reason.message,
        "upstream_code": reason.upstream_code,
        "retryable": reason.retryable,
    }


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat(timespec="milliseconds") if time else None
