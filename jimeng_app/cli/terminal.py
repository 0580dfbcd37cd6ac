"""Tables and progress bars, by rich. Loaded only where they are shown."""

import sys
from collections.abc import Sequence
from typing import Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TransferSpeedColumn,
)
from rich.style import Style
from rich.table import Table
from rich.text import Text

from jimeng_core.rows import Row
from jimeng_core.tasks import ProgressSource

from .output import plain

_COLUMNS: Final = ("id", "state", "progress", "mode", "result")
_UNLIMITED: Final = 100_000
"""The width of a table outside of a terminal, in characters: no id or URL is cut."""
_COLOURS: Final[dict[str | None, str]] = {
    "completed": "green",
    "failed": "red",
    None: "red",  # a failed look-up
}


def table(rows: Sequence[Row]) -> str:
    """Rows as a table: on a terminal in colours and as wide as it, else with lines of any width."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, no_wrap=name != "result", overflow="fold")
    for row in rows:
        colour = _COLOURS.get(row["state"], "")
        cells = (Text(plain(text), colour) for text in (row["id"] or "", row["state"] or "-"))
        table.add_row(*cells, _progress(row), row["mode"] or "", _result(row))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    with console.capture() as capture:
        console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _progress(row: Row) -> str:
    """The progress in percent, with "~" before an estimate."""
    if row["progress"] is None:
        return ""
    estimate = "~" if row["progress_source"] == ProgressSource.ESTIMATE else ""
    return f"{estimate}{row['progress']}%"


def _result(row: Row) -> Text:
    """The error, the URLs, the place in the queue, or the time left."""
    if error := row["error"]:
        upstream = f" ({error['upstream_code']})" if error["upstream_code"] else ""
        return Text(plain(f"{error['code']}{upstream}: {error['message']}"))
    if urls := row["image_urls"] or [url for url in (row["video_url"],) if url]:
        return Text("\n").join(Text(plain(url), Style(link=plain(url))) for url in urls)
    if row["queue_position"] is not None:
        length = f"/{row['queue_length']}" if row["queue_length"] is not None else ""
        return Text(f"queue {row['queue_position']}{length}")
    return Text(f"{row['eta_seconds']} s left" if row["eta_seconds"] else "")


class ProgressBars(Progress):
    """One progress bar for each id, followed by `columns`; shown on a terminal only."""

    def __init__(self, ids: Sequence[str], *columns: ProgressColumn) -> None:
        console = Console(file=sys.stderr)
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            *columns,
            console=console,
            disable=not console.is_terminal,
            # A result that is written to a file or a pipe must not end up among the bars.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._bars = {
            task_id: self.add_task(plain(task_id), total=None, state="")
            for task_id in dict.fromkeys(ids)
        }

    @classmethod
    def of_tasks(cls, ids: Sequence[str]) -> Self:
        """The progress of tasks, in percent, and their states."""
        return cls(ids, TaskProgressColumn(), TextColumn("{task.fields[state]}", markup=False))

    @classmethod
    def of_bytes(cls, ids: Sequence[str]) -> Self:
        """The progress of downloads or uploads."""
        return cls(ids, DownloadColumn(), TransferSpeedColumn())

    def show(self, task_id: str, done: float, total: float | None, state: str = "") -> None:
        """Update one bar; without a total it only shows activity."""
        self.update(self._bars[task_id], completed=done, total=total, state=state)
