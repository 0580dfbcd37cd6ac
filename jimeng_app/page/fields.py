"""The settings that all three forms share: model, length, resolution, ratio, seed, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_core.catalog import catalog
from jimeng_core.checks import DEMO_FPS
from jimeng_core.requests import DEFAULT_FPS, Mode
from jimeng_core.settings import BackendName

from .desk import QUICK, Desk, Values
from .options import Options, options
from .texts import label, say


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

    def follow(self, desk: Desk, blocks: gr.Blocks) -> None:
        """Offer what the chosen model has on the chosen backend, and nothing else."""
        inputs = [desk.backend, *self.by_name.values()]

        def fit(values: Values, request: gr.Request) -> Values:
            call = desk.call(request, None, None)
            now = self.given(values)
            offer = options(self.mode, values[desk.backend], now["model"], chinese=call.chinese)
            return self._fitted(now, offer, chinese=call.chinese)

        gr.on(
            [blocks.load, desk.backend.change, self.model.input],
            fit,
            set(inputs),
            [*self.by_name.values(), self.nothing_more],
            **QUICK | {"preprocess": False},
        )

    def _fitted(self, now: Mapping[str, Any], offer: Options, *, chinese: bool) -> Values:
        part = self.by_name
        changes: Values = {
            part["model"]: gr.Dropdown(choices=list(offer.models), value=offer.model),
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
                choices=[(say("seconds", chinese=chinese, n=n), n) for n in offer.seconds],
                value=_kept(now["duration"], offer.seconds),
            )
        return changes


def lay_fields(mode: Mode, *, duration: bool = True) -> Fields:
    """One row of what is often changed, and a fold of the rest.

    Args:
        mode: The form.
        duration: Whether the request has a length of its own.
    """
    offer = options(mode, BackendName.DEMO, None, chinese=False)
    name = mode.replace("_", "-")
    parts: dict[str, gr.components.Component] = {}
    with gr.Row(elem_classes="fields"):
        parts["model"] = model = _choice(name, "model", list(offer.models), offer.model)
        if duration:
            seconds = [(say("seconds", chinese=False, n=n), n) for n in offer.seconds]
            parts["duration"] = _choice(name, "duration", seconds, 5)
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


def _kept(value: Any, allowed: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a length or a resolution
    """The value if it is allowed, else the usual one (5 s, 720p) if that is, else the first."""
    if value in allowed:
        return value
    return next(
        (usual for usual in (5, "720p") if usual in allowed), allowed[0] if allowed else None
    )
