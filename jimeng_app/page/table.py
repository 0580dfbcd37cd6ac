"""The table of tasks as HTML. Pure; every text that comes from elsewhere is escaped here.

No `gr.Dataframe`: replacing its value loses the reader's place, it knows no narrow form, and its
headers cannot be translated. Of a `gr.HTML` Gradio changes only the cells that differ.
"""

from collections.abc import Sequence
from html import escape

from jimeng_core.tasks import ProgressSource, Row

from .show import local_time, note, number, state_of, state_words
from .texts import say

COLUMNS = ("state", "progress", "mode", "prompt", "created", "seconds", "id")
ORDERS = ("asked", "newest")
"""How rows can be ordered; the first is how it begins."""


def arranged(rows: Sequence[Row], *, order: object, search: object, chinese: bool) -> list[Row]:
    """The rows to show, in their order.

    Args:
        rows: What a look-up found, in the order asked.
        order: One of `ORDERS`.
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
        f'<th scope="col" class="{name}">{escape(say(f"column_{name}", chinese=chinese))}</th>'
        for name in COLUMNS
    )
    lines = "".join(
        _line(index, row, chosen=chosen, chinese=chinese, offset=offset)
        for index, row in enumerate(rows)
    )
    nothing = say("no_match" if asked else "no_rows", chinese=chinese)
    empty = f'<tr><td class="empty" colspan="{len(COLUMNS)}">{escape(nothing)}</td></tr>'
    name = escape(say("query", chinese=chinese))
    return (
        f'<div class="scroller" tabindex="-1"><table role="grid" aria-label="{name}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines or empty}</tbody></table></div>"
    )


def _line(index: int, row: Row, *, chosen: object, chinese: bool, offset: float) -> str:
    why = note(row, chinese=chinese)
    prompt = " ".join((row["prompt"] or "").split())
    cells = {
        "state": f'<span class="state-{state_of(row)}">'
        f"{escape(state_words(row, chinese=chinese))}</span>",
        "progress": escape(progress(row)),
        "mode": escape(say(row["mode"], chinese=chinese) if row["mode"] else ""),
        "prompt": f'<span class="said">{escape(prompt)}</span>'
        f'<span class="why">{escape(why)}</span>',
        "created": escape(local_time(row["created_at"], offset)),
        "seconds": escape(number(row["duration_seconds"])),
        "id": f"<code>{escape(row['id'] or '')}</code>",
    }
    inside = "".join(
        f'<td role="gridcell" data-row="{index}" class="{name}">{cell}</td>'
        for name, cell in cells.items()
    )
    selected = "true" if row["id"] == chosen else "false"
    return (
        f'<tr tabindex="0" data-id="{escape(row["id"] or "")}" aria-selected="{selected}">'
        f"{inside}</tr>"
    )


def progress(row: Row) -> str:
    """How far a task is; an estimate carries "~"."""
    if row["progress"] is None:
        return ""
    about = " ~" if row["progress_source"] == ProgressSource.ESTIMATE else ""
    return f"{row['progress']} %{about}"


def _text(row: Row, *, chinese: bool) -> str:
    """What a search looks through."""
    mode = say(row["mode"], chinese=chinese) if row["mode"] else ""
    words = state_words(row, chinese=chinese), note(row, chinese=chinese)
    return "\n".join((row["id"] or "", mode, row["prompt"] or "", *words)).casefold()
