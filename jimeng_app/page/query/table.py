"""The table of tasks: a pandas frame that is searched, ordered, counted and shown as HTML.

No `gr.Dataframe` shows it: replacing its value loses the reader's place, it has no narrow form, and
its headers cannot be translated. Of a `gr.HTML` Gradio changes only the cells that differ.
"""

from collections.abc import Sequence

import pandas as pd

from jimeng_app.frames import to_frame
from jimeng_app.page import formatting
from jimeng_app.page.i18n import translate
from jimeng_app.page.rendering import render
from jimeng_core.rows import Row

COLUMNS = ("state", "progress", "mode", "prompt", "created", "seconds", "id")

SORT_ORDERS = ("entered", "newest")
"""How rows can be ordered; the first is the default."""

SEARCHED = ["id", "mode_text", "prompt", "state_text", "note"]
"""The columns that a search looks through."""


def table_frame(rows: Sequence[Row], *, chinese: bool) -> pd.DataFrame:
    """`to_frame(rows)`, and behind its columns the words that a reader sees."""
    frame = to_frame(rows)
    states = [formatting.state_name(row) for row in rows]
    return frame.assign(
        state_name=states,
        state_text=[formatting.state_text(state, chinese=chinese) for state in states],
        progress_text=[formatting.progress_text(row) for row in rows],
        mode_text=[translate(row["mode"], chinese=chinese) if row["mode"] else "" for row in rows],
        note=[formatting.note(row, chinese=chinese) for row in rows],
    )


def arrange(frame: pd.DataFrame, *, order: object, search: object) -> pd.DataFrame:
    """The lines to show, in their order.

    Args:
        frame: Of `table_frame`, in the order in which the ids were entered.
        order: One of `SORT_ORDERS`.
        search: Words that must all occur in a line, whatever the case.
    """
    text = frame["id"].str.cat(frame[SEARCHED[1:]], sep="\n", na_rep="").str.casefold()
    for word in str(search or "").casefold().split():
        frame = frame[text[frame.index].str.contains(word, regex=False)]
    if order == "newest":
        frame = frame.sort_values("created_at", ascending=False, kind="stable")
    return frame


def summary(frame: pd.DataFrame, *, chinese: bool) -> str:
    """How many lines there are of each state."""
    counts = frame["state_name"].value_counts(sort=False)
    states = " · ".join(
        f"{formatting.SHAPES[name]} {count} {translate(name, chinese=chinese)}"
        for name, count in zip(counts.index, counts, strict=True)
    )
    return translate("summary", chinese=chinese, count=len(frame), states=states)


def table(
    frame: pd.DataFrame,
    *,
    selected: str,
    chinese: bool,
    utc_offset: float = 0,
    looked_up: bool = True,
) -> str:
    """HTML: one line for each row.

    Args:
        frame: Of `table_frame`, in the order to show.
        selected: The id of the row that is shown beside it.
        chinese: The reader's language.
        utc_offset: Minutes that the reader's clock is ahead of UTC.
        looked_up: Whether anything was looked up; else the empty table offers an example.
    """
    return render(
        "table.html",
        chinese=chinese,
        utc_offset=utc_offset,
        columns=COLUMNS,
        frame=frame,
        selected=selected,
        looked_up=looked_up,
    )
