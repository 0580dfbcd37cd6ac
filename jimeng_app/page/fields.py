"""The settings that all forms share: model, length, resolution, ratio, seed, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from jimeng_core.catalog import catalog
from jimeng_core.checks import DEMO_FPS
from jimeng_core.requests import DEFAULT_FPS, Mode
from jimeng_core.settings import BackendName

from .desk import Desk
from .events import RAW, Values
from .options import Options, options
from .texts import label, model_key, seconds_key


@dataclass(frozen=True, slots=True)
class Fields:
    """The components of one form's settings, by the names of the request's fields."""

    mode: Mode
    model: gr.Dropdown
    by_name: Mapping[str, gr.components.Component]
    """All of them, the model too."""
    nothing_more: gr.HTML

    def given(self, values: Values) -> dict[str, Any]:
        """What was chosen, by the names of the request's fields."""
        given = {name: values[component] for name, component in self.by_name.items()}
        return given | {"seed": given["seed"] or None}

    def follow(self, desk: Desk) -> None:
        """Offer what the chosen model has on the chosen backend, and nothing else.

        What does not change is left alone: a list whose choices are replaced while it is open loses
        the reader's click.
        """
        inputs: set[Any] = {desk.backend, *self.by_name.values()}
        rest = [part for part in self.by_name.values() if part is not self.model]

        def offered(values: Values) -> Options:
            return options(self.mode, values[desk.backend], values[self.model])

        def other_backend(values: Values) -> Values:
            offer = offered(values)
            models = gr.Dropdown(choices=_models(offer), value=offer.model)
            return {self.model: models, **self._fitted(values, offer)}

        def other_model(values: Values) -> Values:
            return self._fitted(values, offered(values))

        for trigger, fit, outputs in (
            (desk.backend.change, other_backend, [self.model, *rest]),
            (self.model.input, other_model, rest),
        ):
            trigger(fit, inputs, [*outputs, self.nothing_more], trigger_mode="always_last", **RAW)

    def _fitted(self, values: Values, offer: Options) -> Values:
        part, now = self.by_name, self.given(values)
        changes: Values = {
            part["resolution"]: gr.Dropdown(
                choices=list(offer.resolutions), value=_kept(now["resolution"], offer.resolutions)
            ),
            part["fps"]: gr.Number(
                visible=offer.fps, value=now["fps"] if offer.fps else DEFAULT_FPS
            ),
            part["audio"]: gr.Checkbox(
                visible=offer.audio, value=bool(now["audio"]) and offer.audio
            ),
            self.nothing_more: gr.HTML(visible=not offer.fps and not offer.audio),
        }
        if "duration" in part:
            changes[part["duration"]] = gr.Dropdown(
                choices=_seconds(offer), value=_kept(now["duration"], offer.seconds)
            )
        return changes


def lay_fields(mode: Mode) -> Fields:
    """One row of what is often changed, and a fold of the rest."""
    offer = options(mode, BackendName.DEMO, None)
    name = mode.replace("_", "-")
    parts: dict[str, gr.components.Component] = {}
    with gr.Row(elem_classes="fields"):
        parts["model"] = model = _choice(name, "model", _models(offer), offer.model)
        if mode is not Mode.MULTI_FRAME:  # each of its frames has a length of its own
            parts["duration"] = _choice(name, "duration", _seconds(offer), 5)
        parts["resolution"] = _choice(name, "resolution", list(offer.resolutions), "720p")
        parts["ratio"] = _choice(name, "ratio", list(catalog().ratios), "16:9")
        parts["seed"] = gr.Textbox(  # gr.Number shows an empty one as 0, which is a seed
            label=label("seed"),
            placeholder=label("random"),
            min_width=110,
            max_lines=1,
            elem_id=f"{name}-seed",
        )
    with gr.Accordion(label("more"), open=False, elem_classes="fold"):
        parts["fps"] = gr.Number(
            DEFAULT_FPS,
            label=label("fps"),
            info=label("fps_info"),
            precision=0,
            minimum=DEMO_FPS[0],
            maximum=DEMO_FPS[1],
            elem_id=f"{name}-fps",
        )
        parts["audio"] = gr.Checkbox(label=label("audio"), visible=False, elem_id=f"{name}-audio")
        nothing_more = gr.HTML(label("no_more"), visible=False)
    return Fields(mode, model, parts, nothing_more)


def _choice(form: str, field: str, choices: list[Any], value: str | int) -> gr.Dropdown:
    return gr.Dropdown(
        choices,
        value=value,
        label=label(field),
        min_width=90,
        filterable=False,
        elem_id=f"{form}-{field}",
    )


def _models(offer: Options) -> list[tuple[str | I18nData, str | int]]:
    return [(label(model_key(name)), name) for name in offer.models]


def _seconds(offer: Options) -> list[tuple[str | I18nData, str | int]]:
    return [(label(seconds_key(n)), n) for n in offer.seconds]


def _kept(value: Any, allowed: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a length or a resolution
    """The value if it is allowed, else the usual one (5 s, 720p) if that is, else the first."""
    if value in allowed:
        return value
    return next(
        (usual for usual in (5, "720p") if usual in allowed), allowed[0] if allowed else None
    )
