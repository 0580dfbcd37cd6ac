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
            self.cards = script_element(
                "jimeng.resultCards(element, props)",
                elem_id=element_id(mode, "result"),
                elem_classes="cards",
                mode=mode.value,
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
    summary: gr.HTML
    """What the button would send; it asks for a check after a pause in typing."""
    price: gr.HTML
    """What that will probably cost."""
    button: gr.Button
    demo_button: gr.Button
    """Sends the form to the demo instead; hidden while that is selected."""
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
                with gr.Column(elem_classes="before", min_width=0):
                    add_message("form", "problem")
                    summary = _build_summary(connection, pictures, prompt, settings)
                    price = gr.HTML(elem_id=element_id(mode, "price"))
                demo_button = gr.Button(
                    label("try_demo"),
                    visible=False,
                    elem_id=element_id(mode, "try-demo"),
                    elem_classes="try-demo",
                )
                button = gr.Button(
                    label("submit"), variant="primary", elem_id=element_id(mode, "submit")
                )
        result = ResultPanel(mode)
    form = Form(
        mode, pictures, prompt, settings, messages, summary, price, button, demo_button, result
    )
    show_example(connection, form, result.example.click)
    settings.follow(connection)
    return form


def _build_summary(
    connection: Connection,
    pictures: PictureFields,
    prompt: gr.Textbox | None,
    settings: SettingsFields,
) -> gr.HTML:
    """A line that says what the button would send; like the crop hint, drawn in the browser.

    It has the values of the whole form, and triggers `check` after a pause in typing.
    """
    mode, fields = settings.mode, settings.by_name
    prompts = {"prompt": prompt} if prompt else {}
    named: dict[str, gr.components.Component] = {
        "backend": connection.backend,
        **pictures.by_name,
        **prompts,
        **fields,
    }
    summary = script_element(
        "jimeng.requestSummary(element, props, watch, trigger, ['check'])",
        elem_id=element_id(mode, "summary"),
        mode=mode.value,
        names=list(named),
        pictures=list(pictures.by_name),
        backends=[backend.value for backend in BackendName if offers_of(mode, backend)],
    )
    lines: list[tuple[gr.HTML, list[Any]]] = [(summary, list(named.values()))]
    if pictures.crop_hint:
        inputs = [connection.backend, fields["model"], fields["ratio"]]
        lines.append((pictures.crop_hint, inputs))
    for line, inputs in lines:
        # As the page opens, and whenever one of the inputs changes.
        gr.on(None, None, inputs, line, js="(...values) => [values]", **EVENT)
    return summary


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
