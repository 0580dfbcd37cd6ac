"""首尾帧: two pictures and words."""

from typing import Any

import gradio as gr

from jimeng_app.calls import Call
from jimeng_core.requests import Mode

from . import examples
from .events import QUICK, Values
from .fit import lay_fit
from .form import Pictures, Plan
from .texts import label


def lay_pictures() -> Pictures:
    """The first and the last frame, which can change places."""
    with gr.Row(elem_classes="pictures seen"):
        first, last = (_lay_picture(name) for name in ("first_frame", "last_frame"))
    with gr.Row(elem_classes="below"):
        fit = lay_fit(PLAN.mode)
        swap = gr.Button(label("swap"), size="sm", min_width=110, elem_id="first-last-frame-swap")
    # In the browser alone: both pictures are there already.
    swap.click(None, [first, last], [first, last], js="(first, last) => [last, first]", **QUICK)

    def given(values: Values) -> dict[str, Any]:
        return {"first_frame": values[first], "last_frame": values[last]}

    def example(call: Call) -> list[Any]:
        return [item["path"] for item in examples.uploaded(PLAN.mode, call.studio.uploads)]

    return Pictures([first, last], given, example, fit)


def _lay_picture(name: str) -> gr.Image:
    return gr.Image(
        label=label(name),
        placeholder=str(label("drop_picture")),
        type="filepath",
        sources=["upload", "clipboard"],
        height=240,
        min_width=150,
        buttons=[],
        elem_id=f"first-last-frame-{name.partition('_')[0]}",
    )


PLAN = Plan(Mode.FIRST_LAST_FRAME, lay_pictures, prompt="prompt_first_last")
