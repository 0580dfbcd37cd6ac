"""Several pictures in order: what multi-frame and subject reference have in common."""

import gradio as gr

from jimeng_core.requests import Mode

from .desk import Values
from .texts import label


def lay_gallery(mode: Mode, what: str) -> gr.Gallery:
    """Room for several pictures, given at once or one by one.

    Args:
        mode: The form.
        what: The text that says which pictures are meant.
    """
    return gr.Gallery(
        label=label(what),
        file_types=["image"],
        columns=4,
        fit_columns=False,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=True,
        buttons=[],
        elem_id=f"{mode.replace('_', '-')}-pictures",
    )


def pictures_in(values: Values, gallery: gr.Gallery) -> list[object]:
    """The pictures that were given, as Gradio's file objects."""
    return [item.get("image") for item in values[gallery] or []]
