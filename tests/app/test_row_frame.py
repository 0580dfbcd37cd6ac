from datetime import UTC, datetime

from jimeng_app.frames import to_frame
from jimeng_core import (
    Completed,
    ErrorCode,
    Failed,
    Failure,
    FirstLastFrame,
    InvalidTaskId,
    Lookup,
    Pending,
    Processing,
    Queue,
    Row,
    Task,
    Video,
)
from jimeng_core.requests import Mode

MARKUP = '<img src=x onerror="alert(1)">'


def row(task: Task) -> Row:
    """The row of a task."""
    return Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC)).row()


def fields(hour: int, prompt: str) -> dict[str, object]:
    """The fields that all tasks have."""
    return {
        "id": f"id-{hour}",
        "mode": Mode.FIRST_LAST_FRAME,
        "created_at": datetime(2026, 11, 24, hour, 3, tzinfo=UTC),
        "request": FirstLastFrame(prompt=prompt),
    }


ROWS = [
    row(Pending(**fields(9, "waves"), queue=Queue(12, 4000))),  # type: ignore[arg-type]
    row(Processing(**fields(11, MARKUP), progress=63, eta_seconds=40)),  # type: ignore[arg-type]
    row(
        Completed(
            **fields(10, "a cat"),  # type: ignore[arg-type]
            video=Video(url="https://cdn.example/v.mp4", duration_seconds=5.04),
            completed_at=None,
        )
    ),
    row(Failed(**fields(8, "rain"), failure=Failure.of(ErrorCode.CONTENT_REFUSED))),  # type: ignore[arg-type]
    Lookup(id="nonsense", task=None, error=InvalidTaskId(), checked_at=datetime.now(UTC)).row(),
]


def test_a_frame_loses_nothing() -> None:
    """A frame has the rows' fields in order; integers stay integers, and null stays null."""
    frame = to_frame(ROWS)
    assert list(frame.columns) == list(Row.__annotations__)
    records = frame.to_dict("records")
    assert records == ROWS
    assert [type(record["progress"]) for record in records] == [int] * 4 + [type(None)]
