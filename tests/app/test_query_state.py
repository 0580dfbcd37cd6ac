from datetime import UTC, datetime
from typing import Any

from jimeng_app.page.query.state import (
    QueryState,
    display_row,
    merge_rows,
)
from jimeng_core import (
    Completed,
    CompletedImages,
    Image,
    JimengError,
    Lookup,
    NotFound,
    Pending,
    Video,
)
from jimeng_core.requests import Mode

NOW = datetime.now(UTC)


def going(poll_seconds: float | None = None, kind: Any = Pending, **more: Any) -> Lookup:
    """A look-up that found a task."""
    task = kind(
        id="1",
        mode=Mode.MULTI_FRAME,
        created_at=NOW,
        poll_seconds=poll_seconds,
        request=None,
        **more,
    )
    return Lookup(id="1", task=task, error=None, checked_at=NOW)


def failed(error: JimengError) -> Lookup:
    """A look-up that failed."""
    return Lookup(id="1", task=None, error=error, checked_at=NOW)


DONE = going(3, Completed, video=Video(url="https://a/b.mp4"), completed_at=NOW)
IMAGES = going(3, CompletedImages, images=(Image("https://a/b.jpg", 2, 1),), completed_at=NOW)


def test_news_take_their_old_places() -> None:
    """What was looked up again stands where it stood, at every double too."""
    other = display_row(failed(NotFound()))
    other["id"] = "2"
    new = display_row(IMAGES)
    assert merge_rows([display_row(going()), other, display_row(going())], [new]) == [
        new,
        other,
        new,
    ]


def test_board_shows_the_chosen_row() -> None:
    """The row beside the table is found by its id; before anything was chosen there is none."""
    state = QueryState([display_row(DONE)])
    assert state.row is None
    state.chosen = "1"
    assert state.row is state.rows[0]
