import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args, get_type_hints

import pytest

from jimeng_core.error_codes import ERROR_TEXTS, ErrorCode
from jimeng_core.requests import FirstLastFrame, Frame, ImageRequest, Mode, MultiFrame
from jimeng_core.rows import Lookup, Row, RowError
from jimeng_core.tasks import (
    Completed,
    CompletedImages,
    Ended,
    Failed,
    Failure,
    Image,
    Pending,
    Processing,
    Queue,
    RequestEcho,
    Task,
    TaskState,
    Video,
)
from tests.each import each

FIELDS = (
    *("id", "mode", "state", "progress", "progress_source", "queue_position", "queue_length"),
    *("eta_seconds", "video_url", "video_url_expires_at", "image_urls", "cover_url", "error"),
    *("created_at", "completed_at", "prompt", "model", "duration_seconds", "checked_at"),
    *("resolution", "ratio", "fps", "seed", "width", "height", "last_frame_url", "cost"),
)
"""The contract's row, section 3."""
NOON = datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)
ECHO = RequestEcho(
    prompt="海",
    model="dreamina_seedance_40",
    duration=5,
    resolution="720p",
    ratio="21:9",
    fps=12,
    seed=7,
)

PENDING = Pending(
    id="7",
    mode=Mode.FIRST_LAST_FRAME,
    created_at=NOON,
    request=ECHO,
    queue=Queue(3, 12),
    eta_seconds=90,
)
PROCESSING = Processing(id="7", mode=Mode.MULTI_FRAME, created_at=NOON, progress=42)
COMPLETED = Completed(
    id="7",
    mode=Mode.SUBJECT_REFERENCE,
    created_at=NOON,
    completed_at=NOON + timedelta(minutes=2),
    request=ECHO,
    video=Video(
        url="https://host/film.mp4",
        cover_url="https://host/film.jpg",
        expires_at=NOON + timedelta(days=7),
        width=1280,
        height=720,
        duration_seconds=5.04,
        fps=24.0,
    ),
)
IMAGES = CompletedImages(
    id="7",
    mode=Mode.IMAGE,
    created_at=NOON,
    completed_at=NOON + timedelta(minutes=1),
    request=RequestEcho(prompt="海", model="high_aes_general_v40"),
    images=(Image("https://host/1.jpg", 2048, 2048, NOON), Image("https://host/2.jpg")),
)
FAILED = Failed(
    id="7",
    mode=None,
    created_at=None,
    failure=Failure.of(ErrorCode.CONTENT_REFUSED, "2038"),
)


def row_of(task: Task) -> Row:
    """The row of a look-up that found this task."""
    return Lookup("7", task, None, NOON).row()


def test_states() -> None:
    """The states are those of the contract, and are strings."""
    assert [str(state) for state in TaskState] == ["pending", "processing", "completed", "failed"]
    assert all(state == str(state) == state.value for state in TaskState)


def test_one_class_for_each_state() -> None:
    """Each state is a class, and only that class has the fields of the state."""
    assert [kind.state for kind in get_args(Task) if kind is not CompletedImages] == [*TaskState]
    assert CompletedImages.state is TaskState.COMPLETED
    assert set(get_args(Ended)) == {Completed, CompletedImages, Failed}
    names = {kind: {each.name for each in dataclasses.fields(kind)} for kind in get_args(Task)}
    common = {"id", "mode", "created_at", "request", "queue", "eta_seconds", "progress"}
    assert all(common | {"progress_source"} <= fields for fields in names.values())
    owners = {"video": [Completed], "images": [CompletedImages], "failure": [Failed]}
    for name, owner in (owners | {"completed_at": [Completed, CompletedImages]}).items():
        assert [kind for kind, fields in names.items() if name in fields] == owner


@each("task", [PENDING, PROCESSING, COMPLETED, IMAGES, FAILED])
def test_fields_in_order(task: Task) -> None:
    """The row of any task has exactly the contract's fields, in the contract's order."""
    assert tuple(row_of(task)) == FIELDS


def test_declared_fields() -> None:
    """The row's type has the same fields."""
    assert tuple(get_type_hints(Row)) == FIELDS
    assert tuple(get_type_hints(RowError)) == ("code", "message", "upstream_code", "retryable")


@each("task", [PENDING, PROCESSING, COMPLETED, IMAGES, FAILED])
def test_plain_json(task: Task) -> None:
    """A row consists of plain JSON types only."""
    row = row_of(task)
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    plain = {str, int, float, dict, list, type(None)}
    assert {type(value) for value in row.values()} <= plain
    assert {type(value) for value in (row["error"] or {}).values()} <= {str, bool, type(None)}


