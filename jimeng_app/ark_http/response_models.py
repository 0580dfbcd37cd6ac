"""Tasks in Ark's shape, with the row's fields beside Ark's. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, Field, create_model

from jimeng_core import ErrorCode, Lookup, Row, TaskState
from jimeng_core.tasks import Completed, CompletedImages, Task

STATUSES: Mapping[TaskState, str] = {
    TaskState.PENDING: "queued",
    TaskState.PROCESSING: "running",
    TaskState.COMPLETED: "succeeded",
    TaskState.FAILED: "failed",
}
"""Ark's words for the states."""

UnixSeconds = Annotated[int, Field(description="Unix time in seconds.")]


class Content(BaseModel):
    """What a task made."""

    video_url: Annotated[str, Field(description="Opens as it is, without a credential.")]


class TaskError(BaseModel):
    """Why a task failed."""

    code: ErrorCode
    message: str
    upstream_code: str | None
    retryable: bool


class ArkTask(BaseModel):
    """A task as Ark tells it. What is not known is null."""

    id: Annotated[str, Field(description="What to ask with later.")]
    model: str | None
    status: Annotated[str, Field(description="`queued`, `running`, `succeeded` or `failed`.")]
    content: Annotated[Content | None, Field(description="Only of a task that succeeded.")]
    error: Annotated[TaskError | None, Field(description="Only of a task that failed.")]
    usage: Annotated[None, Field(description="Tokens, which are not counted here.")] = None
    created_at: UnixSeconds | None
    updated_at: Annotated[
        UnixSeconds, Field(description="When it ended, where that is known; else when we asked.")
    ]
    seed: int | None
    resolution: str | None
    ratio: str | None
    duration: Annotated[int | None, Field(description="Whole seconds.")]
    framespersecond: int | None


_FIELDS_BESIDE: dict[str, Any] = {
    name: (kind, ...)
    for name, kind in get_type_hints(Row).items()
    if name not in ArkTask.model_fields
}

TaskRecord: type[ArkTask] = create_model(
    "TaskRecord",
    __base__=ArkTask,
    __doc__="A task: Ark's fields, and beside them those that every door here tells.",
    **_FIELDS_BESIDE,
)
"""The answer of this door for one task: where Ark and the row share a name, Ark's form stands."""


class FailedLookup(BaseModel):
    """Why nothing can be told of an id."""

    id: str
    code: ErrorCode
    message: str


class TaskList(BaseModel):
    """A page of the tasks that were asked for."""

    total: Annotated[int, Field(description="Entries on all pages, items and errors alike.")]
    items: list[TaskRecord]  # type: ignore[valid-type]
    errors: Annotated[
        list[FailedLookup],
        Field(description="The ids whose look-up failed; says nothing of their tasks."),
    ]


def build_record(found: Lookup, *, chinese: bool) -> ArkTask:
    """The record of a look-up that has a task, whose links are whole.

    Args:
        found: The look-up.
        chinese: Whether the error's sentence is to be the Chinese one.
    """
    task, row = found.task, found.row(chinese=chinese)
    assert task is not None  # noqa: S101 - said above
    request = task.request
    ark = {
        "model": row["model"],
        "status": STATUSES[task.state],
        "content": {"video_url": row["video_url"]} if row["video_url"] else None,
        "created_at": _seconds(task.created_at),
        "updated_at": _seconds(_ended(task) or found.checked_at),
        "seed": getattr(request, "seed", None),
        "resolution": getattr(request, "resolution", None),
        "ratio": getattr(request, "ratio", None),
        "duration": _whole(getattr(request, "duration", None), row["duration_seconds"]),
        "framespersecond": _fps(task),
    }
    return TaskRecord(**{**row, **ark})


def _ended(task: Task) -> datetime | None:
    return task.completed_at if isinstance(task, Completed | CompletedImages) else None


def _fps(task: Task) -> int | None:
    video = task.video if isinstance(task, Completed) else None
    return _whole(video.fps if video else None, getattr(task.request, "fps", None))


def _whole(*values: float | None) -> int | None:
    """The first value that is known, as a whole number."""
    return next((round(value) for value in values if value is not None), None)


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
