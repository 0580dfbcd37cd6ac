import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jimeng_app.page import formatting
from jimeng_app.page.i18n import TEXTS
from jimeng_app.page.query.preview import preview
from jimeng_app.page.query.state import DisplayRow, display_row
from jimeng_core import (
    Completed,
    CompletedImages,
    ErrorCode,
    Failed,
    Failure,
    FirstLastFrame,
    Image,
    InvalidTaskId,
    Lookup,
    NetworkError,
    Pending,
    Processing,
    Queue,
    TaskState,
    Unauthorized,
    Video,
)
from jimeng_core.requests import Mode

NOW = datetime(2026, 11, 24, 12, 3, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)">'


def row(
    kind: Any,
    task_id: str = "1",
    prompt: str = "waves",
    mode: Mode | None = Mode.FIRST_LAST_FRAME,
    **more: Any,
) -> DisplayRow:
    """The row of a task in a state."""
    task = kind(
        id=task_id, mode=mode, created_at=NOW, request=FirstLastFrame(prompt=prompt), **more
    )
    return display_row(Lookup(id=task_id, task=task, error=None, checked_at=NOW))


def done(url: str = "https://cdn.example/v.mp4?a=1&b=2", **more: Any) -> DisplayRow:
    """The row of a finished task."""
    video = Video(url=url, cover_url="https://cdn.example/c.jpg", duration_seconds=5.04)
    return row(Completed, completed_at=NOW, video=video, **more)


def drawn(*images: Image, **more: Any) -> DisplayRow:
    """The row of a finished task of images."""
    return row(CompletedImages, mode=Mode.IMAGE, completed_at=NOW, images=images, **more)


def unknown(task_id: str) -> DisplayRow:
    """The row of a look-up that failed."""
    return display_row(Lookup(id=task_id, task=None, error=InvalidTaskId(), checked_at=NOW))


ROWS = [
    row(Pending, queue=Queue(12, 4000)),
    row(Processing, progress=63, eta_seconds=40),
    done(),
    row(Failed, failure=Failure.of(ErrorCode.CONTENT_REFUSED, "2038")),
    unknown("nonsense"),
]


def test_every_state_has_a_shape_and_words() -> None:
    """No state of the library is without a shape and a word."""
    assert set(formatting.SHAPES) == {*TaskState, formatting.UNKNOWN}
    assert set(formatting.SHAPES) <= set(TEXTS)


def test_first_result_is_shown_first() -> None:
    """The first row with a video or images is shown, else the first row, else none."""
    images = drawn(Image("https://cdn.example/1.jpg"))
    assert formatting.first_to_show(ROWS) is ROWS[2]
    assert formatting.first_to_show([ROWS[0], images, ROWS[2]]) is images
    assert formatting.first_to_show(ROWS[:2]) is ROWS[0]
    assert formatting.first_to_show([]) is None


def test_preview_plays_from_the_link() -> None:
    """The video plays straight from its own URL, with its poster, and can be downloaded."""
    html = preview(done(), chinese=False)
    assert 'src="https://cdn.example/v.mp4?a=1&amp;b=2"' in html
    assert 'poster="https://cdn.example/c.jpg"' in html
    assert "<video controls" in html
    assert "download=" in html


def test_preview_shows_the_images() -> None:
    """Each image stands in its place, opens in a new tab and can be downloaded; facts follow."""
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    html = preview(
        drawn(
            Image("https://cdn.example/1.jpg?a=1&b=2", 2560, 1440, later),
            Image("https://cdn.example/2.jpg", 2560, 1440, soon),
        ),
        chinese=False,
    )
    first = 'src="https://cdn.example/1.jpg?a=1&amp;b=2" alt="Image 1 of 2" width="2560" height='
    assert first in html
    assert html.count('href="https://cdn.example/2.jpg"') == 2
    assert html.count(" download ") == html.count("<img ") == 2
    assert html.count('target="_blank"') == html.count("<a ") == 4
    assert "<dt>Images</dt><dd>2</dd>" in html
    assert "<dt>Size</dt><dd>2560 × 1440</dd>" in html
    assert "works until 11-24 13:03" in html  # the first that ends
    assert "<video" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,a", "/etc/passwd"])
def test_other_links_are_not_opened(url: str) -> None:
    """A link that is no web address gets neither a player nor an anchor, and that is said."""
    for each in (done(url), drawn(Image(url))):
        html = preview(each, chinese=False)
        assert not re.search("<(video|img|a) ", html)
        assert url not in html
        assert "not opened" in html
    assert preview(drawn(Image("https://a/1.jpg"), Image(url)), chinese=False).count("<img ") == 1


def test_what_comes_from_elsewhere_is_text() -> None:
    """Prompts, ids and links never become markup."""
    for each in (done(prompt=EVIL), done(f"https://a/{EVIL}"), unknown(EVIL)):
        assert "<img" not in preview(each, chinese=False)
    assert "<img" not in formatting.status_line(row(Pending, prompt=EVIL), chinese=False)
    assert "<img" not in formatting.message(EVIL)
    html = preview(drawn(Image(f"https://a/{EVIL}"), prompt=EVIL), chinese=False)
    assert "<img src=x" not in html


def test_preview_in_words() -> None:
    """Where there is no result, words say why; before a look-up they invite."""
    assert "content review" in preview(ROWS[3], chinese=False)
    assert "2038" in preview(ROWS[3], chinese=False)
    assert "The video is not there yet" in preview(ROWS[0], chinese=False)
    for mode in (Mode.IMAGE, None):  # its record does not tell which it is
        html = preview(row(Pending, mode=mode), chinese=False)
        assert "The result is not there yet" in html
    assert "选中一行" in preview(None, chinese=True)


def test_next_step() -> None:
    """Where something can be done about a row, the preview offers it as a button."""
    dead = display_row(Lookup(id="1", task=None, error=Unauthorized(), checked_at=NOW))
    down = display_row(Lookup(id="1", task=None, error=NetworkError(), checked_at=NOW))
    steps = [
        formatting.next_step(each) for each in (ROWS[0], ROWS[2], ROWS[3], ROWS[4], dead, down)
    ]
    assert steps == [None, None, "again", None, "connect", "ask"]
    assert 'data-does="connect"' in preview(dead, chinese=True)


def test_what_may_still_change() -> None:
    """Looking again is worth it while a task goes on, or when the question itself may pass."""
    down = display_row(Lookup(id="1", task=None, error=NetworkError(), checked_at=NOW))
    told = [formatting.unfinished(each) for each in (*ROWS, down)]
    assert told == [True, True, False, False, False, True]


def test_summary_counts_states() -> None:
    """A line says how many there are of each state."""
    assert formatting.summary([ROWS[2], *ROWS[2:]], chinese=False) == (
        "4 in all · ● 2 completed · ✕ 1 failed · ? 1 not known"
    )


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (600, "10 min"), (4 * 3600, "4 h")])
def test_waiting_is_told_in_round_numbers(seconds: int, words: str) -> None:
    """The time left is told as people would."""
    assert (
        formatting.note(row(Pending, eta_seconds=seconds), chinese=False) == f"about {words} left"
    )


def test_strange_clocks() -> None:
    """A clock offset that no place has does not break the page."""
    moment = NOW.isoformat()
    assert formatting.local_time(moment, 1e9)
    assert formatting.local_time(moment, -1e9)
    assert formatting.local_time(None, 0) == ""
    assert (
        formatting.local_time(moment, timedelta(hours=-1) / timedelta(minutes=1)) == "11-24 11:03"
    )
