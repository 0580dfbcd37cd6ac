from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest

from jimeng_app.page.query.table import COLUMNS, arranged, frame_of, table
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

EVIL = '<img src=x onerror="alert(1)">'


def row(task: Task) -> Row:
    """The row of a task."""
    return Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC)).row()


def made(hour: int, prompt: str) -> dict[str, object]:
    """What tasks have in common."""
    return {
        "id": f"id-{hour}",
        "mode": Mode.FIRST_LAST_FRAME,
        "created_at": datetime(2026, 11, 24, hour, 3, tzinfo=UTC),
        "request": FirstLastFrame(prompt=prompt),
    }


ROWS = [
    row(Pending(**made(9, "waves"), queue=Queue(12, 4000))),  # type: ignore[arg-type]
    row(Processing(**made(11, EVIL), progress=63, eta_seconds=40)),  # type: ignore[arg-type]
    row(
        Completed(
            **made(10, "a cat"),  # type: ignore[arg-type]
            video=Video(url="https://cdn.example/v.mp4", duration_seconds=5.04),
            completed_at=None,
        )
    ),
    row(Failed(**made(8, "rain"), failure=Failure.of(ErrorCode.CONTENT_REFUSED))),  # type: ignore[arg-type]
    Lookup(id="nonsense", task=None, error=InvalidTaskId(), checked_at=datetime.now(UTC)).row(),
]


class Cells(HTMLParser):
    """The text of a table's cells, line by line, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tr":
            self.lines.append([])
        if tag in {"td", "th"}:
            self.lines[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.lines and self.lines[-1]:
            self.lines[-1][-1] += unescape(data)


def test_every_row_has_its_line() -> None:
    """The table has a line for each row, in order: state as shape and word, and why in words."""
    lines = Cells(table(ROWS, chosen="", chinese=False)).lines[1:]
    assert [line[0] for line in lines] == [
        "◔ pending",
        "◑ processing",
        "● completed",
        "✕ failed",
        "? not known",
    ]
    assert [line[1] for line in lines] == ["0 %", "63 % ~", "100 %", "0 %", ""]
    assert "place 12 of 4,000" in lines[0][3]
    assert "about 40 s left" in lines[1][3]
    assert "content review" in lines[3][3]
    assert lines[2][4:] == ["11-24 10:03", "5", "id-10"]
    assert lines[4][-1] == "nonsense"


def test_in_chinese_by_the_readers_clock() -> None:
    """Headings, words and times are the reader's."""
    head, first, *_ = Cells(table(ROWS, chosen="", chinese=True, offset=480)).lines
    assert head[:2] == ["状态", "进度"]
    assert first[:3] == ["◔ 等待中", "0 %", "首尾帧"]
    assert first[4] == "11-24 17:03"


def test_what_comes_from_elsewhere_is_text() -> None:
    """Prompts and ids never become markup."""
    evil = Lookup(id=EVIL, task=None, error=InvalidTaskId(), checked_at=datetime.now(UTC)).row()
    assert "img" not in Cells(table([*ROWS, evil], chosen=EVIL, chinese=False)).tags


def test_the_chosen_row_is_marked() -> None:
    """One row is marked as the one that is shown beside the table."""
    html = table(ROWS, chosen="id-10", chinese=False)
    assert html.count('aria-selected="true"') == 1
    assert 'data-id="id-10" aria-selected="true"' in html


@pytest.mark.parametrize(("asked", "words"), [(False, "Enter task ids above"), (True, "No task")])
def test_empty(asked: bool, words: str) -> None:
    """Without rows the table keeps its columns, and says why it is empty."""
    html = table([], chosen="", chinese=False, asked=asked)
    assert html.count("<th ") == len(COLUMNS)
    assert words in html


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("asked", ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
        ("newest", ["id-11", "id-10", "id-9", "id-8", "nonsense"]),
        (None, ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
    ],
)
def test_order(order: str | None, ids: list[str]) -> None:
    """As asked, or the newest first with what has no time at the end."""
    found = arranged(ROWS, order=order, search="", chinese=False)
    assert [each["id"] for each in found] == ids


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("CAT", ["id-10"]),
        ("failed", ["id-8"]),
        ("first waves", ["id-9"]),
        ("nonsense", ["nonsense"]),
        ("content review", ["id-8"]),
        ("no such thing", []),
        ("  ", ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
    ],
)
def test_search(search: str, ids: list[str]) -> None:
    """A search looks through prompts, modes, states, reasons and ids, whatever the case."""
    found = arranged(ROWS, order="asked", search=search, chinese=False)
    assert [each["id"] for each in found] == ids


def test_the_frame() -> None:
    """The table is a pandas frame first: a line for each row, in order, all of it text."""
    frame = frame_of(ROWS, chinese=False)
    assert list(frame["id"]) == [row["id"] for row in ROWS]
    assert list(frame.columns) == [*COLUMNS, "name", "why"]
    assert frame.map(lambda value: isinstance(value, str)).to_numpy().all()
    assert frame_of([], chinese=True).empty