def test_pending() -> None:
    """The row of a waiting task has its place in the queue and no progress."""
    assert row_of(PENDING) == {
        **dict.fromkeys(FIELDS),
        "id": "7",
        "mode": "first_last_frame",
        "state": "pending",
        "progress": 0,
        "progress_source": "queue",
        "queue_position": 3,
        "queue_length": 12,
        "eta_seconds": 90,
        "created_at": "2026-11-24T12:00:00.123+00:00",
        "prompt": "海",
        "model": "seedance-2.0-fast",
        "duration_seconds": 5,
        "checked_at": "2026-11-24T12:00:00.123+00:00",
        "resolution": "720p",
        "ratio": "21:9",
        "fps": 12,
        "seed": 7,
    }


def test_processing() -> None:
    """The row of a running task has its progress and the source of it; unknown values are null."""
    assert row_of(PROCESSING) == {
        **dict.fromkeys(FIELDS),
        "id": "7",
        "mode": "multi_frame",
        "state": "processing",
        "progress": 42,
        "progress_source": "estimate",
        "created_at": "2026-11-24T12:00:00.123+00:00",
        "checked_at": "2026-11-24T12:00:00.123+00:00",
    }


def test_completed() -> None:
    """The row of a completed task has its video, and the video's real length."""
    assert row_of(COMPLETED) == {
        **dict.fromkeys(FIELDS),
        "id": "7",
        "mode": "subject_reference",
        "state": "completed",
        "progress": 100,
        "progress_source": "upstream",
        "video_url": "https://host/film.mp4",
        "video_url_expires_at": "2026-12-01T12:00:00.123+00:00",
        "cover_url": "https://host/film.jpg",
        "created_at": "2026-11-24T12:00:00.123+00:00",
        "completed_at": "2026-11-24T12:02:00.123+00:00",
        "prompt": "海",
        "model": "seedance-2.0-fast",
        "duration_seconds": 5.04,
        "checked_at": "2026-11-24T12:00:00.123+00:00",
        "resolution": "720p",
        "ratio": "21:9",
        "fps": 24,
        "seed": 7,
        "width": 1280,
        "height": 720,
    }


def test_completed_images() -> None:
    """The row of completed images has their URLs in order, and no value of a video."""
    assert row_of(IMAGES) == {
        **dict.fromkeys(FIELDS),
        "id": "7",
        "mode": "image",
        "state": "completed",
        "progress": 100,
        "progress_source": "upstream",
        "image_urls": ["https://host/1.jpg", "https://host/2.jpg"],
        "created_at": "2026-11-24T12:00:00.123+00:00",
        "completed_at": "2026-11-24T12:01:00.123+00:00",
        "prompt": "海",
        "model": "image-4.0",
        "checked_at": "2026-11-24T12:00:00.123+00:00",
        "width": 2048,
        "height": 2048,
    }


def test_failed() -> None:
    """The row of a failed task has the state `failed` and an error."""
    sentence = ERROR_TEXTS[ErrorCode.CONTENT_REFUSED]
    assert row_of(FAILED) == {
        **dict.fromkeys(FIELDS),
        "id": "7",
        "state": "failed",
        "progress": 0,
        "progress_source": "upstream",
        "error": {
            "code": "content_refused",
            "message": sentence.en,
            "upstream_code": "2038",
            "retryable": False,
        },
        "checked_at": "2026-11-24T12:00:00.123+00:00",
    }


def test_times_are_utc() -> None:
    """Times of another time zone are converted to UTC."""
    china = timezone(timedelta(hours=8))
    task = dataclasses.replace(COMPLETED, created_at=NOON.astimezone(china))
    row = Lookup("7", task, None, NOON.astimezone(china)).row()
    assert row["created_at"] == row["checked_at"] == "2026-11-24T12:00:00.123+00:00"


@each(
    ("request_", "prompt", "model", "seconds"),
    [
        (FirstLastFrame(prompt="海", duration=8), "海", "seedance-2.0-fast", 8),
        (
            MultiFrame(frames=[Frame("a", "起", 1), Frame("b", "落", 2)], model="video-3.0"),
            "起 / 落",
            "video-3.0",
            3,
        ),
        (RequestEcho(model="dreamina_seedance_99"), None, "dreamina_seedance_99", None),
        (ImageRequest(prompt="海"), "海", "image-4.0", None),
        (None, None, None, None),
    ],
)
def test_request_in_the_row(
    request_: FirstLastFrame | MultiFrame | RequestEcho | ImageRequest | None,
    prompt: str | None,
    model: str | None,
    seconds: float | None,
) -> None:
    """The row has the request's prompt, length, and model by the catalogue's name."""
    row = row_of(dataclasses.replace(PENDING, request=request_))
    assert (row["prompt"], row["model"], row["duration_seconds"]) == (prompt, model, seconds)


def test_requested_length() -> None:
    """A video without a length has the requested one in the row."""
    silent = dataclasses.replace(COMPLETED, video=Video(url="https://host/film.mp4"))
    row = row_of(silent)
    assert row["duration_seconds"] == 5
    assert row["cover_url"] is row["video_url_expires_at"] is None


def test_tasks_are_values() -> None:
    """A task is immutable and comparable."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        PENDING.id = "8"  # type: ignore[misc] # that it is refused is the point
    assert dataclasses.replace(PENDING) == PENDING
