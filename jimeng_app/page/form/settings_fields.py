"""The settings of a form: model, length or count, resolution, ratio, seed, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from jimeng_app.page.connection import Connection
from jimeng_app.page.events import RAW_EVENT, Values
from jimeng_app.page.i18n import label, model_key, seconds_key
from jimeng_core.limits import DEFAULT_FPS, DEMO_FPS, IMAGE_COUNT
from jimeng_core.requests import FirstLastFrame, ImageRequest, Mode
from jimeng_core.settings import BackendName

from .choices import Choices, choices_for


@dataclass(frozen=True, slots=True)
class SettingsFields:
    """The components of one form's settings, by the names of the request's fields."""

    mode: Mode
    model: gr.Dropdown
    by_name: Mapping[str, gr.components.Component]
    """All of them, the model too."""
    nothing_more: gr.HTML | None
    """Stands where a model has no more settings; None: no model of the form has any."""

    def request_fields(self, values: Values) -> dict[str, Any]:
        """What was chosen, by the names of the request's fields."""
        given = {name: values[component] for name, component in self.by_name.items()}
        return given | {"seed": given["seed"] or None}

    def follow(self, connection: Connection) -> None:
        """Offer what the chosen model has on the chosen backend, and nothing else.

        What does not change is left alone: a list whose choices are replaced while it is open loses
        the reader's click.
        """
        inputs: set[Any] = {connection.backend, *self.by_name.values()}
        rest = [part for part in self.by_name.values() if part is not self.model]

        def offered(values: Values) -> Choices:
            return choices_for(self.mode, values[connection.backend], values[self.model])

        def other_backend(values: Values) -> Values:
            offer = offered(values)
            models = gr.Dropdown(choices=_models(offer), value=offer.model)
            return {self.model: models, **self._fitted(values, offer)}

        def other_model(values: Values) -> Values:
            return self._fitted(values, offered(values))

        for trigger, fit, outputs in (
            (connection.backend.change, other_backend, [self.model, *rest]),
            (self.model.input, other_model, rest),
        ):
            trigger(fit, inputs, [*outputs, *self._rest], trigger_mode="always_last", **RAW_EVENT)

    @property
    def _rest(self) -> list[gr.HTML]:
        return [self.nothing_more] if self.nothing_more else []

    def _fitted(self, values: Values, offer: Choices) -> Values:
        part, now = self.by_name, self.request_fields(values)
        changes: Values = {
            part["resolution"]: gr.Dropdown(
                choices=list(offer.resolutions), value=_kept(now["resolution"], offer.resolutions)
            ),
        }
        if "duration" in part:
            changes[part["duration"]] = gr.Dropdown(
                choices=_seconds(offer), value=_kept(now["duration"], offer.seconds)
            )
        if self.nothing_more:
            changes |= {
                part["fps"]: gr.Number(
                    visible=offer.fps, value=now["fps"] if offer.fps else DEFAULT_FPS
                ),
                part["audio"]: gr.Checkbox(
                    visible=offer.audio, value=bool(now["audio"]) and offer.audio
                ),
                self.nothing_more: gr.HTML(visible=not offer.fps and not offer.audio),
            }
        return changes


def build_settings_fields(mode: Mode) -> SettingsFields:
    """One row of what is often changed, and a fold of the rest."""
    offer = choices_for(mode, BackendName.DEMO, None)
    name = mode.replace("_", "-")
    usual = _defaults(mode)
    parts: dict[str, gr.components.Component] = {}
    with gr.Row(elem_classes="fields"):
        parts["model"] = model = _choice(name, "model", _models(offer), offer.model)
        if mode is Mode.IMAGE:
            counts = list(range(IMAGE_COUNT.low, IMAGE_COUNT.high + 1))
            parts["count"] = _choice(name, "count", counts, usual["count"])
        elif mode is not Mode.MULTI_FRAME:  # each of its frames has a length of its own
            parts["duration"] = _choice(name, "duration", _seconds(offer), usual["duration"])
        for field, choices in (("resolution", offer.resolutions), ("ratio", offer.ratios)):
            parts[field] = _choice(name, field, list(choices), usual[field])
        parts["seed"] = gr.Textbox(  # gr.Number shows an empty one as 0, which is a seed
            label=label("seed"),
            placeholder=label("random"),
            min_width=110,
            max_lines=1,
            elem_id=f"{name}-seed",
        )
    nothing_more = None if mode is Mode.IMAGE else _build_more(name, parts)
    return SettingsFields(mode, model, parts, nothing_more)


def _build_more(form: str, parts: dict[str, gr.components.Component]) -> gr.HTML:
    """What is seldom changed of a video, put to the other settings."""
    with gr.Accordion(label("more"), open=False, elem_classes="fold"):
        parts["fps"] = gr.Number(
            DEFAULT_FPS,
            label=label("fps"),
            info=label("fps_info"),
            precision=0,
            minimum=DEMO_FPS.low,
            maximum=DEMO_FPS.high,
            elem_id=f"{form}-fps",
        )
        parts["audio"] = gr.Checkbox(label=label("audio"), visible=False, elem_id=f"{form}-audio")
        return gr.HTML(label("no_more"), visible=False)


def _defaults(mode: Mode) -> dict[str, Any]:
    """What a request holds where nothing was chosen; it is the same for all videos."""
    request = ImageRequest if mode is Mode.IMAGE else FirstLastFrame
    return {name: field.default for name, field in request.model_fields.items()}


def _choice(form: str, field: str, choices: list[Any], value: str | int) -> gr.Dropdown:
    return gr.Dropdown(
        choices,
        value=value,
        label=label(field),
        min_width=90,
        filterable=False,
        elem_id=f"{form}-{field}",
    )


def _models(offer: Choices) -> list[tuple[str | I18nData, str | int]]:
    return [(label(model_key(name)), name) for name in offer.models]


def _seconds(offer: Choices) -> list[tuple[str | I18nData, str | int]]:
    return [(label(seconds_key(n)), n) for n in offer.seconds]


def _kept(value: Any, allowed: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a length or a resolution
    """The value if it is allowed, else the usual one if that is, else the first."""
    if value in allowed:
        return value
    return next(
        (usual for usual in (5, "720p", "2k") if usual in allowed), allowed[0] if allowed else None
    )
