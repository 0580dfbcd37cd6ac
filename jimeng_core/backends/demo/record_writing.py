"""The record of a demo task, shaped like the real site's (protocol 9.1). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jimeng_core.backends.web import wire

from .faults.prompt_faults import PROMPT_FAULTS, PromptFault
from .store import DemoTask

WAIT_SECONDS: Final = 3.0
"""How long a task waits at pace 1, as a visitor should see a queue."""


WORK_SECONDS: Final = 7.0
"""How long it runs after that at pace 1, unless rendering takes longer."""


POLL_SECONDS: Final = 2


_LAST_STATUS: Final = {"end": 30, "deadline": 42, "no_url": 50, "deleted": 100}
"""The status in which a task with a fault stays."""


_RENDER_FAILED: Final = PromptFault("end", "2002", "demo_render_failed")


@dataclass(frozen=True, slots=True)
class RecordView:
    """What a record shows besides the task itself.

    Attributes:
        now: Unix seconds.
        ahead: Tasks to be rendered before this one; 0 while it is rendered; None: not in the queue.
        queue_length: Tasks in the queue.
        video_url: Where its video is, once it is rendered.
        cover_url: Where its poster is.
        image_urls: Where its images are, once they are drawn; empty for a video.
    """

    now: float
    ahead: int | None
    queue_length: int
    video_url: str
    cover_url: str
    image_urls: Sequence[str] = ()


def record(task: DemoTask, view: RecordView) -> dict[str, Any]:
    """The record of a task at a moment."""
    status, fault = _status(task, view)
    end = _end(task)
    finish_time = int(end) if status in (wire.STATUS_COMPLETED, *wire.STATUS_FAILED) else 0
    items: list[dict[str, Any]] = []
    if status == wire.STATUS_COMPLETED:
        if fault and fault.at == "no_url":
            finish_time = int(view.now - wire.URL_GRACE.total_seconds() - 60)
        else:
            items = [_image(task, url) for url in view.image_urls] or [_video(task, view)]
    return {
        "generate_type": _type(task),
        "history_record_id": task.history_id,
        "origin_history_record_id": task.history_id,
        "submit_id": task.submit_id,
        "created_time": task.created,
        "status": status,
        "task": {
            "task_id": task.history_id,
            "submit_id": task.submit_id,
            "aid": 0,
            "status": status,
            "finish_time": finish_time,
            "history_id": task.history_id,
        },
        "queue_info": {
            "queue_idx": view.ahead or 0,
            "queue_length": view.queue_length,
            "queue_status": 1 if status in wire.STATUS_PENDING else 2,
            "polling_config": {
                "interval_seconds": POLL_SECONDS,
                "timeout_seconds": _deadline(task, fault),
            },
        },
        "forecast_queue_cost": WAIT_SECONDS * task.pace,
        "forecast_generate_cost": WORK_SECONDS * task.pace,
        "fail_code": fault.upstream_code if fault and status in wire.STATUS_FAILED else "",
        "fail_starling_key": fault.key if fault and status in wire.STATUS_FAILED else "",
        "total_image_count": task.order.count,
        "finished_image_count": len(items) if task.order.count else 0,
        "item_list": items,
        "origin_item_list": [],
        "draft_content": task.draft_content,
        "metrics_extra": task.metrics_extra,
    }


def _status(task: DemoTask, view: RecordView) -> tuple[int, PromptFault | None]:
    """The site's status number, and the failure that is shown with it."""
    fault = PROMPT_FAULTS[task.fault] if task.fault else _RENDER_FAILED if task.broken else None
    if task.deleted:
        return wire.STATUS_DELETED, fault
    if view.now < task.created + WAIT_SECONDS * task.pace or (task.finished is None and view.ahead):
        return 20, fault
    if task.finished is None or view.now < _end(task):
        return 42, fault
    return _LAST_STATUS[fault.at] if fault else wire.STATUS_COMPLETED, fault


def _end(task: DemoTask) -> float:
    """When the task ends: not before its pace, not before it is rendered."""
    paced = task.created + (WAIT_SECONDS + WORK_SECONDS) * task.pace
    return max(paced, task.finished or 0)


def _deadline(task: DemoTask, fault: PromptFault | None) -> float:
    if fault and fault.at == "deadline":
        return max((WAIT_SECONDS + WORK_SECONDS) * task.pace, 0.001)
    return wire.TASK_DEADLINE.total_seconds()


def _type(task: DemoTask) -> int:
    """`generate_type`: a video, images from words, or images from pictures."""
    if task.order.mode != "image":
        return 10
    return 12 if task.order.shots else 1


def _attributes(task: DemoTask, cover_url: str) -> dict[str, Any]:
    return {"id": task.history_id, "effect_type": 53, "cover_url": cover_url, "status": 144}


def _image(task: DemoTask, url: str) -> dict[str, Any]:
    width, height = task.order.size
    large = {"image_url": url, "width": width, "height": height, "format": "jpeg"}
    return {"common_attr": _attributes(task, url), "image": {"large_images": [large]}}


def _video(task: DemoTask, view: RecordView) -> dict[str, Any]:
    width, height = task.order.size
    return {
        "common_attr": _attributes(task, view.cover_url),
        "video": {
            "video_id": task.submit_id,
            "duration_ms": task.order.seconds * 1000,
            "cover_url": view.cover_url,
            "has_audio": False,
            "origin_video": None,
            "transcoded_video": {
                "origin": {
                    "video_url": view.video_url,
                    "width": width,
                    "height": height,
                    "fps": task.order.fps,
                }
            },
        },
    }
