"""A form, laid out: the same for every mode but for its pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.call_context import CallContext
from jimeng_app.page.connection import Connection
from jimeng_app.page.events import EVENT, RAW_EVENT, Values
from jimeng_app.page.i18n import label
from jimeng_core.catalog import catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName

from . import examples
from .settings_fields import SettingsFields, build_settings_fields


@dataclass(frozen=True, slots=True)
class PictureFields:
    """The pictures of a form, laid out: what tells the forms apart."""

    components: Sequence[gr.components.Component]
    request_fields: Callable[[Values], dict[str, Any]]
    """The request's fields out of their values."""
    example: Callable[[CallContext], list[Any]]
    """Their values in the example."""
    crop_hint: gr.HTML | None
    """Says what the chosen ratio does to them, where it does something."""


@dataclass(frozen=True, slots=True)
class FormSpec:
    """What a form is to be made of."""

    mode: Mode
    build_pictures: Callable[[], PictureFields]
    prompt: str | None
    """The text that shows what a prompt can be; None: the form has no prompt of its own."""

    @property
    def name(self) -> str:
        """How the ids of its elements begin."""
        return self.mode.replace("_", "-")


@dataclass(frozen=True, slots=True)
class ResultPanel:
    """The right-hand side of a form: what became of the task."""

    example: gr.Button
    task_id: gr.Textbox
    status: gr.HTML
    look_up: gr.Button


@dataclass(frozen=True, slots=True)
class Form:
    """One tab's form, laid out."""

    spec: FormSpec
    pictures: PictureFields
    prompt: gr.Textbox | None
    fields: SettingsFields
    messages: dict[str, gr.HTML]
    """Where problems are told, by place; what has no place stands below the button."""
    button: gr.Button
    beside: gr.HTML
    sends: gr.HTML
    """Says what the button would send."""
    result: ResultPanel

    @property
    def filled(self) -> list[gr.components.Component]:
        """What the example fills in."""
        return [*self.pictures.components, *([self.prompt] if self.prompt else [])]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """All that a visitor fills in."""
        return [*self.filled, *self.fields.by_name.values()]

    def request_fields(self, values: Values) -> dict[str, Any]:
        """The request's fields out of the components' values."""
        words = {"prompt": values[self.prompt] or ""} if self.prompt else {}
        return {
            **words,
            **self.pictures.request_fields(values),
            **self.fields.request_fields(values),
        }

    def example(self, call: CallContext) -> Values:
        """The form filled with its example."""
        given = self.pictures.example(call)
        values: Values = dict(zip(self.pictures.components, given, strict=True))
        if self.prompt:
            values[self.prompt] = examples.words(self.spec.mode, chinese=call.chinese)
        return values


def build_form(connection: Connection, spec: FormSpec) -> Form:
    """A form, its example, and what it says of itself while it is filled in."""
    messages: dict[str, gr.HTML] = {}
    with gr.Row(elem_classes="columns"):
        with gr.Column(scale=3, min_width=320):
            pictures = spec.build_pictures()
            messages["pictures"] = _build_message(spec, "pictures-problem")
            prompt = None
            if spec.prompt:
                prompt = _build_prompt(spec, spec.prompt)
                messages["prompt"] = _build_message(spec, "prompt-problem")
            fields = build_settings_fields(spec.mode)
            messages["settings"] = _build_message(spec, "settings-problem")
            sends, button = _build_button(spec)
            beside = _build_message(spec, "problem")
        result = _build_result(spec)
    form = Form(spec, pictures, prompt, fields, messages, button, beside, sends, result)

    show_example(connection, form, result.example.click)
    fields.follow(connection)
    _follow(connection, form)
    return form


def show_example(
    connection: Connection,
    form: Form,
    trigger: Callable[..., gr.events.Dependency],
    tabs: gr.Tabs | None = None,
) -> None:
    """Make an event fill a form with its example, and lead on to its button.

    Args:
        connection: The connection panel.
        form: Which form.
        trigger: The event.
        tabs: Where the form's tab is to be opened; None: it is open.
    """

    def example(request: gr.Request) -> Values:
        opened = {tabs: gr.Tabs(selected=form.spec.mode.value)} if tabs else {}
        return {**opened, **form.example(connection.call(request, None, None))}

    trigger(example, None, [*([tabs] if tabs else []), *form.filled], **RAW_EVENT).then(
        None, None, None, js=f"() => jimeng.lead('{form.spec.name}-submit')", **EVENT
    )


def _follow(connection: Connection, form: Form) -> None:
    """Say at once, in the browser, what the fields come to."""
    part = form.fields.by_name
    # Where a video has no length of its own, its pictures have one each.
    amount = part.get("count") or part.get("duration") or form.pictures.components[0]
    told: list[tuple[gr.HTML, list[Any]]] = [
        (form.sends, [connection.backend, amount, part["resolution"]])
    ]
    if form.pictures.crop_hint:
        told.append((form.pictures.crop_hint, [connection.backend, part["model"], part["ratio"]]))
    for line, inputs in told:
        # As the page opens, and whenever one of the inputs changes.
        gr.on(None, None, inputs, line, js="(...values) => [values]", **EVENT)


def _build_message(spec: FormSpec, place: str) -> gr.HTML:
    """Room for what is wrong with the fields above it."""
    return gr.HTML(elem_id=f"{spec.name}-{place}", elem_classes="message")


def _build_prompt(spec: FormSpec, example: str) -> gr.Textbox:
    return gr.Textbox(
        label=label("prompt"),
        placeholder=label(example),
        lines=3,
        max_lines=10,
        elem_id=f"{spec.name}-prompt",
    )


def _build_button(spec: FormSpec) -> tuple[gr.HTML, gr.Button]:
    """The one primary button of a form, and beside it what a press sends."""
    with gr.Row(elem_classes="send"):
        sends = gr.HTML(
            html_template="",  # drawn by the script alone
            js_on_load="jimeng.sends(element, props, watch)",
            apply_default_css=False,
            elem_id=f"{spec.name}-sends",
            mode=spec.mode.value,
            counts=spec.mode is Mode.IMAGE,
            backends=[each.value for each in BackendName if catalog().models_for(each, spec.mode)],
        )
        button = gr.Button(label("submit"), variant="primary", elem_id=f"{spec.name}-submit")
    return sends, button


def _build_result(spec: FormSpec) -> ResultPanel:
    """The right-hand side, which invites before there is a task."""
    with gr.Column(scale=2, min_width=320, elem_classes="result"):
        task_id = gr.Textbox(
            label=label("task_id"),
            placeholder=label("task_id_none"),
            interactive=False,
            buttons=["copy"],
            elem_id=f"{spec.name}-task-id",
        )
        status = gr.HTML(label("invite"), elem_id=f"{spec.name}-status", elem_classes="status")
        look_up = gr.Button(
            label("look_up_this"), interactive=False, elem_id=f"{spec.name}-look-up"
        )
        example = examples.build_example(spec.mode)
    return ResultPanel(example, task_id, status, look_up)
