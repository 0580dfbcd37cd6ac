"""The page: the desk, three forms and the query panel."""

import gradio as gr

from jimeng_app.gradio_doors import Doors, open_doors
from jimeng_app.studio import Studio

from . import first_last_frame, multi_frame, subject_reference
from .desk import connect, lay_desk
from .kept import attach_kept, lay_store
from .panel import Panel
from .query import lay_query
from .texts import label


def build_page(studio: Studio) -> gr.Blocks:
    """The page and its named endpoints."""
    # Uploads that nobody came back for are deleted after a day.
    page = Doors(title="JiMeng Studio", analytics_enabled=False, delete_cache=(3600, 86400))
    with page:
        open_doors(studio)
        store = lay_store()
        desk = lay_desk(studio, store)
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            forms = []
            for module in (first_last_frame, multi_frame, subject_reference):
                name = module.MODE.value
                with gr.Tab(label(name), id=name, elem_id=f"tab-{name.replace('_', '-')}"):
                    forms.append(module.lay_form(desk))
            with gr.Tab(label("query"), id="query", elem_id="tab-query"):
                query = lay_query(store)
        connect(desk, page)
        attach_kept(query.kept, page)
        panel = Panel(desk, query)
        panel.attach(page)
        panel.attach_forms(forms, tabs)
    return page
