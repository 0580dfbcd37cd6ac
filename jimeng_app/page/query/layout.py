"""The query panel: ids, a table with a row for each, and the selected row's result beside it."""

import gradio as gr

from jimeng_app.page.history import build_history
from jimeng_app.page.i18n import label

from .state import QueryState
from .table import SORT_ORDERS

READY = "jimeng.ready.then"
MAX_IDS = 200
"""Ids of one look-up on the page."""
MAX_TEXT = 100_000
"""Characters of the field for ids that are read."""


class QueryLayout:
    """The panel's components, laid out where an instance is made."""

    def __init__(self) -> None:
        self.history = build_history()
        self.ids = gr.Textbox(
            label=label("ids"),
            placeholder=label("ids_hint"),
            lines=2,
            max_lines=8,
            elem_id="query-ids",
        )
        with gr.Row(elem_classes="actions"):
            self.run = gr.Button(label("run"), variant="primary", elem_id="query-run")
            self.follow = gr.Checkbox(
                label=label("follow"), container=False, min_width=120, elem_id="query-follow"
            )
        self.note = gr.HTML(elem_id="query-note", elem_classes="message")
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=7, min_width=320):
                self._build_tools()
                # Gradio knows a custom event by its name in quotes in the script.
                self.table = gr.HTML(
                    js_on_load=f"{READY}(() => jimeng.taskTable(element, trigger, ['example']))",
                    apply_default_css=False,
                    elem_id="query-table",
                )
            with gr.Column(scale=4, min_width=320):
                self.preview = gr.HTML(
                    label("preview_none"),
                    js_on_load=f"{READY}(() => jimeng.bindActions(element, trigger))"
                    " // ['connect', 'ask', 'again']",
                    apply_default_css=False,
                    elem_id="query-preview",
                )
        self.timer = gr.Timer(active=False)
        self.state = gr.State(QueryState())
        self.utc_offset = gr.Number(0, visible=False)
        """Minutes that the reader's clock is ahead of UTC."""
        self.copied = gr.Number(0, visible=False)
        """How many ids the browser has copied."""

    def _build_tools(self) -> None:
        """What acts on the table."""
        with gr.Row(elem_classes="tools"):
            self.search = gr.Textbox(
                label=label("search"),
                show_label=False,
                placeholder=label("search_hint"),
                max_lines=1,
                container=False,
                min_width=140,
                elem_id="query-search",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
            )
            self.order = gr.Radio(
                [(label(f"order_{name}"), name) for name in SORT_ORDERS],
                value=SORT_ORDERS[0],
                label=label("order"),
                show_label=False,
                container=False,
                min_width=200,
                elem_id="query-order",
            )
            self.copy = gr.Button(label("copy_ids"), size="sm", min_width=110, elem_id="query-copy")
