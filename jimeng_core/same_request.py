"""Whether a task was submitted for a request, as far as the upstream's record says.

`jimeng_core.submissions` decides with it whether a repeated id is sent again.
"""

from collections.abc import Iterator

from .catalog import catalog
from .marks import normalized
from .problems import invalid_field
from .requests import (
    ADAPTIVE,
    AnyRequest,
    FirstLastFrame,
    ImageRequest,
)
from .tasks import RequestEcho, Task


def check_same_request(task: Task, request: AnyRequest) -> None:
    """Check that an earlier task was submitted for this very request.

    What its record does not have, or the upstream chose, is not compared.

    Raises:
        InvalidRequest: It was another request.
    """
    if task.mode not in {None, request.mode}:
        field: str | None = "mode"
    else:
        echo = task.request if isinstance(task.request, RequestEcho) else RequestEcho()
        field = next(_differences(echo, request), None)
    if field:
        raise invalid_field(
            "task_id",
            f"Another request was submitted under this task_id (its {field} differs); submit this"
            " one under a new id.",
            f"该 task_id 之前提交的是另一个请求（{field} 不同），请用新的 ID 提交。",
        )


def _differences(echo: RequestEcho, request: AnyRequest) -> Iterator[str]:
    """The fields in which a record differs from a request."""
    model = catalog().public_name(request.model)
    expected = {
        "prompt": _plain(request.prompt),
        "model": None if model.startswith("ep-") else model,  # Ark's endpoint of any model
        "duration": None if isinstance(request, ImageRequest) else request.duration,
        "resolution": request.resolution,
        "ratio": None if _is_ratio_open(request) else request.ratio,
        "seed": request.seed,
    }
    recorded = echo.model_dump() | {"prompt": None if echo.prompt is None else _plain(echo.prompt)}
    for name, value in expected.items():
        if value is not None and recorded[name] is not None and recorded[name] != value:
            yield name


def _plain(prompt: str) -> str:
    """A prompt with its marks in one spelling, and without spaces."""
    return "".join(normalized(prompt).split())


def _is_ratio_open(request: AnyRequest) -> bool:
    """Whether the upstream may have chosen another ratio: that of the first picture."""
    return request.ratio == ADAPTIVE or (
        isinstance(request, FirstLastFrame) and request.first_frame is not None
    )
