import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from jimeng_app.page.query import state
from jimeng_app.page.query.state import (
    DEFAULT_INTERVAL,
    MAX_INTERVAL,
    DisplayRow,
    QueryState,
    display_row,
)
from jimeng_core import (
    Completed,
    CompletedImages,
    Image,
    JimengError,
    Lookup,
    NetworkError,
    NotFound,
    Pending,
    Video,
)
from jimeng_core.requests import Mode

NOW = datetime.now(UTC)


def task_row(kind: Any = Pending, task_id: str = "1", **fields: Any) -> DisplayRow:
    """The row of a look-up that found a task."""
    task = kind(id=task_id, mode=Mode.MULTI_FRAME, created_at=NOW, request=None, **fields)
    return display_row(Lookup(task_id, task, None, NOW))


def error_row(error: JimengError, task_id: str = "1") -> DisplayRow:
    """The row of a look-up that failed."""
    return display_row(Lookup(task_id, None, error, NOW))


VIDEO: dict[str, Any] = {"video": Video(url="https://a/b.mp4"), "completed_at": NOW}
IMAGES: dict[str, Any] = {"images": (Image("https://a/b.jpg", 2, 1),), "completed_at": NOW}


@pytest.mark.parametrize(
    ("rows", "interval"),
    [
        ([], None),
        ([task_row(Completed, **VIDEO), task_row(CompletedImages, **IMAGES)], None),
        ([error_row(NotFound())], None),
        ([task_row()], DEFAULT_INTERVAL),
        ([error_row(NetworkError()), task_row(Completed, **VIDEO)], DEFAULT_INTERVAL),
        ([task_row(poll_seconds=30), task_row(poll_seconds=12)], 12),
        ([task_row(poll_seconds=9000)], MAX_INTERVAL),
    ],
)
def test_interval(rows: list[DisplayRow], interval: float | None) -> None:
    """Look-ups follow the shortest interval of all rows, and stop when nothing can change."""
    assert QueryState(rows).interval == interval


def test_first_result_is_selected() -> None:
    """The first row with a video or images is selected, else the first row, else none."""
    pending, video = task_row(task_id="1"), task_row(Completed, "2", **VIDEO)
    images = task_row(CompletedImages, "3", **IMAGES)
    state = QueryState()
    for rows, selected in (
        ([pending, video, images], video),
        ([pending, images, video], images),
        ([pending, error_row(NotFound(), "4")], pending),
        ([], None),
    ):
        state.show(rows)
        assert state.row is selected


def test_updates_keep_their_place() -> None:
    """A row that was looked up again replaces the old one, at every duplicate too."""
    other, new = error_row(NotFound(), "2"), task_row(CompletedImages, **IMAGES)
    state = QueryState([task_row(), other, task_row()], selected="2")
    state.update([new])
    assert state.rows == [new, other, new]
    assert state.row is other


def test_rows_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window's state holds ids: its rows are in a store of limited size, and can be lost."""
    store: dict[str, list[DisplayRow]] = {}
    monkeypatch.setattr(state, "_ROWS", store)
    one, other = QueryState(), QueryState()
    one.show([task_row(task_id="a"), task_row(task_id="b")])
    other.show([task_row(task_id="c")])
    assert [row["id"] for row in one.rows] == ["a", "b"]
    assert len(store) == 2
    store.clear()
    assert one.rows == []
    assert (one.ids, one.selected, one.row, one.interval) == (["a", "b"], "a", None, None)
    assert len(pickle.dumps(vars(one))) < 500


@pytest.mark.anyio
async def test_expired_rows_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are lost are looked up again when an event needs them, and only then."""
    asked: list[list[str]] = []

    async def look_up_rows(_call: object, ids: list[str]) -> list[DisplayRow]:
        asked.append(ids)
        return [task_row(task_id=task_id) for task_id in ids]

    store: dict[str, list[DisplayRow]] = {}
    monkeypatch.setattr(state, "_ROWS", store)
    monkeypatch.setattr(state, "look_up_rows", look_up_rows)
    panel = QueryState()
    call: Any = None
    await panel.restore(call)
    panel.show([task_row(task_id="a")])
    await panel.restore(call)
    assert not asked
    store.clear()
    await panel.restore(call)
    assert asked == [["a"]]
    assert panel.row
