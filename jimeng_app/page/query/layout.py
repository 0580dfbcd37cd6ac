"""查询: ids in, one look-up, a table with a row for each, the selected row's result beside it."""

from dataclasses import dataclass

import gradio as gr

from jimeng_app.page.events import EVENT
from jimeng_app.page.history import HistoryView, build_history
from jimeng_app.page.i18n import label

from .state import QueryState
from .table import SORT_ORDERS

MAX_IDS = 200
"""Ids of one look-up on the page."""

_COPY = "() => { const ids = jimeng.ids_shown(); jimeng.copy(ids.join('\\n')); return ids.length; }"


@dataclass(frozen=True, slots=True)
class QueryLayout:
    """The panel's components."""

    kept: HistoryView
    ids: gr.Textbox
    run: gr.Button
    follow: gr.Checkbox
    timer: gr.Timer
    note: gr.HTML
    search: gr.Textbox
    order: gr.Radio
    copy: gr.Button
    table: gr.HTML
    preview: gr.HTML
    state: gr.State
    """The visitor's `QueryState`."""
    clock: gr.Number
    """Minutes that the reader's clock is ahead of UTC."""
    copied: gr.Number
    """How many ids the browser has copied."""


def build_query(store: gr.BrowserState) -> QueryLayout:
    """The panel, laid out."""
    kept = build_history(store)
    ids = gr.Textbox(
        label=label("ids"),
        placeholder=label("ids_hint"),
        lines=2,
        max_lines=8,
        elem_id="query-ids",
    )
    with gr.Row(elem_classes="act"):
        run = gr.Button(label("run"), variant="primary", elem_id="query-run")
        follow = gr.Checkbox(
            label=label("follow"), container=False, min_width=120, elem_id="query-follow"
        )
    note = gr.HTML(elem_id="query-note", elem_classes="message")
    with gr.Row(elem_classes="columns"):
        with gr.Column(scale=7, min_width=320):
            search, order, copy = _build_tools()
            # Gradio knows an event of a part by its name in quotes here.
            table = gr.HTML(
                js_on_load="jimeng.table(element, trigger, ['example'])",
                apply_default_css=False,
                elem_id="query-table",
            )
        with gr.Column(scale=4, min_width=320):
            preview = gr.HTML(
                label("preview_none"),
                js_on_load="jimeng.does(element, trigger, ['connect', 'ask', 'again'])",
                apply_default_css=False,
                elem_id="query-preview",
            )
    return QueryLayout(
        kept=kept,
        ids=ids,
        run=run,
        follow=follow,
        timer=gr.Timer(active=False),
        note=note,
        search=search,
        order=order,
        copy=copy,
        table=table,
        preview=preview,
        state=gr.State(QueryState()),
        clock=gr.Number(0, visible=False),
        copied=gr.Number(0, visible=False),
    )


def bind_copy(query: QueryLayout) -> gr.events.Dependency:
    """Copy the ids of the rows that are shown, in the browser."""
    return query.copy.click(None, None, query.copied, js=_COPY, **EVENT)


def _build_tools() -> tuple[gr.Textbox, gr.Radio, gr.Button]:
    """What acts on the table."""
    with gr.Row(elem_classes="tools"):
        search = gr.Textbox(
            label=label("search"),
            show_label=False,
            placeholder=label("search_hint"),
            max_lines=1,
            container=False,
            min_width=140,
            elem_id="query-search",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
        )
        order = gr.Radio(
            [(label(f"order_{name}"), name) for name in SORT_ORDERS],
            value=SORT_ORDERS[0],
            label=label("order"),
            show_label=False,
            container=False,
            min_width=200,
            elem_id="query-order",
        )
        copy = gr.Button(label("copy_ids"), size="sm", min_width=110, elem_id="query-copy")
    return search, order, copy
