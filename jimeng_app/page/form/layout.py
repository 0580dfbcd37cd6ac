"""A submission form, laid out: the same for every mode but for its pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.page.components import EVENT, RAW_EVENT, Values, element_id, script_element
from jimeng_app.page.connection import Connection
from jimeng_app.page.i18n import label
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName

from .choices import offers_of
from .examples import build_example, example_values
from .pictures import PictureFields, build_pictures
from .settings_fields import SettingsFields, build_settings_fields


class ResultPanel:
    """The right-hand side of a form: what became of the task, and before that an example.

    Args:
        mode: The form.
    """

    def __init__(self, mode: Mode) -> None:
        with gr.Column(scale=2, min_width=320, elem_classes="result"):
            self.task_id = gr.Textbox(
                label=label("task_id"),
                placeholder=label("task_id_none"),
                interactive=False,
                buttons=["copy"],
                elem_id=element_id(mode, "task-id"),
            )
            self.status = gr.HTML(
                label("invite"), elem_id=element_id(mode, "status"), elem_classes="status"
            )
            self.look_up = gr.Button(
                label("look_up_this"), interactive=False, elem_id=element_id(mode, "look-up")
            )
            self.example = build_example(mode)


@dataclass(frozen=True, slots=True)
class Form:
    """One tab's form."""

    mode: Mode
    pictures: PictureFields
    prompt: gr.Textbox | None
    settings: SettingsFields
    messages: dict[str, gr.HTML]
    """Where problems are shown, by section; `form` is below the button, for all others."""
    button: gr.Button
    result: ResultPanel

    @property
    def example_inputs(self) -> list[gr.components.Component]:
        """What the example fills in."""
        return [*self.pictures.by_name.values(), *([self.prompt] if self.prompt else [])]

    @property
    def inputs(self) -> list[gr.components.Component]:
        """All that a visitor fills in."""
        return [*self.by_name.values()]

    @property
    def by_name(self) -> dict[str, gr.components.Component]:
        """The components of all that a visitor fills in, by the names of the request's fields."""
        prompt = {"prompt": self.prompt} if self.prompt else {}
        return {**self.pictures.by_name, **prompt, **self.settings.by_name}

    def request_fields(self, values: Values) -> dict[str, Any]:
        """The request's fields out of the components' values."""
        prompt = {"prompt": values[self.prompt] or ""} if self.prompt else {}
        pictures = self.pictures.request_fields(values)
        return prompt | pictures | self.settings.request_fields(values)


def build_form(connection: Connection, mode: Mode) -> Form:
    """Lay a form out, and bind what it shows while it is filled in."""
    messages: dict[str, gr.HTML] = {}

    def add_message(section: str, part: str) -> None:
        messages[section] = gr.HTML(elem_id=element_id(mode, part), elem_classes="message")

    with gr.Row(elem_classes="columns"):
        with gr.Column(scale=3, min_width=320):
            pictures = build_pictures(mode)
            add_message("pictures", "pictures-problem")
            prompt = None
            if mode is not Mode.MULTI_FRAME:  # each of its frames has a prompt of its own
                prompt = gr.Textbox(
                    label=label("prompt"),
                    placeholder=label(f"prompt_{mode}"),
                    lines=3,
                    max_lines=10,
                    elem_id=element_id(mode, "prompt"),
                )
                add_message("prompt", "prompt-problem")
            settings = build_settings_fields(mode)
            add_message("settings", "settings-problem")
            with gr.Row(elem_classes="submit-row"):
                _build_summary(connection, pictures, settings)
                button = gr.Button(
                    label("submit"), variant="primary", elem_id=element_id(mode, "submit")
                )
            add_message("form", "problem")
        result = ResultPanel(mode)
    form = Form(mode, pictures, prompt, settings, messages, button, result)
    show_example(connection, form, result.example.click)
    settings.follow(connection)
    return form


def _build_summary(
    connection: Connection, pictures: PictureFields, settings: SettingsFields
) -> None:
    """A line that says what the button would send; like the crop hint, drawn in the browser."""
    mode, fields = settings.mode, settings.by_name
    summary = script_element(
        "jimeng.requestSummary(element, props, watch)",
        elem_id=element_id(mode, "summary"),
        mode=mode.value,
        backends=[backend.value for backend in BackendName if offers_of(mode, backend)],
    )
    # A multi-frame video has no length of its own: each of its frames has one.
    amount = fields.get("count") or fields.get("duration") or pictures.by_name["frames"]
    lines: list[tuple[gr.HTML, list[Any]]] = [
        (summary, [connection.backend, amount, fields["resolution"]])
    ]
    if pictures.crop_hint:
        inputs = [connection.backend, fields["model"], fields["ratio"]]
        lines.append((pictures.crop_hint, inputs))
    for line, inputs in lines:
        # As the page opens, and whenever one of the inputs changes.
        gr.on(None, None, inputs, line, js="(...values) => [values]", **EVENT)


def show_example(
    connection: Connection,
    form: Form,
    trigger: Callable[..., gr.events.Dependency],
    tabs: gr.Tabs | None = None,
) -> None:
    """Make an event fill a form with its example, and focus its button.

    Args:
        connection: The connection panel.
        form: Which form.
        trigger: The event.
        tabs: The tabs, to open the form's; None: it is open.
    """
    inputs = form.example_inputs

    def example(request: gr.Request) -> Values:
        call = connection.call(request)
        values = example_values(form.mode, call.pool.uploads, chinese=call.chinese)
        opened = {tabs: gr.Tabs(selected=form.mode.value)} if tabs else {}
        return {**opened, **dict(zip(inputs, values, strict=True))}

    trigger(example, None, [*([tabs] if tabs else []), *inputs], **RAW_EVENT).then(
        None, None, None, js=f"() => jimeng.showForm('{element_id(form.mode, 'submit')}')", **EVENT
    )
