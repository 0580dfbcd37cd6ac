"""JiMeng (Seedance) videos: submit, get a task id at once, ask for one or many later."""

import sys
from typing import TYPE_CHECKING

from .lazy_names import load_from

if TYPE_CHECKING:
    from .ark_options import ArkOptions
    from .backends.base import Credits, Price
    from .client import AsyncJimeng
    from .clock import Clock, SystemClock
    from .error_codes import ErrorCode
    from .errors import (
        ContentRefused,
        DailyLimit,
        Expired,
        GenerationFailed,
        GenerationTimeout,
        ImageRejected,
        InsufficientCredits,
        InvalidRequest,
        InvalidTaskId,
        JimengError,
        NetworkError,
        NoAnswer,
        NoSuchTask,
        NotFound,
        PermissionDenied,
        Problem,
        RateLimited,
        Refused,
        RiskControl,
        SubmitUnconfirmed,
        TaskFailed,
        TooManyRunning,
        Unauthorized,
        UploadFailed,
        UpstreamError,
        UpstreamUnreadable,
        WaitTimeout,
    )
    from .ids import new_task_id
    from .requests import (
        FirstLastFrame,
        Frame,
        ImageRequest,
        Mode,
        MultiFrame,
        Picture,
        SubjectReference,
        VideoRequest,
    )
    from .rows import Lookup, Row, build_row
    from .settings import BackendName, Settings, load_settings
    from .submissions import PreparedRequest
    from .sync_client import Jimeng
    from .tasks import (
        Completed,
        CompletedImages,
        Cost,
        Failed,
        Failure,
        Image,
        Pending,
        Processing,
        ProgressSource,
        Queue,
        RequestEcho,
        Task,
        TaskState,
        Video,
    )

__all__ = [
    "ArkOptions",
    "AsyncJimeng",
    "BackendName",
    "Clock",
    "Completed",
    "CompletedImages",
    "ContentRefused",
    "Cost",
    "Credits",
    "DailyLimit",
    "ErrorCode",
    "Expired",
    "Failed",
    "Failure",
    "FirstLastFrame",
    "Frame",
    "GenerationFailed",
    "GenerationTimeout",
    "Image",
    "ImageRejected",
    "ImageRequest",
    "InsufficientCredits",
    "InvalidRequest",
    "InvalidTaskId",
    "Jimeng",
    "JimengError",
    "Lookup",
    "Mode",
    "MultiFrame",
    "NetworkError",
    "NoAnswer",
    "NoSuchTask",
    "NotFound",
    "Pending",
    "PermissionDenied",
    "Picture",
    "PreparedRequest",
    "Price",
    "Problem",
    "Processing",
    "ProgressSource",
    "Queue",
    "RateLimited",
    "Refused",
    "RequestEcho",
    "RiskControl",
    "Row",
    "Settings",
    "SubjectReference",
    "SubmitUnconfirmed",
    "SystemClock",
    "Task",
    "TaskFailed",
    "TaskState",
    "TooManyRunning",
    "Unauthorized",
    "UploadFailed",
    "UpstreamError",
    "UpstreamUnreadable",
    "Video",
    "VideoRequest",
    "WaitTimeout",
    "build_row",
    "load_settings",
    "new_task_id",
]

_MODULES = (
    *("errors", "error_codes", "clock", "ids", "requests", "settings", "tasks", "rows"),
    *("backends.base", "client", "sync_client", "submissions", "ark_options"),
)
"""Where the names are; modules that load less come first. None is loaded before a name is used."""

# httpx is imported in half of the time without its command line, which nothing here uses.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


__getattr__ = load_from(__name__, __all__, _MODULES)


def __dir__() -> list[str]:
    return __all__
