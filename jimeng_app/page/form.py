"""A form, laid out: the same for every mode but for its pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.calls import Call
from jimeng_core.catalog import catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName

from . import examples
from .desk import Desk
from .events import QUICK, RAW, Values
from .fields import Fields, lay_fields
from .texts import label


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a form, laid out: what tells the forms apart."""

    components: Sequence[gr.components.Component]
    given: Callable[[Values], dict[str, Any]]
    """The request's fields out of their values."""
    example: Callable[[Call], list[Any]]
    """Their values in the example."""
    fit: gr.HTML | None
    """Says what the chosen ratio does to them, where it does something."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a form is to be made of."""

    mode: Mode
    lay_pictures: Callable[[], Pictures]
    prompt: str | None
    """The text that shows what a prompt can be; None: the form has no prompt of its own."""

    @property
    def name(self) -> str:
        """How the ids of its elements begin."""
        return self.mode.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Result:
    """The right-hand side of a form: what became of the task."""

    example: gr.Button
    task_id: gr.Textbox
    status: gr.HTML
    look_up: gr.Button


@dataclass(frozen=True, slots=True)
class Form:
    """One tab's form, laid out."""

    plan: Plan
    pictures: Pictures
    prompt: gr.Textbox | None
    fields: Fields
    messages: dict[str, gr.HTML]
    """Where problems are told, by place; what has no place stands below the button."""
    button: gr.Button
    beside: gr.HTML
    sends: gr.HTML
    """Says what the button would send."""
    result: Result

    @property
    def filled(self) -> list[gr.components.Component]:
        """What the example fills in."""
        return [*self.pictures.components, *([self.prompt] if self.prompt else [])]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """All that a visitor fills in."""
        return [*self.filled, *self.fields.by_name.values()]

    def given(self, values: Values) -> dict[str, Any]:
        """The request's fields out of the components' values."""
        words = {"prompt": values[self.prompt] or ""} if self.prompt else {}
        return {**words, **self.pictures.given(values), **self.fields.given(values)}

    def example(self, call: Call) -> Values:
        """The form filled with its example."""
        given = self.pictures.example(call)
        values: Values = dict(zip(self.pictures.components, given, strict=True))
        if self.prompt:
            values[self.prompt] = examples.words(self.plan.mode, chinese=call.chinese)
        return values


def lay_form(desk: Desk, plan: Plan) -> Form:
    """A form, its example, and what it says of itself while it is filled in."""
    messages: dict[str, gr.HTML] = {}
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            pictures = plan.lay_pictures()
            messages["pictures"] = _lay_message(plan, "pictures-problem")
            prompt = None
            if plan.prompt:
                prompt = _lay_prompt(plan, plan.prompt)
                messages["prompt"] = _lay_message(plan, "prompt-problem")
            fields = lay_fields(plan.mode)
            messages["settings"] = _lay_message(plan, "settings-problem")
            sends, button = _lay_button(plan)
            beside = _lay_message(plan, "problem")
        result = _lay_result(plan)
    form = Form(plan, pictures, prompt, fields, messages, button, beside, sends, result)

    show_example(desk, form, result.example.click)
    fields.follow(desk)
    _follow(desk, form)
    return form


def show_example(
    desk: Desk,
    form: Form,
    trigger: Callable[..., gr.events.Dependency],
    tabs: gr.Tabs | None = None,
) -> None:
    """Make an event fill a form with its example, and lead on to its button.

    Args:
        desk: Who asks.
        form: Which form.
        trigger: The event.
        tabs: Where the form's tab is to be opened; None: it is open.
    """

    def example(request: gr.Request) -> Values:
        opened = {tabs: gr.Tabs(selected=form.plan.mode.value)} if tabs else {}
        return {**opened, **form.example(desk.call(request, None, None))}

    trigger(example, None, [*([tabs] if tabs else []), *form.filled], **RAW).then(
        None, None, None, js=f"() => studio.lead('{form.plan.name}-submit')", **QUICK
    )


def _follow(desk: Desk, form: Form) -> None:
    """Say at once, in the browser, what the fields come to."""
    part = form.fields.by_name
    # Where a video has no length of its own, its pictures have one each.
    amount = part.get("count") or part.get("duration") or form.pictures.components[0]
    told: list[tuple[gr.HTML, list[Any]]] = [
        (form.sends, [desk.backend, amount, part["resolution"]])
    ]
    if form.pictures.fit:
        told.append((form.pictures.fit, [desk.backend, part["model"], part["ratio"]]))
    for line, inputs in told:
        # As the page opens, and whenever one of the inputs changes.
        gr.on(None, None, inputs, line, js="(...values) => [values]", **QUICK)


def _lay_message(plan: Plan, place: str) -> gr.HTML:
    """Room for what is wrong with the fields above it."""
    return gr.HTML(elem_id=f"{plan.name}-{place}", elem_classes="message")


def _lay_prompt(plan: Plan, example: str) -> gr.Textbox:
    return gr.Textbox(
        label=label("prompt"),
        placeholder=label(example),
        lines=3,
        max_lines=10,
        elem_id=f"{plan.name}-prompt",
    )


def _lay_button(plan: Plan) -> tuple[gr.HTML, gr.Button]:
    """The one primary button of a form, and beside it what a press sends."""
    with gr.Row(elem_classes="send"):
        sends = gr.HTML(
            html_template="",  # drawn by the script alone
            js_on_load="studio.sends(element, props, watch)",
            apply_default_css=False,
            elem_id=f"{plan.name}-sends",
            mode=plan.mode.value,
            counts=plan.mode is Mode.IMAGE,
            backends=[each.value for each in BackendName if catalog().offering(each, plan.mode)],
        )
        button = gr.Button(label("submit"), variant="primary", elem_id=f"{plan.name}-submit")
    return sends, button


def _lay_result(plan: Plan) -> Result:
    """The right-hand side, which invites before there is a task."""
    with gr.Column(scale=2, min_width=320, elem_classes="result"):
        task_id = gr.Textbox(
            label=label("task_id"),
            placeholder=label("task_id_none"),
            interactive=False,
            buttons=["copy"],
            elem_id=f"{plan.name}-task-id",
        )
        status = gr.HTML(label("invite"), elem_id=f"{plan.name}-status", elem_classes="status")
        look_up = gr.Button(
            label("look_up_this"), interactive=False, elem_id=f"{plan.name}-look-up"
        )
        example = examples.lay_example(plan.mode)
    return Result(example, task_id, status, look_up)
