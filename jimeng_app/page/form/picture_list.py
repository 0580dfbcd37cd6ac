"""Several pictures in order: what multi-frame, subject reference and images have in common.

Drawn by `strip.js`. Its value is a list of `{path, url, prompt, duration}`.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from jimeng_app.page.events import Values
from jimeng_core.limits import FRAME_SECONDS, FRAMES, SUBJECT_IMAGES
from jimeng_core.requests import MARK, Frame, Mode, picture_mark

USUAL_SECONDS = Frame.model_fields["duration"].default


def build_frames() -> gr.HTML:
    """A row for each picture, with its words and seconds."""
    return _build(
        Mode.MULTI_FRAME,
        kind="frames",
        list_id="multi-frame-prompt",
        elem_classes="seen",
        least=FRAMES.low,
        seconds=USUAL_SECONDS,
        shortest=FRAME_SECONDS.low,
        longest=FRAME_SECONDS.high,
    )


def build_subjects() -> gr.HTML:
    """A thumbnail for each picture, with its mark."""
    return _build(
        Mode.SUBJECT_REFERENCE,
        kind="subjects",
        list_id="subject-reference-strip",
        mark=MARK.pattern,
        marks=[picture_mark(number) for number in range(1, SUBJECT_IMAGES.high + 1)],
    )


def build_references() -> gr.HTML:
    """A thumbnail for each picture."""
    return _build(Mode.IMAGE, kind="references", list_id="image-strip")


def _build(mode: Mode, **props: Any) -> gr.HTML:  # noqa: ANN401 - what the script reads
    name = mode.replace("_", "-")
    return gr.HTML(
        [],
        html_template="",  # drawn by the script alone
        js_on_load="jimeng.pictures(element, props, upload, watch)",
        apply_default_css=False,
        elem_id=f"{name}-pictures",
        mode=name,
        **props,
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
