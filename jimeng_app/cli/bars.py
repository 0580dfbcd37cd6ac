"""Progress bars on standard error, where that is a terminal; else nothing."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn

from .printing import plain


class Bars:
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
