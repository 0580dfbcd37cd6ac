"""What a video on Ark will probably cost (Ark protocol E)."""

from datetime import date
from fractions import Fraction
from math import ceil
from typing import Final

from jimeng_core.backends.base import Price
from jimeng_core.catalog import Offer, catalog
from jimeng_core.requests import AnyRequest, ImageRequest, SubjectReference

from . import wire

FORMULA_AS_OF: Final = date(2026, 11, 26)
"""When the formula was read."""
_PIXELS: Final = {
    "480p": 854 * 480,
    "720p": 1280 * 720,
    "1080p": 1920 * 1080,
    "4k": 3840 * 2160,
}
"""Pixels of a frame, which hardly depend on the ratio: a 480p square is 640x640 (single source)."""
_FRAMES: Final = 24
"""Frames of a second; a measured video had one frame more in all (Ark protocol E, likely)."""
_MILLION: Final = 1_000_000


def estimate(request: AnyRequest, base_url: str, *, flex: bool = False) -> Price | None:
    """The price in the currency of an address where its rate is known, else in tokens.

    None for a request that Ark does not take. The length of reference videos is not known, so that
    they count by their rate only.

    Args:
        request: A request with the model's defaults.
        base_url: The address it would be sent to.
        flex: Whether it would be made without haste, at half the rate (Ark protocol A4).
    """
    model = catalog().find(request.model)
    offer = model.offer("ark") if model else None
    if isinstance(request, ImageRequest) or (model and not _fits(request, offer)):
        return None
    pixels = _PIXELS.get(request.resolution)
    if pixels is None or not catalog().models_for("ark", request.mode):
        return None
    tokens = ceil(Fraction(pixels * request.duration * _FRAMES, 1024))
    unit = "USD" if wire.is_byteplus(base_url) else "CNY"
    table = catalog().prices[unit]
    with_video = isinstance(request, SubjectReference) and bool(request.videos)
    kinds = ["video"] if with_video else ["audio", "base"] if request.audio else ["base"]
    rates = (table.rate(model.name, request.resolution, kind) for kind in kinds if model)
    rate = next((rate / (1 + flex) for rate in rates if rate is not None), None)
    count = f"{tokens:,}"
    more, more_zh = (
        (" Reference videos may add tokens of their own.", "参考视频可能另计 token。")
        if with_video
        else ("", "")
    )
    if rate is None:
        return Price(
            tokens,
            "tokens",
            f"About {count} tokens by Ark's formula (width x height x frames / 1024); the rate of"
            f" this model is not known here, and Ark's own count decides.{more}",
            f"按方舟的公式（宽 × 高 × 帧数 / 1024）约 {count} token；此处不知道该模型的单价，"
            f"以方舟的计量为准。{more_zh}",
            FORMULA_AS_OF,
        )
    return Price(
        float(round(Fraction(str(rate)) * tokens / _MILLION, 4)),
        unit,
        f"About {count} tokens by Ark's formula (width x height x frames / 1024) at {rate:g}"
        f" {unit} for a million, as one source had it on {table.as_of}; Ark's own count decides."
        f"{more}",
        f"按方舟的公式（宽 × 高 × 帧数 / 1024）约 {count} token，单价为每百万 {rate:g} {unit}"
        f"（{table.as_of} 的单一来源），以方舟的计量为准。{more_zh}",
        table.as_of,
    )


def _fits(request: AnyRequest, offer: Offer | None) -> bool:
    """Whether a model takes a request's mode, length and resolution."""
    return (
        offer is not None
        and offer.supports(request.mode)
        and not isinstance(request, ImageRequest)
        and request.duration in offer.seconds
        and request.resolution in offer.resolutions_for(request.mode)
    )
