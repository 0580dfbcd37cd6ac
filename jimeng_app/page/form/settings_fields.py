"""The settings of a form: model, length or count, resolution, ratio, seed, and the rest."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.page.components import EVENT, Values, element_id
from jimeng_app.page.connection import Connection
from jimeng_app.page.i18n import label, model_key, seconds_key
from jimeng_core.limits import DEFAULT_FPS, DEMO_FPS, IMAGE_COUNT
from jimeng_core.requests import FirstLastFrame, ImageRequest, Mode
from jimeng_core.settings import BackendName

from .choices import choices_for


@dataclass(frozen=True, slots=True)
class SettingsFields:
    """The settings of one form."""

    mode: Mode
    by_name: Mapping[str, gr.components.Component]
    """The components, by the names of the request's fields."""
    no_more: gr.HTML | None
    """Shown where a model has no more settings; None: no model of the form has any."""

    def request_fields(self, values: Values) -> dict[str, Any]:
        """The request's fields out of the components' values."""
        fields = {name: values[component] for name, component in self.by_name.items()}
        return fields | {"seed": fields["seed"] or None}

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What depends on the model."""
        return [*self.by_name.values(), *([self.no_more] if self.no_more else [])]

    def follow(self, connection: Connection) -> None:
        """Offer what the selected model has on the selected backend, and nothing else.

        In the browser: a list whose choices are replaced while it is open loses the reader's click.
        """
        model: Any = self.by_name["model"]
        names = json.dumps([*self.by_name, "no_more"])
        offer = f"jimeng.offerChoices('{self.mode}', {names}, values)"
        gr.on(
            [connection.backend.change, model.input],
            None,
            [connection.backend, *self.by_name.values()],
            self.outputs,
            js=f"(...values) => jimeng.ready.then(() => {offer})",
            **EVENT,
        )


def build_settings_fields(mode: Mode) -> SettingsFields:
    """One row of what is often changed, and a fold of the rest."""
    choices = choices_for(mode, BackendName.DEMO, None)
    request = ImageRequest if mode is Mode.IMAGE else FirstLastFrame
    default = {name: field.default for name, field in request.model_fields.items()}
    offered: dict[str, Sequence[Any]] = {"model": choices.models}
    if mode is Mode.IMAGE:
        offered["count"] = range(IMAGE_COUNT.low, IMAGE_COUNT.high + 1)
    elif mode is not Mode.MULTI_FRAME:  # each of its frames has a length of its own
        offered["duration"] = choices.seconds
    offered |= {"resolution": choices.resolutions, "ratio": choices.ratios}
    with gr.Row(elem_classes="fields"):
        fields: dict[str, gr.components.Component] = {
            name: gr.Dropdown(
                _options(name, allowed),
                value=choices.model if name == "model" else default[name],
                label=label(name),
                min_width=90,
                filterable=False,
                elem_id=element_id(mode, name),
            )
            for name, allowed in offered.items()
        }
        fields["seed"] = gr.Textbox(  # gr.Number shows an empty one as 0, which is a seed
            label=label("seed"),
            placeholder=label("random"),
            min_width=110,
            max_lines=1,
            elem_id=element_id(mode, "seed"),
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
    no_more = None
    if mode is not Mode.IMAGE:
        with gr.Accordion(label("more"), open=False, elem_classes="fold"):
            fields["fps"] = gr.Number(
                DEFAULT_FPS,
                label=label("fps"),
                info=label("fps_info"),
                precision=0,
                minimum=DEMO_FPS.low,
                maximum=DEMO_FPS.high,
                elem_id=element_id(mode, "fps"),
            )
            fields["audio"] = gr.Checkbox(
                label=label("audio"), visible=False, elem_id=element_id(mode, "audio")
            )
            no_more = gr.HTML(label("no_more"), visible=False)
    return SettingsFields(mode, fields, no_more)


def _options(field: str, values: Sequence[Any]) -> list[Any]:
    """A list's choices: each value with its text, where it does not stand for itself."""
    keys: dict[str, Callable[[Any], str]] = {"model": model_key, "duration": seconds_key}
    key = keys.get(field)
    return [(label(key(value)), value) if key else value for value in values]
