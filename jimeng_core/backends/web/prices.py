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
    shown = table.rate(model.name, SEEN_RESOLUTION, "shown") if model else None
    amount = charge or shown
    offer = model.offer("web") if model else None
    with_video = isinstance(request, SubjectReference) and bool(request.videos)
    if (
        isinstance(request, ImageRequest)
        or with_video
        or request.resolution != SEEN_RESOLUTION
        or amount is None
        or offer is None
        or request.duration not in offer.seconds
    ):
        return None
    video = f"{SEEN_SECONDS} s at {SEEN_RESOLUTION}"
    video_zh = f"{SEEN_SECONDS} 秒 {SEEN_RESOLUTION} 的视频"
    basis, basis_zh = (
        (
            f"{amount:g} credits were seen charged for {video} in one account",
            f"有一个账号的{video_zh}实际扣了 {amount:g} 积分",
        )
        if charge
        else (
            f"The site's page once showed about {amount:g} credits for {video}",
            f"网页曾为{video_zh}显示约 {amount:g} 积分",
        )
    )
    if request.duration != SEEN_SECONDS:
        basis += "; this length is in proportion, which is a guess"
        basis_zh += "；此时长按比例推算，仅供参考"
    cost = ceil(amount * request.duration / SEEN_SECONDS)
    return Price(cost, "credits", f"{basis}.", f"{basis_zh}。", table.as_of)
