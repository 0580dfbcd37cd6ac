"""查询: ids in, one look-up, a table with a row for each, the selected row's video beside it."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.calls import attempt
from jimeng_app.endpoints import get_videos, refused_rows
from jimeng_core.tasks import Row

from . import show
from .desk import QUICK, RAW, Desk, Values
from .submitting import Form
from .texts import label, say

MOST_IDS = 200
"""Ids of one look-up on the page."""

_BETWEEN = re.compile(r"[\s,，、;；。|\"'“”‘’()（）\[\]【】<>]+")

LOCAL_CLOCK = "(...values) => [...values.slice(0, -1), -new Date().getTimezoneOffset()]"
"""Gives, as the last value, how many minutes the reader's clock is ahead of UTC."""


@dataclass(frozen=True, slots=True)
class Query:
    """The panel's components."""

    ids: gr.Textbox
    run: gr.Button
    note: gr.HTML
    table: gr.Dataframe
    preview: gr.HTML
    rows: gr.State
    """The rows that the table shows."""
    clock: gr.Number
    """Minutes that the reader's clock is ahead of UTC."""


def split_ids(text: str) -> list[str]:
    """The ids of a text, whatever stands between them."""
    return [piece for piece in _BETWEEN.split(text) if piece]


def lay_query() -> Query:
    """The panel, laid out."""
    ids = gr.Textbox(
        label=label("ids"),
        placeholder=label("ids_hint"),
        lines=3,
        max_lines=8,
        elem_id="query-ids",
    )
    run = gr.Button(label("run"), variant="primary", elem_id="query-run")
    note = gr.HTML(elem_id="query-note", elem_classes="message")
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            table = gr.Dataframe(
                show.table([], chinese=False),
                label=label("tasks"),
                show_label=False,
                interactive=False,
                datatype="str",
                wrap=False,
                max_height=520,
                column_widths=[
                    "120px",
                    "90px",
                    "140px",
                    "220px",
                    "260px",
                    "110px",
                    "80px",
                    "320px",
                ],
                buttons=["copy"],
                elem_id="query-table",
            )
        with gr.Column(scale=2, min_width=320):
            preview = gr.HTML(label("preview_none"), elem_id="query-preview")
    return Query(ids, run, note, table, preview, gr.State([]), gr.Number(0, visible=False))


def attach_query(desk: Desk, query: Query, blocks: gr.Blocks) -> None:
    """Make the panel work."""

    def opening(request: gr.Request) -> Any:  # noqa: ANN401 - a frame of pandas
        return show.table([], chinese=desk.call(request, None, None).chinese)

    blocks.load(opening, None, query.table, **QUICK)
    gr.on(
        [query.run.click, query.ids.submit],
        _asking(desk, query),
        *_in_and_out(desk, query),
        js=LOCAL_CLOCK,
        trigger_mode="once",
        **RAW,
    )

    def select(rows: Sequence[Row], clock: float, request: gr.Request, event: gr.SelectData) -> str:
        # By the id that stands in the row: sorting and searching move rows about.
        chosen = next((row for row in rows if row["id"] == event.row_value[-1]), None)
        chinese = desk.call(request, None, None).chinese
        return show.preview(chosen, chinese=chinese, offset=clock)

    query.table.select(select, [query.rows, query.clock], query.preview, **QUICK)


def attach_look_up(desk: Desk, query: Query, form: Form, tabs: gr.Tabs) -> None:
    """Make a form's "look it up" go to the panel with its id, and ask."""
    form.result.look_up.click(
        lambda task_id: (task_id, gr.Tabs(selected="query")),
        form.result.task_id,
        [query.ids, tabs],
        **QUICK,
    ).then(_asking(desk, query), *_in_and_out(desk, query), js=LOCAL_CLOCK, **RAW)


def _in_and_out(desk: Desk, query: Query) -> tuple[list[Any], list[Any]]:
    return (
        [query.ids, *desk.who, query.clock],
        [query.run, query.note, query.table, query.preview, query.rows, query.clock],
    )


def _asking(desk: Desk, query: Query) -> Any:  # noqa: ANN401 - a handler, as Gradio takes it
    """A handler of its own for each event: one function bound twice would share its queue."""

    async def ask(
        text: str, backend: str, token: str, clock: float, request: gr.Request
    ) -> AsyncIterator[Values]:
        call = desk.call(request, backend, token)
        chinese = call.chinese
        ids = split_ids(text)
        asked, rest = ids[:MOST_IDS], ids[MOST_IDS:]
        if not asked:
            yield {query.note: show.message(say("no_ids", chinese=chinese))}
            return
        yield {query.run: gr.Button(say("running", chinese=chinese), interactive=False)}
        rows = await attempt(
            lambda: get_videos(call, asked), lambda error: refused_rows(call, error, asked)
        )
        note = show.message(show.summary(rows, chinese=chinese), "hint")
        if rest:
            note += show.message(
                say("too_many_ids", chinese=chinese, limit=MOST_IDS, rest=len(rest)), "warning"
            )
        yield {
            query.run: gr.Button(label("run"), interactive=True),
            query.note: note,
            query.table: show.table(rows, chinese=chinese, offset=clock),
            query.preview: show.preview(show.first_to_show(rows), chinese=chinese, offset=clock),
            query.rows: rows,
            query.clock: clock,
        }

    return ask
