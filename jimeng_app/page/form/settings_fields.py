"""The settings of a form: model, length or count, resolution, ratio, seed, and the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.page.components import RAW_EVENT, Values, element_id
from jimeng_app.page.connection import Connection
from jimeng_app.page.i18n import label, model_key, seconds_key
from jimeng_core.limits import DEFAULT_FPS, DEMO_FPS, IMAGE_COUNT
from jimeng_core.requests import FirstLastFrame, ImageRequest, Mode
from jimeng_core.settings import BackendName

from .choices import Choices, choices_for


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

        What does not change is left alone: a list whose choices are replaced while it is open loses
        the reader's click.
        """
        model: Any = self.by_name["model"]

        def change_model(values: Values) -> Values:
            choices = choices_for(self.mode, values[connection.backend], values[model])
            return self._updates(values, choices)

        self.offer_after(connection, connection.backend.change, trigger_mode="always_last")
        outputs = self.outputs
        inputs = self._inputs(connection)
        model.input(change_model, inputs, outputs, trigger_mode="always_last", **RAW_EVENT)

    def offer_after(
        self,
        connection: Connection,
        trigger: Callable[..., gr.events.Dependency],
        **options: Any,  # noqa: ANN401 - Gradio's
    ) -> gr.events.Dependency:
        """Offer what the backend and the selected model have, after an event that changed both."""

        def offer(values: Values) -> Values:
            model: Any = self.by_name["model"]
            choices = choices_for(self.mode, values[connection.backend], values[model])
            models = gr.Dropdown(choices=_options("model", choices.models), value=choices.model)
            return {model: models, **self._updates(values, choices)}

        return trigger(offer, self._inputs(connection), self.outputs, **RAW_EVENT, **options)

    def _inputs(self, connection: Connection) -> set[Any]:
        return {connection.backend, *self.by_name.values()}

    def _updates(self, values: Values, choices: Choices) -> Values:
        """The settings that depend on the model; a value that it does not have is replaced."""
        fields = self.by_name
        offered = {"resolution": choices.resolutions, "duration": choices.seconds}
        updates: Values = {
            fields[name]: gr.Dropdown(
                choices=_options(name, allowed), value=_allowed(values[fields[name]], allowed)
            )
            for name, allowed in offered.items()
            if name in fields
        }
        if self.no_more:
            fps = values[fields["fps"]] if choices.fps else DEFAULT_FPS
            audio = bool(values[fields["audio"]]) and choices.audio
            updates |= {
                fields["fps"]: gr.Number(visible=choices.fps, value=fps),
                fields["audio"]: gr.Checkbox(visible=choices.audio, value=audio),
                self.no_more: gr.HTML(visible=not choices.fps and not choices.audio),
            }
        return updates


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


def _allowed(value: Any, allowed: Sequence[Any]) -> Any:  # noqa: ANN401 - a length or a resolution
    """The value if it is allowed, else a usual one that is, else the first."""
    candidates = (value, 5, "720p", "2k", *allowed)
    return next((each for each in candidates if each in allowed), None)
