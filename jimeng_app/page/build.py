"""The page: the desk, a form for each mode, and the query panel."""

import gradio as gr

from jimeng_app.gradio_doors import Doors, open_doors
from jimeng_app.studio import Studio

from . import first_last_frame, image, multi_frame, subject_reference
from .desk import connect, lay_desk
from .form import lay_form
from .kept import attach_kept, lay_store
from .panel import Panel
from .query import lay_query
from .submitting import attach_submit
from .texts import label

PLANS = (first_last_frame.PLAN, multi_frame.PLAN, subject_reference.PLAN, image.PLAN)
"""The forms, in the order of their tabs."""


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
            for plan in PLANS:
                with gr.Tab(label(plan.mode), id=plan.mode.value, elem_id=f"tab-{plan.name}"):
                    forms.append(lay_form(desk, plan))
            with gr.Tab(label("query"), id="query", elem_id="tab-query"):
                query = lay_query(store)
        connect(desk, page)
        for form in forms:
            attach_submit(desk, form)
        attach_kept(query.kept, page)
        panel = Panel(desk, query)
        panel.attach(page)
        panel.attach_forms(forms, tabs)
    return page
