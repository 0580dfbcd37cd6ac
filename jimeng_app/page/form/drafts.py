"""The drafts of the forms: the browser keeps what stands in them, and fills it in again."""

import json
from collections.abc import Sequence

import gradio as gr

from jimeng_app.page.components import EVENT, script_element
from jimeng_app.page.connection import Connection

from .layout import Form


def bind_drafts(connection: Connection, forms: Sequence[Form]) -> None:
    """Let the browser keep what stands in the forms, and fill it in again.

    It must be called outside of the tabs: what is in one is drawn when the tab is opened.
    """
    for form in forms:
        _bind(connection, form)


def _bind(connection: Connection, form: Form) -> None:
    mode, fields = form.mode.value, form.by_name
    filler = script_element(
        "jimeng.bindForm(props, trigger, upload) /* 'fill' 'cut_off' */",
        elem_classes="hidden",
        mode=mode,
        defaults={name: _default(field) for name, field in fields.items()},
    )
    # The values, and what the model then offers.
    outputs = [*form.example_inputs, *form.settings.outputs]
    names = json.dumps([*fields, "no_more"])
    values = f"(backend) => jimeng.draftValues('{mode}', {names}, backend)"
    filler.fill(None, connection.backend, outputs, js=values, **EVENT).then(
        None, None, None, js=f"() => jimeng.endDraft('{mode}')", **EVENT
    )
    ready = [form.button, form.demo_button, form.messages["form"]]
    filler.cut_off(None, None, ready, js="() => jimeng.readyForm()", **EVENT)
    keep = f"(...values) => jimeng.keepDraft?.('{mode}', {json.dumps([*fields])}, values) ?? []"
    # As the page opens, and whenever one of the fields changes.
    gr.on(None, None, [*fields.values()], None, js=keep, **EVENT)


def _default(field: gr.components.Component) -> object:
    """What a component holds as the page opens."""
    return getattr(field, "value", None)
