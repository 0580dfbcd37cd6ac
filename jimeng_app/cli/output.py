"""Command-line output: results to standard output, notes and progress bars to standard error."""

import codecs
import csv
import io
import json
import os
import sys
from collections.abc import Sequence
from enum import Enum
from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.style import Style
from rich.table import Table
from rich.text import Text

from jimeng_core.rows import Row
from jimeng_core.tasks import ProgressSource, TaskState

FIELDS: Final = tuple(Row.__annotations__)
"""The fields of a row, in the contract's order."""


COLUMNS: Final = ("id", "state", "progress", "mode", "result")


ENDLESS: Final = 100_000
"""Columns where no terminal sets a limit: no id or address is cut."""


_COLOURS: Final = {TaskState.COMPLETED: "green", TaskState.FAILED: "red"}


class OutputFormat(Enum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def out(text: str) -> None:
    """Write a result."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Write a line that is no result."""
    _write(sys.stderr, f"{text}\n")


def out_json(value: object) -> None:
    """Write a value as one line of JSON."""
    # The escapes of a stream that lacks a letter are Python's, not JSON's.
    encoding = codecs.lookup(sys.stdout.encoding or "utf-8").name
    out(f"{json.dumps(value, ensure_ascii=not encoding.startswith('utf'))}\n")


def out_rows(rows: Sequence[Row], form: OutputFormat) -> None:
    """Write rows: a table to read, one JSON array, or CSV with the fields as its header."""
    match form:
        case OutputFormat.JSON:
            out_json(rows)
        case OutputFormat.CSV:
            out(_csv(rows))
        case OutputFormat.TABLE:
            out(_table(rows))


def plain(text: str) -> str:
    """Text from elsewhere in one line that does nothing to a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The reader has left (`… | head`). That is its right, and changes nothing for the command.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _csv(rows: Sequence[Row]) -> str:
    """What is no single value stands in its cell as JSON."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: json.dumps(value, ensure_ascii=False)
                if isinstance(value, dict | list)
                else value
                for name, value in row.items()
            }
        )
    return text.getvalue()


def _table(rows: Sequence[Row]) -> str:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        table.add_column(name, no_wrap=name != "result", overflow="fold")
    for row in rows:
        state = row["state"] or "-"
        cells = (row["id"] or "", state, _progress(row), row["mode"] or "")
        colour = _COLOURS.get(TaskState(state), "") if row["state"] else "red"
        table.add_row(*(Text(plain(cell), colour) for cell in cells[:2]), *cells[2:], _result(row))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = ENDLESS
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _progress(row: Row) -> str:
    """How far a task is; an estimate carries "~"."""
    if row["progress"] is None:
        return ""
    about = "~" if row["progress_source"] == ProgressSource.ESTIMATE else ""
    return f"{about}{row['progress']}%"


def _result(row: Row) -> Text:
    """What came of it, or why not, or how long it may take."""
    if error := row["error"]:
        code = f"{error['code']} ({error['upstream_code']})" if error["upstream_code"] else None
        return Text(plain(f"{code or error['code']}: {error['message']}"))
    links = row["image_urls"] or ([row["video_url"]] if row["video_url"] else [])
    if links:
        return Text("\n").join(Text(plain(link), Style(link=plain(link))) for link in links)
    if row["queue_position"] is not None:
        length = f"/{row['queue_length']}" if row["queue_length"] is not None else ""
        return Text(f"queue {row['queue_position']}{length}")
    return Text(f"{row['eta_seconds']} s left" if row["eta_seconds"] else "")


class ProgressBars:
    """One bar for each id, while the context is open.

    Args:
        ids: What each bar is called.
        columns: What stands behind the bars.
    """

    def __init__(self, ids: list[str], *columns: ProgressColumn) -> None:
        console = Console(file=sys.stderr)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            *columns,
            console=console,
            disable=not console.is_terminal,
            # A result that goes elsewhere must not end up between the bars.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._bars: dict[str, TaskID] = {
            one: self._progress.add_task(plain(one), total=None, state="")
            for one in dict.fromkeys(ids)
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, name: str, done: float, total: float | None, state: str = "") -> None:
        """Move one bar; without a total, it only shows that something happens."""
        self._progress.update(self._bars[name], completed=done, total=total, state=state)
