from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from jimeng_app.frames import to_frame
from jimeng_app.page.query.table import COLUMNS, arrange, summary, table, table_frame
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


def table_html(rows: Sequence[Row], *, chinese: bool = False, **options: Any) -> str:
    """The table of rows, in their order."""
    options = {"selected": "", **options}
    return table(table_frame(rows, chinese=chinese), chinese=chinese, **options)


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
            self.lines[-1][-1] += unescape(data).strip()


def test_every_row_has_its_line() -> None:
    """The table has a line for each row, in order: state as shape and word, and why in words."""
    lines = Cells(table_html(ROWS)).lines[1:]
    assert [line[0] for line in lines] == [
        "◔ pending",
        "◑ processing",
        "● completed",
        "✕ failed",
        "? could not check",
    ]
    assert [line[1] for line in lines] == ["0 %", "63 % ~", "100 %", "0 %", ""]
    assert "place 12 of 4,000" in lines[0][3]
    assert "about 40 s left" in lines[1][3]
    assert "content review" in lines[3][3]
    assert lines[2][4:] == ["11-24 10:03", "5", "id-10"]
    assert lines[4][-1] == "nonsense"


def test_in_chinese_by_the_readers_clock() -> None:
    """Headings and words are in the reader's language, times by the reader's clock."""
    head, first, *_ = Cells(table_html(ROWS, chinese=True, utc_offset=480)).lines
    assert head[:2] == ["状态", "进度"]
    assert first[:3] == ["◔ 等待中", "0 %", "首尾帧"]
    assert first[4] == "11-24 17:03"


def test_values_are_escaped() -> None:
    """Prompts and ids never become markup."""
    hostile = Lookup(MARKUP, None, InvalidTaskId(), datetime.now(UTC)).row()
    assert "img" not in Cells(table_html([*ROWS, hostile], selected=MARKUP)).tags


def test_selected_row_is_marked() -> None:
    """One row is marked as the one that is shown beside the table."""
    html = table_html(ROWS, selected="id-10")
    assert html.count('aria-selected="true"') == 1
    assert 'data-task-id="id-10" data-state="completed" aria-selected="true"' in html


@pytest.mark.parametrize(
    ("looked_up", "text"), [(False, "Enter task IDs above"), (True, "No task")]
)
def test_empty(looked_up: bool, text: str) -> None:
    """Without rows the table keeps its columns, and says why it is empty."""
    html = table_html([], looked_up=looked_up)
    assert html.count("<th ") == len(COLUMNS)
    assert text in html


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("entered", ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
        ("newest", ["id-11", "id-10", "id-9", "id-8", "nonsense"]),
        (None, ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
    ],
)
def test_order(order: str | None, ids: list[str]) -> None:
    """Rows are in the order of the ids, or the newest first and those without a time last."""
    frame = arrange(table_frame(ROWS, chinese=False), order=order, search="")
    assert list(frame["id"]) == ids


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("CAT", ["id-10"]),
        ("failed", ["id-8"]),
        ("first waves", ["id-9"]),
        ("nonsense", ["nonsense"]),
        ("content review", ["id-8"]),
        ("no such thing", []),
        ("<img src=x onerror", ["id-11"]),
        (".*", []),
        ("  ", ["id-9", "id-11", "id-10", "id-8", "nonsense"]),
    ],
)
def test_search(search: str, ids: list[str]) -> None:
    """A search looks through prompts, modes, states, reasons and ids, whatever the case."""
    frame = arrange(table_frame(ROWS, chinese=False), order="newest", search=search)
    assert sorted(frame["id"]) == sorted(ids)
    assert arrange(table_frame([], chinese=False), order="newest", search=search).empty


def test_summary_counts_states() -> None:
    """A line says how many rows there are of each state, in the order of the rows."""
    frame = table_frame([ROWS[2], *ROWS[2:]], chinese=False)
    text = "4 in all · ● 2 completed · ✕ 1 failed · ? 1 could not check"
    assert summary(frame, chinese=False) == text


def test_a_frame_loses_nothing() -> None:
    """A frame has the rows' fields in order; integers stay integers, and null stays null."""
    frame = to_frame(ROWS)
    assert list(frame.columns) == list(Row.__annotations__)
    records = frame.to_dict("records")
    assert records == ROWS
    assert [type(record["progress"]) for record in records] == [int] * 4 + [type(None)]
