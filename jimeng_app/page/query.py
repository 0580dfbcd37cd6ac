"""The query panel: the tasks of the browser and others by their ids, drawn by scripts.

They show what the browser has stored, and ask `jimeng_app.page_routes.look_ups` for what is new.
"""

from collections.abc import Sequence

import gradio as gr

from .components import EVENT, script_element
from .connection import Connection
from .form.layout import Form, show_example


def build_query() -> gr.HTML:
    """The panel."""
    return script_element(
        "jimeng.queryPanel(element, trigger) /* 'connect' 'example' */",
        elem_id="query-panel",
    )


def bind_query(
    panel: gr.HTML, connection: Connection, forms: Sequence[Form], tabs: gr.Tabs
) -> None:
    """Bind the panel's buttons that lead elsewhere on the page.

    Args:
        panel: Of `build_query`.
        connection: The panel that opens for a credential.
        forms: The submission forms, in the order of their tabs.
        tabs: All tabs of the page.
    """
    panel.connect(lambda: gr.Accordion(open=True), None, connection.panel, **EVENT)
    show_example(connection, forms[0], panel.example, tabs)
    for form in forms:
        show = "(task_id) => { jimeng.showTasks([task_id]); return []; }"
        form.result.look_up.click(None, form.result.task_id, None, js=show, **EVENT)
