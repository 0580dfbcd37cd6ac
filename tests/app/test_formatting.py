import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jimeng_app.page import formatting
from jimeng_app.page.i18n import TEXTS
from jimeng_app.page.query.preview import preview
from jimeng_app.page.query.state import DisplayRow, display_row
from jimeng_app.page.rendering import message, status_line
from jimeng_core import (
    Completed,
    CompletedImages,
    ErrorCode,
    Failed,
    Failure,
    FirstLastFrame,
    Image,
    InvalidTaskId,
    JimengError,
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
MARKUP = '<img src=x onerror="alert(1)">'


def row(
    kind: Any,
    task_id: str = "1",
    prompt: str = "waves",
    mode: Mode | None = Mode.FIRST_LAST_FRAME,
    **fields: Any,
) -> DisplayRow:
    """The row of a task in a state."""
    task = kind(
        id=task_id, mode=mode, created_at=NOW, request=FirstLastFrame(prompt=prompt), **fields
    )
    return display_row(Lookup(id=task_id, task=task, error=None, checked_at=NOW))


def finished(url: str = "https://cdn.example/v.mp4?a=1&b=2", **fields: Any) -> DisplayRow:
    """The row of a finished video."""
    video = Video(url=url, cover_url="https://cdn.example/c.jpg", duration_seconds=5.04)
    return row(Completed, completed_at=NOW, video=video, **fields)


def finished_images(*images: Image, **fields: Any) -> DisplayRow:
    """The row of finished images."""
    return row(CompletedImages, mode=Mode.IMAGE, completed_at=NOW, images=images, **fields)


def failed_lookup(task_id: str = "1", error: JimengError | None = None) -> DisplayRow:
    """The row of a look-up that failed."""
    return display_row(Lookup(task_id, None, error or InvalidTaskId(), NOW))


ROWS = [
    row(Pending, queue=Queue(12, 4000)),
    row(Processing, progress=63, eta_seconds=40),
    finished(),
    row(Failed, failure=Failure.of(ErrorCode.CONTENT_REFUSED, "2038")),
    failed_lookup("nonsense"),
]


def test_every_state_has_a_shape_and_a_word() -> None:
    """Every state of the library is shown by a shape and a word."""
    assert set(formatting.SHAPES) == {*TaskState, formatting.UNKNOWN}
    assert set(formatting.SHAPES) <= set(TEXTS)


def test_preview_plays_from_the_link() -> None:
    """The video plays straight from its own URL, with its poster, and can be downloaded."""
    html = preview(finished(), chinese=False)
    assert 'src="https://cdn.example/v.mp4?a=1&amp;b=2"' in html
    assert 'poster="https://cdn.example/c.jpg"' in html
    assert "<video controls" in html
    assert "download=" in html


def test_preview_shows_the_images() -> None:
    """Each image is shown, opens in a new tab and can be downloaded; facts follow."""
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    html = preview(
        finished_images(
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
    assert "works until 11-24 13:03" in html  # the first to expire
    assert "<video" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,a", "/etc/passwd"])
def test_other_links_are_not_opened(url: str) -> None:
    """A link that is not a web address gets neither a player nor an anchor, but a sentence."""
    for each in (finished(url), finished_images(Image(url))):
        html = preview(each, chinese=False)
        assert not re.search("<(video|img|a) ", html)
        assert url not in html
        assert "not opened" in html
    assert (
        preview(finished_images(Image("https://a/1.jpg"), Image(url)), chinese=False).count("<img ")
        == 1
    )


def test_values_are_escaped() -> None:
    """Prompts, ids and links never become markup."""
    for each in (finished(prompt=MARKUP), finished(f"https://a/{MARKUP}"), failed_lookup(MARKUP)):
        assert "<img" not in preview(each, chinese=False)
    assert "<img" not in status_line(row(Pending, prompt=MARKUP), chinese=False)
    assert "<img" not in message(MARKUP)
    html = preview(finished_images(Image(f"https://a/{MARKUP}"), prompt=MARKUP), chinese=False)
    assert "<img src=x" not in html


def test_preview_in_words() -> None:
    """Where there is no result, a sentence says why; before a look-up it says what comes here."""
    assert "content review" in preview(ROWS[3], chinese=False)
    assert "2038" in preview(ROWS[3], chinese=False)
    assert "The video is not ready yet" in preview(ROWS[0], chinese=False)
    for mode in (Mode.IMAGE, None):  # None: the record does not contain it
        html = preview(row(Pending, mode=mode), chinese=False)
        assert "The result is not ready yet" in html
    assert "选中一行" in preview(None, chinese=True)


def test_next_step() -> None:
    """Where something can be done about a row, the preview offers it as a button."""
    logged_out, offline = failed_lookup(error=Unauthorized()), failed_lookup(error=NetworkError())
    steps = [formatting.next_step(each) for each in (ROWS[0], *ROWS[2:], logged_out, offline)]
    assert steps == [None, None, "again", None, "connect", "ask"]
    assert 'data-action="connect"' in preview(logged_out, chinese=True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40, "40 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"), (5400, "2 h"), (4 * 3600, "4 h")],
)
def test_time_left(seconds: int, text: str) -> None:
    """The time left is shown in the unit that people would use."""
    assert formatting.note(row(Pending, eta_seconds=seconds), chinese=False) == f"about {text} left"


def test_strange_clocks() -> None:
    """A clock offset that exists nowhere does not break the page."""
    moment = NOW.isoformat()
    assert formatting.local_time(moment, 1e9)
    assert formatting.local_time(moment, -1e9)
    assert formatting.local_time(None, 0) == ""
    assert (
        formatting.local_time(moment, timedelta(hours=-1) / timedelta(minutes=1)) == "11-24 11:03"
    )
