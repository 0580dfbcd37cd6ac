from datetime import UTC, datetime
from typing import Any

import pytest

from jimeng_app.page.looking import PAUSES, USUAL_PAUSE, Board, merged, pause_after, seen
from jimeng_core import (
    Completed,
    CompletedImages,
    Image,
    JimengError,
    Lookup,
    NetworkError,
    NotFound,
    Pending,
    Processing,
    RiskControl,
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


@pytest.mark.parametrize(
    ("lookups", "pause"),
    [
        ([], None),
        ([DONE, IMAGES, failed(NotFound())], None),
        ([failed(RiskControl())], None),
        ([going()], USUAL_PAUSE),
        ([failed(NetworkError()), DONE], USUAL_PAUSE),
        ([DONE, going(30), going(12, Processing, progress=1)], 12),
        ([going(0.1)], PAUSES[0]),
        ([going(9000)], PAUSES[1]),
    ],
)
def test_pause(lookups: list[Lookup], pause: float | None) -> None:
    """Looks follow what the upstream wants within bounds, and stop when nothing can change."""
    assert pause_after(lookups) == pause


def test_news_take_their_old_places() -> None:
    """What was looked up again stands where it stood, at every double too."""
    other = seen(failed(NotFound()))
    other["id"] = "2"
    new = seen(IMAGES)
    assert merged([seen(going()), other, seen(going())], [new]) == [new, other, new]


def test_board_shows_the_chosen_row() -> None:
    """The row beside the table is found by its id; before anything was chosen there is none."""
    board = Board([seen(DONE)])
    assert board.row is None
    board.chosen = "1"
    assert board.row is board.rows[0]
