"""The page: the connection panel, a form for each mode, and the query panel."""

import gradio as gr

from jimeng_app.client_pool import ClientPool
from jimeng_app.gradio_api import RawInputBlocks, register_endpoints
from jimeng_core.requests import Mode

from .batches.handlers import BatchHandlers
from .batches.layout import build_batches
from .components import html_name, script_element
from .connection import bind_connection, build_connection
from .form.drafts import bind_drafts
from .form.layout import build_form
from .form.submit import bind_submit
from .i18n import label
from .query import bind_query, build_query

REFRESH_SECONDS = 3.0
"""Seconds between two looks at an open batch."""


def build_page(pool: ClientPool) -> gr.Blocks:
    """The page and its named endpoints."""
    page = RawInputBlocks(
        title="JiMeng Studio",
        analytics_enabled=False,
        delete_cache=(3600, 86400),  # every hour, uploads that are older than a day
    )
    with page:
        register_endpoints(pool)
        connection = build_connection(pool)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            forms = []
            for mode in Mode:
                with gr.Tab(label(mode), id=mode.value, elem_id=f"tab-{html_name(mode)}"):
                    forms.append(build_form(connection, mode))
            with gr.Tab(label("query"), id="query", elem_id="tab-query"):
                query = build_query()
            if pool.batches.installed:
                with gr.Tab(label("batches"), id="batches", elem_id="tab-batches") as tab:
                    BatchHandlers(connection, build_batches(tab, REFRESH_SECONDS)).bind()
        script_element("jimeng.restoreTab()", elem_classes="hidden")
        gr.HTML(label("api_docs"), elem_id="api-docs", elem_classes="hint")
        bind_connection(connection, page, [form.demo_button for form in forms])
        bind_submit(connection, forms)
        bind_drafts(connection, forms)
        bind_query(query, connection, forms, tabs)
    return page
