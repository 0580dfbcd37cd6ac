"""Several pictures in order: what multi-frame, subject reference and images have in common.

Drawn by `strip.js`. Its value is a list of `{path, url, prompt, duration}`.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from jimeng_core.checks import FRAME_SECONDS, FRAMES, SUBJECT_IMAGES
from jimeng_core.requests import MARK, Frame, Mode, picture_mark

from .events import Values

_DRAW = "studio.pictures(element, props, upload, watch)"
USUAL_SECONDS = Frame.model_fields["duration"].default


def lay_frames() -> gr.HTML:
    """A row for each picture, with its words and seconds."""
    return gr.HTML(
        [],
        html_template="",  # drawn by the script alone
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_id="multi-frame-pictures",
        elem_classes="seen",
        kind="frames",
        mode="multi-frame",
        list_id="multi-frame-prompt",
        least=FRAMES[0],
        seconds=USUAL_SECONDS,
        shortest=FRAME_SECONDS[0],
        longest=FRAME_SECONDS[1],
    )


def lay_subjects() -> gr.HTML:
    """A thumbnail for each picture, with its mark."""
    return gr.HTML(
        [],
        html_template="",  # drawn by the script alone
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_id="subject-reference-pictures",
        kind="subjects",
        mode=Mode.SUBJECT_REFERENCE.replace("_", "-"),
        list_id="subject-reference-strip",
        mark=MARK.pattern,
        marks=[picture_mark(number) for number in range(1, SUBJECT_IMAGES[1] + 1)],
    )


def lay_references() -> gr.HTML:
    """A thumbnail for each picture."""
    return gr.HTML(
        [],
        html_template="",  # drawn by the script alone
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_id="image-pictures",
        kind="references",
        mode=Mode.IMAGE.value,
        list_id="image-strip",
    )


def items_of(values: Values, strip: gr.HTML) -> list[dict[str, Any]]:
    """What stands in a strip; the browser may send anything."""
    given = values[strip]
    return [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []


def frames(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames of a request."""
    return [
        {"image": _picture(item), "prompt": item.get("prompt") or "", "duration": _seconds(item)}
        for item in items
    ]


def pictures(items: Sequence[dict[str, Any]]) -> list[object]:
    """The pictures of a request."""
    return [_picture(item) for item in items]


def _picture(item: dict[str, Any]) -> object:
    return {"path": item["path"]} if item.get("path") else None


def _seconds(item: dict[str, Any]) -> object:
    # An emptied field is 0 seconds, which the request refuses; left out, it would become the usual.
    return item["duration"] or 0 if "duration" in item else USUAL_SECONDS
