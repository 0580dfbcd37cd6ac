"""首尾帧: two pictures and words."""

from typing import Any

import gradio as gr

from jimeng_core.requests import Mode

from . import examples
from .desk import Desk
from .events import QUICK, Values
from .fields import lay_fields
from .submitting import Form, lay_button, lay_message, lay_prompt, lay_result
from .texts import label

MODE = Mode.FIRST_LAST_FRAME


def lay_form(desk: Desk) -> Form:
    """The form, and what became of its task."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            first, last = _lay_pictures()
            pictures_wrong = lay_message("pictures", MODE)
            prompt, prompt_wrong = lay_prompt(MODE, "prompt_first_last")
            fields = lay_fields(MODE)
            settings_wrong = lay_message("settings", MODE)
            button, beside = lay_button(MODE)
        result = lay_result(MODE)

    def given(values: Values) -> dict[str, Any]:
        return {
            "prompt": values[prompt] or "",
            "first_frame": values[first],
            "last_frame": values[last],
            **fields.given(values),
        }

    def example(request: gr.Request) -> list[str]:
        call = desk.call(request, None, None)
        pictures = [item["path"] for item in examples.uploaded(MODE, call.studio.uploads)]
        return [*pictures, examples.words(MODE, chinese=call.chinese)]

    result.example.click(example, None, [first, last, prompt], **QUICK)
    fields.follow(desk)
    form = Form(
        mode=MODE,
        inputs=[first, last, prompt, *fields.by_name.values()],
        given=given,
        messages={"pictures": pictures_wrong, "prompt": prompt_wrong, "settings": settings_wrong},
        button=button,
        beside=beside,
        result=result,
        prompt=prompt,
    )
    form.attach(desk)
    return form


def _lay_pictures() -> tuple[gr.Image, gr.Image]:
    with gr.Row(elem_classes="pictures"):
        first, last = (
            gr.Image(
                label=label(name),
                placeholder=str(label("drop_picture")),
                type="filepath",
                sources=["upload", "clipboard"],
                height=240,
                min_width=150,
                buttons=[],
                elem_id=f"first-last-frame-{name.partition('_')[0]}",
            )
            for name in ("first_frame", "last_frame")
        )
    swap = gr.Button(label("swap"), size="sm", elem_id="first-last-frame-swap")
    # In the browser alone: both pictures are there already.
    swap.click(None, [first, last], [first, last], js="(first, last) => [last, first]", **QUICK)
    return first, last
