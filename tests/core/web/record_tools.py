"""Records as the site answers them (protocol 9.1), to be varied by a test."""

from datetime import UTC, datetime, timedelta
from typing import Any

from jimeng_core import Completed, JimengError, Task, Video
from jimeng_core.backends.web.records import RecordContext, read_record

CREATED = datetime(2026, 9, 1, 12, tzinfo=UTC)
TASK_ID = "5f2c9a30-8e1d-4b7a-9c55-0d1e2f3a4b5c"
"""Not of version 7: its age is not in it."""
Json = dict[str, Any]

ORIGIN = "https://v3-artist.vlabvod.example/origin.mp4?x-expires=1790000000&x-signature=abc"
COVER = "https://p9-dreamina-sign.byteimg.example/cover.webp"


def record(status: object = 20, **fields: object) -> Json:
    """A record of a video task that was created at `CREATED`."""
    return {
        "generate_type": 10,
        "history_record_id": "4713000000000",
        "submit_id": TASK_ID,
        "created_time": CREATED.timestamp(),
        "status": status,
        "task": {"task_id": "4713000000000", "status": status, "finish_time": 0},
        "fail_code": "",
        "fail_msg": "",
        "item_list": [],
    } | fields


def item(transcoded: Json | None = None, **video: object) -> Json:
    """An item with a video, its status number the trap that it is on the wire (9.1)."""
    return {
        "common_attr": {"id": "7", "effect_type": 53, "status": 144, "cover_url": COVER},
        "video": {
            "video_id": "v",
            "duration_ms": 5042,
            "cover_url": COVER,
            "origin_video": None,
            "transcoded_video": {} if transcoded is None else transcoded,
        }
        | video,
    }


def origin(url: str = ORIGIN) -> Json:
    """What stands under `origin` in `transcoded_video`."""
    return {"video_url": url, "width": 1280, "height": 720, "fps": 24}


def finished(*items: Json, after: float = 60, **fields: Any) -> Json:
    """A record with status 50 that was finished so many seconds after `CREATED`."""
    done = CREATED.timestamp() + after
    task = {"status": 50, "finish_time": int(done)}
    return record(50, task=task, item_list=list(items)) | fields


def read(source: object, *, after: timedelta = timedelta(0), task_id: str = TASK_ID) -> Task:
    """The task of a record, read so long after `CREATED`."""
    outcome = read_record(source, RecordContext(task_id, CREATED + after))
    assert not isinstance(outcome, JimengError)
    return outcome


def read_error(source: object) -> JimengError:
    """Why a record gives no task."""
    outcome = read_record(source, RecordContext(TASK_ID, CREATED))
    assert isinstance(outcome, JimengError)
    return outcome


def video_of(*items: Json, **fields: Any) -> Video:
    """The video of a finished record with these items."""
    task = read(finished(*items, **fields), after=timedelta(seconds=61))
    assert isinstance(task, Completed)
    return task.video
