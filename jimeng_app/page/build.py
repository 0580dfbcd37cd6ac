"""The page: the desk, a form for each mode, and the query panel."""

import gradio as gr

from jimeng_app.client_pool import ClientPool
from jimeng_app.gradio_api import RawInputBlocks, register_endpoints

from .connection import bind_connection, build_connection
from .form.layout import build_form
from .form.modes import FORM_SPECS
from .form.submit import bind_submit
from .history import bind_history, build_store
from .i18n import label
from .query.handlers import QueryHandlers
from .query.layout import build_query


def build_page(pool: ClientPool) -> gr.Blocks:
    """The page and its named endpoints."""
    # Uploads that nobody came back for are deleted after a day.
    page = RawInputBlocks(
        title="JiMeng Studio", analytics_enabled=False, delete_cache=(3600, 86400)
    )
    with page:
        register_endpoints(pool)
        store = build_store()
        connection = build_connection(pool, store)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            forms = []
            for spec in FORM_SPECS:
                with gr.Tab(label(spec.mode), id=spec.mode.value, elem_id=f"tab-{spec.name}"):
                    forms.append(build_form(connection, spec))
            with gr.Tab(label("query"), id="query", elem_id="tab-query"):
                query = build_query(store)
        bind_connection(connection, page)
        for form in forms:
            bind_submit(connection, form)
        bind_history(query.kept, page)
        panel = QueryHandlers(connection, query)
        panel.bind(page)
        panel.bind_forms(forms, tabs)
    return page
