"""What the chosen ratio does to a form's pictures, shown over them."""

from enum import StrEnum

import gradio as gr

from jimeng_core.catalog import Offer, catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName


class CropEffect(StrEnum):
    """How pictures and ratio go together."""

    CROPS = "crops"
    """The middle of each picture fills the ratio; the rest is cut off."""
    FOLLOWS = "follows"
    """The video has the first picture's ratio, whatever is chosen."""
    UNKNOWN = ""
    """Pictures are no frames here, or nobody knows."""


def crop_effect(mode: Mode, backend: str, offer: Offer) -> CropEffect:
    """What a backend does with the pictures of a form.

    Args:
        mode: The form.
        backend: Where tasks go.
        offer: What the chosen model takes there.
    """
    if backend == BackendName.DEMO and mode in {Mode.FIRST_LAST_FRAME, Mode.MULTI_FRAME}:
        return CropEffect.CROPS
    if mode is not Mode.FIRST_LAST_FRAME:
        return CropEffect.UNKNOWN  # the site's multi-frame: no capture tells
    if backend == BackendName.WEB or offer.start_ratio:
        return CropEffect.FOLLOWS
    return CropEffect.CROPS


def build_crop_hint(mode: Mode) -> gr.HTML:
    """A line that says it, and dims over the pictures what will be cut off."""
    return gr.HTML(
        html_template="",  # drawn by the script alone
        js_on_load="jimeng.fit(element, props, watch)",
        apply_default_css=False,
        elem_id=f"{mode.replace('_', '-')}-fit",
        elem_classes="fit",
        fits={
            backend.value: {
                model.name: crop_effect(mode, backend, offer)
                for model in catalog().models_for(backend, mode)
                if (offer := model.offer(backend))
            }
            for backend in BackendName
        },
    )
