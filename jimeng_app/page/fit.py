"""What the chosen ratio does to a form's pictures, shown over them."""

from enum import StrEnum

import gradio as gr

from jimeng_core.catalog import Offer, catalog
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName


class Fit(StrEnum):
    """How pictures and ratio go together."""

    CROPS = "crops"
    """The middle of each picture fills the ratio; the rest is cut off."""
    FOLLOWS = "follows"
    """The video has the first picture's ratio, whatever is chosen."""
    UNTOLD = ""
    """Pictures are no frames here, or nobody knows."""


def fit_of(mode: Mode, backend: str, offer: Offer) -> Fit:
    """What a backend does with the pictures of a form.

    Args:
        mode: The form.
        backend: Where tasks go.
        offer: What the chosen model takes there.
    """
    if backend == BackendName.DEMO and mode in {Mode.FIRST_LAST_FRAME, Mode.MULTI_FRAME}:
        return Fit.CROPS
    if mode is not Mode.FIRST_LAST_FRAME:
        return Fit.UNTOLD  # the site's multi-frame: no capture tells
    if backend == BackendName.WEB or offer.start_ratio:
        return Fit.FOLLOWS
    return Fit.CROPS


def lay_fit(mode: Mode) -> gr.HTML:
    """A line that says it, and dims over the pictures what will be cut off."""
    return gr.HTML(
        html_template="",  # drawn by the script alone
        js_on_load="studio.fit(element, props, watch)",
        apply_default_css=False,
        elem_id=f"{mode.replace('_', '-')}-fit",
        elem_classes="fit",
        fits={
            backend.value: {
                model.name: fit_of(mode, backend, offer)
                for model in catalog().offering(backend, mode)
                if (offer := model.offer(backend))
            }
            for backend in BackendName
        },
    )
