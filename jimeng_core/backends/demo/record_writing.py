"""The record of a demo task, shaped like the real site's (protocol 9.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jimeng_core.backends.base import URL_GRACE
from jimeng_core.backends.web import wire

from .faults.prompt_faults import PROMPT_FAULTS, PromptFault
from .stored_task import DemoTask
from .task_timing import POLL_SECONDS, queue_seconds, total_seconds, work_seconds

_LAST_STATUS: Final = {"end": 30, "deadline": 42, "no_url": 50, "deleted": wire.STATUS_DELETED}
"""The final status of a task with a fault."""
_RENDER_FAILED: Final = PromptFault("end", "2002", "demo_render_failed")


@dataclass(frozen=True, slots=True)
class RecordView:
    """What a record shows besides the task itself.

    Attributes:
        now: Unix seconds.
        ahead: Unfinished tasks before this one, 0 while it is rendered; None when it is finished.
        queue_length: Unfinished tasks.
        urls: Of the video and its poster, or of each image.
        idle_since: When the last rendering ended, in Unix seconds: one under way began no
            earlier.
    """

    now: float
    ahead: int | None
    queue_length: int
    urls: Sequence[str]
    idle_since: float = 0


def record(task: DemoTask, view: RecordView) -> dict[str, Any]:
    """The record of a task."""
    fault = PROMPT_FAULTS[task.fault] if task.fault else _RENDER_FAILED if task.broken else None
    status = _status(task, view, fault)
    failed = fault if fault and status in wire.STATUS_FAILED else PromptFault("end")
    completed = status == wire.STATUS_COMPLETED
    items = _items(task, view.urls) if completed and not fault else []
    finish_time = int(_end(task)) if completed or status in wire.STATUS_FAILED else 0
    if completed and fault:  # it has been without a URL for too long
        finish_time = int(view.now - URL_GRACE.total_seconds() - 60)
    never_ends = fault and fault.at == "deadline"
    return {
        "generate_type": 10 if task.draft.mode != "image" else 12 if task.draft.shots else 1,
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
            "queue_status": _queue_status(status, view.ahead),
            "polling_config": {
                "interval_seconds": POLL_SECONDS,
                "timeout_seconds": max(total_seconds(task.pace), 0.001)
                if never_ends
                else wire.TASK_DEADLINE.total_seconds(),
            },
        },
        "forecast_queue_cost": _forecast_queue_seconds(task, view),
        "forecast_generate_cost": work_seconds(task.pace),
        "fail_code": failed.upstream_code,
        "fail_starling_key": failed.key,
        "total_image_count": task.draft.count,
        "finished_image_count": len(items) if task.draft.count else 0,
        "item_list": items,
        "origin_item_list": [],
        "draft_content": task.draft_content,
        "metrics_extra": task.metrics_extra,
    }


def _forecast_queue_seconds(task: DemoTask, view: RecordView) -> float:
    """Seconds from the submission until the task runs, if those before it take as long as it."""
    if view.ahead:
        begins = view.now + view.ahead * work_seconds(task.pace)
    else:
        begins = 0 if view.ahead is None else view.idle_since
    return max(queue_seconds(task.pace), begins - task.created)


def _queue_status(status: int, ahead: int | None) -> int:
    """0 pending, 1 queued, 2 generating, 3 finished, 4 failed (protocol 9.1, likely)."""
    if status in wire.STATUS_PENDING:
        return 1 if ahead else 0
    if status in wire.STATUS_PROCESSING:
        return 2
    return 3 if status == wire.STATUS_COMPLETED else 4


def _status(task: DemoTask, view: RecordView, fault: PromptFault | None) -> int:
    """The site's status number."""
    if task.deleted:
        return wire.STATUS_DELETED
    set_back = view.now < task.created  # the clock, since: its pace says nothing any more
    waited = set_back or view.now - task.created >= queue_seconds(task.pace)
    if not waited or (task.finished is None and view.ahead):
        return 20
    if task.finished is None or (view.now < _end(task) and not set_back):
        return 42
    return _LAST_STATUS[fault.at] if fault else wire.STATUS_COMPLETED


def _end(task: DemoTask) -> float:
    """When the task ends: as its pace says, but not before it is rendered."""
    return max(task.created + total_seconds(task.pace), task.finished or 0)


def _items(task: DemoTask, urls: Sequence[str]) -> list[dict[str, Any]]:
    """The `item_list` of a finished task: its video, or its images."""
    width, height = task.draft.size

    def item(cover_url: str, result: dict[str, Any]) -> dict[str, Any]:
        common = {"id": task.history_id, "effect_type": 53, "cover_url": cover_url, "status": 144}
        return {"common_attr": common, **result}

    if task.draft.mode == "image":
        size = {"width": width, "height": height, "format": "jpeg"}
        return [
            item(url, {"image": {"large_images": [{"image_url": url, **size}]}}) for url in urls
        ]
    video_url, cover_url = urls
    origin = {"video_url": video_url, "width": width, "height": height, "fps": task.draft.fps}
    video = {
        "video_id": task.submit_id,
        "duration_ms": task.draft.seconds * 1000,
        "cover_url": cover_url,
        "has_audio": any(clip.kind == "audio" for clip in task.draft.clips),
        "origin_video": None,
        "transcoded_video": {"origin": origin},
    }
    return [item(cover_url, {"video": video})]
