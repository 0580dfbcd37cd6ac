"""The pictures of each mode's form: the first and the last frame, or a list of pictures.

A list is drawn by `picture_list.js`. Its value is a list of `{path, url, kind, prompt, duration}`,
in which only a list of subjects has other kinds than `image`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from jimeng_app.page.components import EVENT, Values, element_id, html_name, script_element
from jimeng_app.page.i18n import label
from jimeng_core.limits import FRAME_SECONDS, FRAMES
from jimeng_core.marks import ReferenceKind, mark_pattern
from jimeng_core.requests import SUBJECT_IMAGES, Frame, Mode
from jimeng_core.settings import BackendName

from .choices import crop_effect, most_files, offers_of

DEFAULT_SECONDS = Frame.model_fields["duration"].default

# What `picture_list.js` reads.
_LISTS: dict[Mode, dict[str, Any]] = {
    Mode.MULTI_FRAME: {
        "kind": "frames",
        "elem_classes": "crop-preview",
        "least": FRAMES.low,
        "seconds": DEFAULT_SECONDS,
        "shortest": FRAME_SECONDS.low,
        "longest": FRAME_SECONDS.high,
    },
    Mode.SUBJECT_REFERENCE: {
        "kind": "subjects",
        "marks": {kind.value: mark_pattern(kind) for kind in ReferenceKind},
    },
    Mode.IMAGE: {"kind": "references"},
}


@dataclass(frozen=True, slots=True)
class PictureFields:
    """The pictures of a form."""

    by_name: Mapping[str, gr.components.Component]
    """The components, by the names of the request's fields."""
    parse: Callable[[Any, str], dict[str, Any]]
    """The request's fields out of a component's value and name."""
    least: int = 0
    """How many a list has at least."""
    crop_hint: gr.HTML | None = None
    """Says what the selected ratio does to them, where it does something."""

    def request_fields(self, values: Values) -> dict[str, Any]:
        """The request's fields out of the components' values."""
        fields: dict[str, Any] = {}
        for name, component in self.by_name.items():
            fields |= self.parse(values[component], name)
        return fields


def build_pictures(mode: Mode) -> PictureFields:
    """The picture fields of a mode's form."""
    match mode:
        case Mode.FIRST_LAST_FRAME:
            return _build_first_last()
        case Mode.MULTI_FRAME:
            frames = _build_list(mode)
            crop_hint = _build_crop_hint(mode)
            return PictureFields(
                {"frames": frames},
                lambda value, name: {name: parse_frames(value)},
                FRAMES.low,
                crop_hint,
            )
        case Mode.SUBJECT_REFERENCE:
            return PictureFields(
                {"images": _build_list(mode)}, parse_references, SUBJECT_IMAGES.low
            )
        case Mode.IMAGE:
            images = {"images": _build_list(mode)}
            return PictureFields(images, lambda value, name: {name: parse_pictures(value)})


def _build_first_last() -> PictureFields:
    """The first and the last frame, with a button that swaps them."""
    with gr.Row(elem_classes="pictures crop-preview"):
        first, last = (
            gr.Image(
                label=label(f"{end}_frame"),
                placeholder=str(label("drop_picture")),
                type="filepath",
                sources=["upload", "clipboard"],
                height=240,
                min_width=150,
                buttons=[],
                elem_id=element_id(Mode.FIRST_LAST_FRAME, end),
            )
            for end in ("first", "last")
        )
    with gr.Row(elem_classes="below"):
        crop_hint = _build_crop_hint(Mode.FIRST_LAST_FRAME)
        swap = gr.Button(label("swap"), size="sm", min_width=110, elem_id="first-last-frame-swap")
    # In the browser alone: both pictures are there already.
    swap.click(None, [first, last], [first, last], js="(first, last) => [last, first]", **EVENT)
    frames = {"first_frame": first, "last_frame": last}
    return PictureFields(frames, lambda value, name: {name: value}, crop_hint=crop_hint)


def _build_list(mode: Mode) -> gr.HTML:
    return script_element(
        "jimeng.pictureList(element, props, upload, watch)",
        value=[],
        elem_id=element_id(mode, "pictures"),
        mode=html_name(mode),
        form=mode.value,
        most={
            backend.value: {
                name: most_files(mode, offer) for name, offer in offers_of(mode, backend).items()
            }
            for backend in BackendName
        },
        **_LISTS[mode],
    )


def _build_crop_hint(mode: Mode) -> gr.HTML:
    """A line about the selected ratio; its script also dims what will be cut off the pictures."""
    return script_element(
        "jimeng.cropHint(element, props, watch)",
        elem_id=element_id(mode, "crop-hint"),
        elem_classes="crop-hint",
        words=mode is Mode.FIRST_LAST_FRAME,
        effects={
            backend.value: {
                name: crop_effect(mode, backend, offer)
                for name, offer in offers_of(mode, backend).items()
            }
            for backend in BackendName
        },
    )


def parse_frames(value: object) -> list[dict[str, Any]]:
    """The frames of a request out of a list's value."""
    return [
        {"image": _picture(item), "prompt": item.get("prompt") or "", "duration": _seconds(item)}
        for item in _items(value)
    ]


def parse_pictures(value: object) -> list[dict[str, Any] | None]:
    """The pictures of a request out of a list's value."""
    return [_picture(item) for item in _items(value)]


def parse_references(value: object, _name: str = "") -> dict[str, Any]:
    """The pictures, videos and audios of a request out of a list's value."""
    items = _items(value)
    fields = {"images": None, "videos": ReferenceKind.VIDEO, "audios": ReferenceKind.AUDIO}
    kinds = [item.get("kind") if item.get("kind") in fields.values() else None for item in items]
    return {
        name: [_picture(item) for item, each in zip(items, kinds, strict=True) if each == kind]
        for name, kind in fields.items()
    }


def _items(value: object) -> list[dict[str, Any]]:
    """The items of a list; the browser may send anything."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _picture(item: dict[str, Any]) -> dict[str, Any] | None:
    return {"path": item["path"]} if item.get("path") else None


def _seconds(item: dict[str, Any]) -> object:
    # An emptied field is 0 seconds, which the request refuses; without a value it has the default.
    return item["duration"] or 0 if "duration" in item else DEFAULT_SECONDS
