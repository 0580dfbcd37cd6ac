"""Records as the site sends them (protocol 9.1), for tests to change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from jimeng_core import Completed, JimengError, Task, Video
from jimeng_core.backends.web.records import read_record

CREATED = datetime(2026, 9, 1, 12, tzinfo=UTC)
TASK_ID = "5f2c9a30-8e1d-4b7a-9c55-0d1e2f3a4b5c"
"""Not a UUIDv7: its age is not in it."""
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
    """An item with a video, with the misleading status number of the wire (protocol 9.1)."""
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
    """The `origin` of `transcoded_video`."""
    return {"video_url": url, "width": 1280, "height": 720, "fps": 24}


def finished(*items: Json, after: float = 60, **fields: Any) -> Json:
    """A record with status 50 that was finished `after` seconds after `CREATED`."""
    done = CREATED.timestamp() + after
    task = {"status": 50, "finish_time": int(done)}
    return record(50, task=task, item_list=list(items)) | fields


def read(source: object, *, after: timedelta = timedelta(0), task_id: str = TASK_ID) -> Task:
    """The task of a record, read `after` its creation."""
    outcome = read_record(source, task_id, CREATED + after)
    assert not isinstance(outcome, JimengError)
    return outcome


def read_error(source: object) -> JimengError:
    """The error of a record that has no task."""
    outcome = read_record(source, TASK_ID, CREATED)
    assert isinstance(outcome, JimengError)
    return outcome


def video_of(*items: Json, **fields: Any) -> Video:
    """The video of a finished record with these items."""
    task = read(finished(*items, **fields), after=timedelta(seconds=61))
    assert isinstance(task, Completed)
    return task.video
