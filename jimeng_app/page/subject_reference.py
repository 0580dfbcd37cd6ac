"""主体参考: pictures of subjects, and words that name them."""

from typing import Any

import gradio as gr

from jimeng_core.requests import Mode

from . import examples
from .desk import Desk
from .events import RAW, Values
from .fields import lay_fields
from .strip import items_of, lay_subjects, pictures
from .submitting import Form, lay_button, lay_message, lay_prompt, lay_result

MODE = Mode.SUBJECT_REFERENCE


def lay_form(desk: Desk) -> Form:
    """The form, and what became of its task."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            strip = lay_subjects()
            pictures_wrong = lay_message("pictures", MODE)
            prompt, prompt_wrong = lay_prompt(MODE, "prompt_subject")
            fields = lay_fields(MODE)
            settings_wrong = lay_message("settings", MODE)
            button, beside = lay_button(MODE)
        result = lay_result(MODE)

    def given(values: Values) -> dict[str, Any]:
        return {
            "prompt": values[prompt] or "",
            "images": pictures(items_of(values, strip)),
            **fields.given(values),
        }

    def example(request: gr.Request) -> Any:  # noqa: ANN401 - the components' values
        call = desk.call(request, None, None)
        items = examples.uploaded(MODE, call.studio.uploads)
        return items, examples.words(MODE, chinese=call.chinese)

    result.example.click(example, None, [strip, prompt], **RAW)
    fields.follow(desk)
    form = Form(
        mode=MODE,
        inputs=[strip, prompt, *fields.by_name.values()],
        given=given,
        messages={"pictures": pictures_wrong, "prompt": prompt_wrong, "settings": settings_wrong},
        button=button,
        beside=beside,
        result=result,
        prompt=prompt,
    )
    form.attach(desk)
    return form
