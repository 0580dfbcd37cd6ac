"""The picture fields of each mode's form, and the list of forms."""

from typing import Any

import gradio as gr

from jimeng_app.call_context import CallContext
from jimeng_app.page.events import EVENT, Values
from jimeng_app.page.i18n import label
from jimeng_core.requests import Mode

from . import examples
from .crop_hint import build_crop_hint
from .layout import FormSpec, PictureFields
from .picture_list import (
    build_frames,
    build_references,
    build_subjects,
    frames,
    items_of,
    pictures,
)


def _first_last_frame() -> PictureFields:
    """The first and the last frame, with a button that swaps them."""
    with gr.Row(elem_classes="pictures seen"):
        first, last = (_build_picture(name) for name in ("first_frame", "last_frame"))
    with gr.Row(elem_classes="below"):
        crop_hint = build_crop_hint(Mode.FIRST_LAST_FRAME)
        swap = gr.Button(label("swap"), size="sm", min_width=110, elem_id="first-last-frame-swap")
    # In the browser alone: both pictures are there already.
    swap.click(None, [first, last], [first, last], js="(first, last) => [last, first]", **EVENT)

    def fields(values: Values) -> dict[str, Any]:
        return {"first_frame": values[first], "last_frame": values[last]}

    def example(call: CallContext) -> list[Any]:
        uploaded = examples.uploaded(Mode.FIRST_LAST_FRAME, call.pool.uploads)
        return [item["path"] for item in uploaded]

    return PictureFields([first, last], fields, example, crop_hint)


def _build_picture(name: str) -> gr.Image:
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


def _multi_frame() -> PictureFields:
    picture_list = build_frames()
    crop_hint = build_crop_hint(Mode.MULTI_FRAME)

    def fields(values: Values) -> dict[str, Any]:
        return {"frames": frames(items_of(values, picture_list))}

    def example(call: CallContext) -> list[Any]:
        return [examples.frames(call.pool.uploads, chinese=call.chinese)]

    return PictureFields([picture_list], fields, example, crop_hint)


def _subject_reference() -> PictureFields:
    return _images(Mode.SUBJECT_REFERENCE, build_subjects())


def _image() -> PictureFields:
    return _images(Mode.IMAGE, build_references())


def _images(mode: Mode, picture_list: gr.HTML) -> PictureFields:
    def fields(values: Values) -> dict[str, Any]:
        return {"images": pictures(items_of(values, picture_list))}

    def example(call: CallContext) -> list[Any]:
        return [examples.uploaded(mode, call.pool.uploads)]

    return PictureFields([picture_list], fields, example, crop_hint=None)


FORM_SPECS = (
    FormSpec(Mode.FIRST_LAST_FRAME, _first_last_frame, prompt="prompt_first_last"),
    FormSpec(Mode.MULTI_FRAME, _multi_frame, prompt=None),
    FormSpec(Mode.SUBJECT_REFERENCE, _subject_reference, prompt="prompt_subject"),
    FormSpec(Mode.IMAGE, _image, prompt="prompt_image"),
)
"""The forms, in the order of their tabs."""
