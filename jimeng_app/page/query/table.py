"""The table of tasks: a pandas frame, and the frame as HTML. Pure; what is shown is escaped here.

No `gr.Dataframe` shows it: replacing its value loses the reader's place, it knows no narrow form,
and its headers cannot be translated. Of a `gr.HTML` Gradio changes only the cells that differ.
"""

from collections.abc import Hashable, Mapping, Sequence
from html import escape

import pandas as pd

from jimeng_app.page.formatting import local_time, note, number, state_of, state_words
from jimeng_app.page.i18n import translate
from jimeng_core.rows import Row
from jimeng_core.tasks import ProgressSource

COLUMNS = ("state", "progress", "mode", "prompt", "created", "seconds", "id")


SORT_ORDERS = ("asked", "newest")
"""How rows can be ordered; the first is how it begins."""


def arranged(rows: Sequence[Row], *, order: object, search: object, chinese: bool) -> list[Row]:
    """The rows to show, in their order.

    Args:
        rows: What a look-up found, in the order asked.
        order: One of `SORT_ORDERS`.
        search: What a row must hold, whatever the case: words that all stand in it.
        chinese: The reader's language.
    """
    wanted = str(search or "").casefold().split()
    found = [row for row in rows if all(word in _text(row, chinese=chinese) for word in wanted)]
    if order == "newest":
        found.sort(key=lambda row: row["created_at"] or "", reverse=True)
    return found


def table(
    rows: Sequence[Row], *, chosen: object, chinese: bool, offset: float = 0, asked: bool = True
) -> str:
    """HTML: one line for each row.

    Args:
        rows: In their order.
        chosen: The id of the row that is shown beside it.
        chinese: The reader's language.
        offset: Minutes that the reader's clock is ahead of UTC.
        asked: Whether anything was looked up.
    """
    heads = "".join(
        f'<th scope="col" class="{name}">{escape(heading)}</th>'
        for name in COLUMNS
        if (heading := translate(f"column_{name}", chinese=chinese))
    )
    frame = frame_of(rows, chinese=chinese, offset=offset)
    lines = "".join(
        _line(index, cells, chosen=chosen) for index, cells in enumerate(frame.to_dict("records"))
    )
    nothing = (
        escape(translate("no_match", chinese=chinese)) if asked else _invitation(chinese=chinese)
    )
    empty = f'<tr><td class="empty" colspan="{len(COLUMNS)}">{nothing}</td></tr>'
    name = escape(translate("query", chinese=chinese))
    return (
        f'<div class="scroller" tabindex="-1"><table role="grid" aria-label="{name}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines or empty}</tbody></table></div>"
    )


def _invitation(*, chinese: bool) -> str:
    """What stands in the table before anything was looked up."""
    words, button = (escape(translate(key, chinese=chinese)) for key in ("no_rows", "make_example"))
    return f'<p>{words}</p><button type="button" data-does="example">{button}</button>'


def frame_of(rows: Sequence[Row], *, chinese: bool, offset: float = 0) -> pd.DataFrame:
    """The rows as a table of the words that a reader sees, one line a row.

    Besides `COLUMNS` it has `name`, the state's own name, and `why`, what there is to say of it.
    """
    return pd.DataFrame(
        [
            (
                state_words(row, chinese=chinese),
                progress(row),
                translate(row["mode"], chinese=chinese) if row["mode"] else "",
                " ".join((row["prompt"] or "").split()),
                local_time(row["created_at"], offset),
                number(row["duration_seconds"]),
                row["id"] or "",
                state_of(row),
                note(row, chinese=chinese),
            )
            for row in rows
        ],
        columns=[*COLUMNS, "name", "why"],
        dtype=str,
    )


def _line(index: int, cells: Mapping[Hashable, str], *, chosen: object) -> str:
    """One line of the frame as HTML."""
    shown = {name: escape(cells[name]) for name in COLUMNS}
    task_id = shown["id"]
    shown["state"] = f'<span class="state-{escape(cells["name"])}">{shown["state"]}</span>'
    shown["id"] = f"<code>{task_id}</code>"
    shown["prompt"] = (
        f'<span class="said">{shown["prompt"]}</span>'
        f'<span class="why">{escape(cells["why"])}</span>'
    )
    inside = "".join(
        f'<td role="gridcell" data-row="{index}" class="{name}">{cell}</td>'
        for name, cell in shown.items()
    )
    selected = "true" if cells["id"] == chosen else "false"
    return f'<tr tabindex="0" data-id="{task_id}" aria-selected="{selected}">{inside}</tr>'


def progress(row: Row) -> str:
    """How far a task is; an estimate carries "~"."""
    if row["progress"] is None:
        return ""
    about = " ~" if row["progress_source"] == ProgressSource.ESTIMATE else ""
    return f"{row['progress']} %{about}"


def _text(row: Row, *, chinese: bool) -> str:
    """What a search looks through."""
    mode = translate(row["mode"], chinese=chinese) if row["mode"] else ""
    words = state_words(row, chinese=chinese), note(row, chinese=chinese)
    return "\n".join((row["id"] or "", mode, row["prompt"] or "", *words)).casefold()
