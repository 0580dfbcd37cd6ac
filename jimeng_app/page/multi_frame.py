"""智能多帧: several pictures in order, each with words and seconds of its own."""

from typing import Any

import gradio as gr

from jimeng_core.requests import Mode

from . import examples
from .desk import Desk
from .events import RAW, Values
from .fields import lay_fields
from .strip import frames, items_of, lay_frames
from .submitting import Form, lay_button, lay_message, lay_result

MODE = Mode.MULTI_FRAME


def lay_form(desk: Desk) -> Form:
    """The form, and what became of its task."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            strip = lay_frames()
            pictures_wrong = lay_message("pictures", MODE)
            fields = lay_fields(MODE, duration=False)
            settings_wrong = lay_message("settings", MODE)
            button, beside = lay_button(MODE)
        result = lay_result(MODE)

    def given(values: Values) -> dict[str, Any]:
        return {"frames": frames(items_of(values, strip)), **fields.given(values)}

    def example(request: gr.Request) -> Any:  # noqa: ANN401 - the strip's value
        call = desk.call(request, None, None)
        return examples.frames(call.studio.uploads, chinese=call.chinese)

    result.example.click(example, None, strip, **RAW)
    fields.follow(desk)
    form = Form(
        mode=MODE,
        inputs=[strip, *fields.by_name.values()],
        given=given,
        messages={"pictures": pictures_wrong, "settings": settings_wrong},
        button=button,
        beside=beside,
        result=result,
        prompt=None,
    )
    form.attach(desk)
    return form
