"""主体参考: pictures of subjects, and words that name them."""

from typing import Any

import gradio as gr

from jimeng_core.checks import SUBJECT_IMAGES
from jimeng_core.requests import Mode, picture_mark

from .desk import QUICK, RAW, Desk, Values
from .fields import lay_fields
from .gallery import lay_gallery, pictures_in
from .submitting import Form, lay_button, lay_message, lay_result
from .texts import label

MODE = Mode.SUBJECT_REFERENCE
MOST = SUBJECT_IMAGES[1]

INSERT = """(text) => {
  const box = document.querySelector('#subject-reference-prompt textarea');
  const [from, to] = box ? [box.selectionStart, box.selectionEnd] : [text.length, text.length];
  return text.slice(0, from) + MARK + text.slice(to);
}"""
"""Puts a mark where the cursor was, in the browser alone."""


def lay_form(desk: Desk) -> Form:
    """The form, and what became of its task."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(scale=3, min_width=320):
            gallery = lay_gallery(MODE, "subjects")
            pictures_wrong = lay_message("pictures", MODE)
            prompt = gr.Textbox(
                label=label("prompt"),
                placeholder=label("prompt_subject"),
                lines=3,
                max_lines=10,
                elem_id="subject-reference-prompt",
            )
            marks = _lay_marks(prompt)
            prompt_wrong = lay_message("prompt", MODE)
            fields = lay_fields(MODE)
            settings_wrong = lay_message("settings", MODE)
            button, beside = lay_button(MODE)
        result = lay_result(MODE)

    def given(values: Values) -> dict[str, Any]:
        return {
            "prompt": values[prompt] or "",
            "images": pictures_in(values, gallery),
            **fields.given(values),
        }

    gallery.change(
        lambda items: [gr.Button(visible=index < len(items or [])) for index in range(MOST)],
        gallery,
        marks,
        **RAW,
    )
    fields.follow(desk)
    form = Form(
        mode=MODE,
        inputs=[gallery, prompt, *fields.by_name.values()],
        given=given,
        messages={"pictures": pictures_wrong, "prompt": prompt_wrong, "settings": settings_wrong},
        button=button,
        beside=beside,
        result=result,
    )
    form.attach(desk)
    return form


def _lay_marks(prompt: gr.Textbox) -> list[gr.Button]:
    """A button for each picture there can be, which puts its mark into the prompt."""
    with gr.Row(elem_classes="tools marks"):
        buttons = [
            gr.Button(
                picture_mark(number),
                size="sm",
                min_width=80,
                visible=False,
                elem_id=f"subject-reference-mark-{number}",
            )
            for number in range(1, MOST + 1)
        ]
    for number, button in enumerate(buttons, 1):
        mark = INSERT.replace("MARK", repr(picture_mark(number)))
        button.click(None, prompt, prompt, js=mark, **QUICK)
    return buttons
