"""The query panel: the tasks of the browser and others by their ids, drawn by scripts.

They show what the browser has stored, and ask `jimeng_app.page_routes.look_ups` for what is new.
"""

from collections.abc import Sequence

import gradio as gr

from .components import script_element
from .connection import Connection
from .form.layout import Form, show_example


def build_query() -> gr.HTML:
    """The panel."""
    return script_element(
        "jimeng.queryPanel(element, trigger) /* 'example' */",
        elem_id="query-panel",
    )


def bind_query(
    panel: gr.HTML, connection: Connection, forms: Sequence[Form], tabs: gr.Tabs
) -> None:
    """Let the example of the empty panel fill a form.

    Args:
        panel: Of `build_query`.
        connection: The connection panel.
        forms: The submission forms, in the order of their tabs.
        tabs: All tabs of the page.
    """
    show_example(connection, forms[0], panel.example, tabs)
