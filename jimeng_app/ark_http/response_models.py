"""Responses: a task with Ark's fields and the row's, a list of tasks, and errors."""

from datetime import datetime
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from jimeng_core import ErrorCode, Lookup, Row, TaskState
from jimeng_core.rows import RowCost

STATUSES = {
    TaskState.PENDING: "queued",
    TaskState.PROCESSING: "running",
    TaskState.COMPLETED: "succeeded",
    TaskState.FAILED: "failed",
}
"""Ark's names of the states."""


class _ResponseModel(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Content(_ResponseModel):
    """The result of a task."""

    video_url: str
    """Can be fetched without a credential."""
    last_frame_url: str | None
    """Only where `return_last_frame` was asked of Ark."""


class Usage(_ResponseModel):
    """What a task cost, where the upstream counts tokens."""

    completion_tokens: int
    total_tokens: int


class Charge(_ResponseModel):
    """What the upstream says that a task cost."""

    amount: int | float
    unit: str
    """`tokens` of Ark, `credits` of the site."""


class TaskError(_ResponseModel):
    """Why a task failed."""

    code: ErrorCode
    message: str
    """One sentence, in Chinese if the first language of `Accept-Language` is Chinese."""
    upstream_code: str | None
    """The upstream's own code."""
    retryable: bool
    """Whether repeating the request can succeed."""


class ErrorDetail(TaskError):
    """Why a request failed, and what to do next."""

    type: str
    """The name of the HTTP status, as Ark writes it."""
    param: str | None
    """The field to change, if the error is about one."""
    message_zh: str
    id: str | None
    """The id of the task. After `submit_unconfirmed`, look it up before anything else."""


class ErrorBody(_ResponseModel):
    """The body of every response that reports an error."""

    error: ErrorDetail


class ArkTask(_ResponseModel):
    """A task with Ark's fields. Unknown values are null."""

    id: str
    """The id for later look-ups."""
    model: str | None
    status: str
    """`queued`, `running`, `succeeded` or `failed`."""
    content: Content | None
    """Only of a task that succeeded."""
    error: TaskError | None
    """Only of a task that failed."""
    usage: Usage | None
    """Only of a task that Ark itself made."""
    cost: Charge | None
    created_at: int | None
    """Unix time in seconds."""
    updated_at: int
    """Unix time in seconds: when the task ended, if that is known, else when it was looked up."""
    seed: int | None
    resolution: str | None
    ratio: str | None
    duration: int | None
    """Whole seconds."""
    framespersecond: int | None


_ROW_FIELDS: dict[str, Any] = {
    name: (kind, ...)
    for name, kind in get_type_hints(Row).items()
    if name not in ArkTask.model_fields
}

TaskRecord: type[ArkTask] = create_model(
    "TaskRecord",
    __base__=ArkTask,
    __doc__="A task: Ark's fields, and the fields that every door returns.",
    **_ROW_FIELDS,
)
"""A task in a response. A field that both Ark and the row have is Ark's."""


class FailedLookup(_ResponseModel):
    """Why the look-up of an id failed."""

    id: str
    code: ErrorCode
    message: str


class TaskList(_ResponseModel):
    """One page of the requested tasks."""

    total: int
    """The number of entries on all pages, `items` and `errors` together."""
    items: list[TaskRecord]  # type: ignore[valid-type]
    errors: list[FailedLookup]
    """The ids whose look-up failed, which says nothing about their tasks."""


def build_record(lookup: Lookup, *, chinese: bool) -> ArkTask:
    """The record of a look-up that has a task and absolute URLs; `chinese`: of its error."""
    row, task = lookup.row(chinese=chinese), lookup.task
    assert task is not None  # noqa: S101 - see above
    request = task.request
    ended_at = getattr(task, "completed_at", None) or lookup.checked_at
    fps = getattr(getattr(task, "video", None), "fps", None)
    ark = {
        "status": STATUSES[task.state],
        "content": {"video_url": row["video_url"], "last_frame_url": row["last_frame_url"]}
        if row["video_url"]
        else None,
        "usage": _usage(row["cost"]),
        "created_at": _unix_seconds(task.created_at),
        "updated_at": _unix_seconds(ended_at),
        "seed": getattr(request, "seed", None),
        "resolution": getattr(request, "resolution", None),
        "ratio": getattr(request, "ratio", None),
        "duration": _round(getattr(request, "duration", None), row["duration_seconds"]),
        "framespersecond": _round(fps, getattr(request, "fps", None)),
    }
    return TaskRecord(**{**row, **ark})


def _usage(cost: RowCost | None) -> dict[str, int] | None:
    if cost is None or cost["unit"] != "tokens":
        return None
    return dict.fromkeys(Usage.model_fields, int(cost["amount"]))


def _round(*values: float | None) -> int | None:
    """The first known value, rounded."""
    return next((round(value) for value in values if value is not None), None)


def _unix_seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
