"""What a video on the site will probably cost: charges that were seen (protocol 7.7)."""

from math import ceil
from typing import Final

from jimeng_core.backends.base import Price
from jimeng_core.catalog import catalog
from jimeng_core.requests import AnyRequest, ImageRequest, SubjectReference

SEEN_SECONDS: Final = 5
SEEN_RESOLUTION: Final = "720p"
"""The videos whose charges were seen (protocol 7.7, single source)."""


def estimate(request: AnyRequest) -> Price | None:
    """The charge that was seen for a request's model, in proportion to the length.

    None for other resolutions, for reference videos, and for models whose charge was not seen.

    Args:
        request: A request with the model's defaults.
    """
    table = catalog().prices["credits"]
    model = catalog().find(request.model)
    charge = table.rate(model.name, SEEN_RESOLUTION) if model else None
    offer = model.offer("web") if model else None
    with_video = isinstance(request, SubjectReference) and bool(request.videos)
    if (
        isinstance(request, ImageRequest)
        or with_video
        or request.resolution != SEEN_RESOLUTION
        or charge is None
        or offer is None
        or request.duration not in offer.seconds
    ):
        return None
    en, zh = (
        (".", "。")
        if request.duration == SEEN_SECONDS
        else (
            "; this length is in proportion, which is a guess.",
            "；此时长按比例推算，仅供参考。",
        )
    )
    return Price(
        ceil(charge * request.duration / SEEN_SECONDS),
        "credits",
        f"{charge:g} credits, or about that, were seen charged for {SEEN_SECONDS} s at"
        f" {SEEN_RESOLUTION}, in one account{en}",
        f"有一个账号 {SEEN_SECONDS} 秒 {SEEN_RESOLUTION} 的视频实际扣了约 {charge:g} 积分{zh}",
        table.as_of,
    )
