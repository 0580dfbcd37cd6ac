from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jimeng_app.page import show
from jimeng_app.page.texts import TEXTS
from jimeng_core import (
    Completed,
    ErrorCode,
    Failed,
    Failure,
    FirstLastFrame,
    InvalidTaskId,
    Lookup,
    NetworkError,
    Pending,
    Processing,
    Queue,
    Row,
    TaskState,
    Unauthorized,
    Video,
)
from jimeng_core.requests import Mode

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)">'


def row(kind: Any, task_id: str = "1", prompt: str = "waves", **more: Any) -> Row:
    """The row of a task in a state."""
    task = kind(
        id=task_id,
        mode=Mode.FIRST_LAST_FRAME,
        created_at=NOW,
        request=FirstLastFrame(prompt=prompt),
        **more,
    )
    return Lookup(id=task_id, task=task, error=None, checked_at=NOW).row()


def done(url: str = "https://cdn.example/v.mp4?a=1&b=2", **more: Any) -> Row:
    """The row of a finished task."""
    video = Video(url=url, cover_url="https://cdn.example/c.jpg", duration_seconds=5.04)
    return row(Completed, completed_at=NOW, video=video, **more)


def unknown(task_id: str) -> Row:
    """The row of a look-up that failed."""
    return Lookup(id=task_id, task=None, error=InvalidTaskId(), checked_at=NOW).row()


ROWS = [
    row(Pending, queue=Queue(12, 4000)),
    row(Processing, progress=63, eta_seconds=40),
    done(),
    row(Failed, failure=Failure.of(ErrorCode.CONTENT_REFUSED, "2038")),
    unknown("nonsense"),
]


def test_every_state_has_a_shape_and_words() -> None:
    """No state of the library is without a shape and a word."""
    assert set(show.SHAPES) == {*TaskState, show.UNKNOWN}
    assert set(show.SHAPES) <= set(TEXTS)


def test_first_video_is_shown_first() -> None:
    """The first row with a video is shown, else the first row, else none."""
    assert show.first_to_show(ROWS) is ROWS[2]
    assert show.first_to_show(ROWS[:2]) is ROWS[0]
    assert show.first_to_show([]) is None


def test_preview_plays_from_the_link() -> None:
    """The video plays straight from its own URL, with its poster, and can be downloaded."""
    html = show.preview(done(), chinese=False)
    assert 'src="https://cdn.example/v.mp4?a=1&amp;b=2"' in html
    assert 'poster="https://cdn.example/c.jpg"' in html
    assert "<video controls" in html
    assert "download=" in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,a", "/etc/passwd"])
def test_other_links_are_not_opened(url: str) -> None:
    """A link that is no web address gets neither a player nor an anchor."""
    html = show.preview(done(url), chinese=False)
    assert "<video" not in html
    assert "<a " not in html
    assert url not in html


def test_what_comes_from_elsewhere_is_text() -> None:
    """Prompts, ids and links never become markup."""
    for each in (done(prompt=EVIL), done(f"https://a/{EVIL}"), unknown(EVIL)):
        assert "<img" not in show.preview(each, chinese=False)
    assert "<img" not in show.status_line(row(Pending, prompt=EVIL), chinese=False)
    assert "<img" not in show.message(EVIL)


def test_preview_in_words() -> None:
    """Where there is no video, words say why; before a look-up they invite."""
    assert "content review" in show.preview(ROWS[3], chinese=False)
    assert "2038" in show.preview(ROWS[3], chinese=False)
    assert "not there yet" in show.preview(ROWS[0], chinese=False)
    assert "选中一行" in show.preview(None, chinese=True)


def test_next_step() -> None:
    """Where something can be done about a row, the preview offers it as a button."""
    dead = Lookup(id="1", task=None, error=Unauthorized(), checked_at=NOW).row()
    down = Lookup(id="1", task=None, error=NetworkError(), checked_at=NOW).row()
    steps = [show.next_step(each) for each in (ROWS[0], ROWS[2], ROWS[3], ROWS[4], dead, down)]
    assert steps == [None, None, "again", None, "connect", "ask"]
    assert 'data-does="connect"' in show.preview(dead, chinese=True)


def test_what_may_still_change() -> None:
    """Looking again is worth it while a task goes on, or when the question itself may pass."""
    down = Lookup(id="1", task=None, error=NetworkError(), checked_at=NOW).row()
    told = [show.unfinished(each) for each in (*ROWS, down)]
    assert told == [True, True, False, False, False, True]


def test_summary_counts_states() -> None:
    """A line says how many there are of each state."""
    assert show.summary([ROWS[2], *ROWS[2:]], chinese=False) == (
        "4 in all · ● 2 completed · ✕ 1 failed · ? 1 not known"
    )


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (600, "10 min"), (4 * 3600, "4 h")])
def test_waiting_is_told_in_round_numbers(seconds: int, words: str) -> None:
    """The time left is told as people would."""
    assert show.note(row(Pending, eta_seconds=seconds), chinese=False) == f"about {words} left"


def test_strange_clocks() -> None:
    """A clock offset that no place has does not break the page."""
    moment = NOW.isoformat()
    assert show.local_time(moment, 1e9)
    assert show.local_time(moment, -1e9)
    assert show.local_time(None, 0) == ""
    assert show.local_time(moment, timedelta(hours=-1) / timedelta(minutes=1)) == "11-24 11:03"
