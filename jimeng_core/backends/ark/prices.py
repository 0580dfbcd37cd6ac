"""What a video on Ark will probably cost (Ark protocol E)."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Final

from jimeng_core.backends.base import LoadedFile, Price
from jimeng_core.catalog import Offer, catalog
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.clips.measurement import MIN_SECONDS
from jimeng_core.marks import ReferenceKind
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
_LEAST: Final = Fraction(5, 3)
"""With reference videos, the fewest seconds that count for each second of the video itself: a guess
by a reseller's least charges (Ark protocol E)."""
_MILLION: Final = 1_000_000

Seconds = tuple[Fraction, Fraction]
"""The fewest and the most seconds that may count."""


def estimate(
    request: AnyRequest, base_url: str, files: Sequence[LoadedFile] = (), *, flex: bool = False
) -> Price | None:
    """The price in the currency of an address where its rate is known, else in tokens.

    None for a request that Ark does not take. Reference videos count by their length, which is
    known of loaded files only; without them the price is a range.

    Args:
        request: A request with the model's defaults.
        base_url: The address it would be sent to.
        files: Its files, where they are loaded.
        flex: Whether it would be made without haste, at half the rate (Ark protocol A4).
    """
    model = catalog().find(request.model)
    offer = model.offer("ark") if model else None
    if isinstance(request, ImageRequest) or (model and not _fits(request, offer)):
        return None
    pixels = _PIXELS.get(request.resolution)
    if pixels is None or not catalog().models_for("ark", request.mode):
        return None
    references = _reference_seconds(request, files, offer)
    tokens = [
        ceil(Fraction(pixels * _FRAMES, 1024) * seconds)
        for seconds in dict.fromkeys(_counted(request.duration, references))
    ]
    unit = "USD" if wire.is_byteplus(base_url) else "CNY"
    table = catalog().prices[unit]
    kinds = ["video"] if references else ["audio", "base"] if request.audio else ["base"]
    rates = (table.rate(model.name, request.resolution, kind) for kind in kinds if model)
    rate = next((rate / (1 + flex) for rate in rates if rate is not None), None)
    text, text_zh = _formula(tokens, references)
    if rate is None:
        return _price(
            tokens,
            "tokens",
            f"{text}; the rate of this model is not known here, and Ark's own count decides.",
            f"{text_zh}；此处不知道该模型的单价，以方舟的计量为准。",
            FORMULA_AS_OF,
        )
    return _price(
        [float(round(Fraction(str(rate)) * count / _MILLION, 4)) for count in tokens],
        unit,
        f"{text}, at {rate:g} {unit} for a million, as a copy of the vendor's list had it on"
        f" {table.as_of}; Ark's own count decides.",
        f"{text_zh}，单价为每百万 {rate:g} {unit}（{table.as_of} 的刊例价），以方舟的计量为准。",
        table.as_of,
    )


def _reference_seconds(
    request: AnyRequest, files: Sequence[LoadedFile], offer: Offer | None
) -> Seconds | None:
    """How long the reference videos of a request are together; None without any."""
    if not isinstance(request, SubjectReference) or not request.videos:
        return None
    lengths = [
        Fraction(str(file.seconds))
        for file in files
        if isinstance(file, ClipFile) and file.kind is ReferenceKind.VIDEO
    ]
    if len(lengths) == len(request.videos):
        return sum(lengths, Fraction()), sum(lengths, Fraction())
    limits = (offer and offer.references) or catalog().most_references
    least = Fraction(MIN_SECONDS * len(request.videos))
    return least, max(least, Fraction(limits.seconds))


def _counted(seconds: int, references: Seconds | None) -> Seconds:
    """The seconds that count for a video of some seconds: its own, and those of its references."""
    if references is None:
        return Fraction(seconds), Fraction(seconds)
    least = Fraction(ceil(seconds * _LEAST))
    low, high = references
    return max(seconds + low, least), max(seconds + high, least)


def _formula(tokens: Sequence[int], references: Seconds | None) -> tuple[str, str]:
    """The count of tokens and where it is from, in English and Chinese."""
    counts, counts_zh = (word.join(f"{count:,}" for count in tokens) for word in (" to ", " 到 "))
    if references is None:
        return (
            f"About {counts} tokens by Ark's formula (width x height x frames / 1024)",
            f"按方舟的公式（宽 × 高 × 帧数 / 1024）约 {counts_zh} token",
        )
    low, high = map(float, references)
    length, length_zh = (
        (f"{low:g} to {high:g} s together, not known here", f"共 {low:g} 到 {high:g} 秒，此处未知")
        if low < high
        else (f"{low:g} s together", f"共 {low:g} 秒")
    )
    text = (
        f"About {counts} tokens by Ark's formula (width x height x frames / 1024), which counts"
        f" reference videos too ({length}) and has a minimum"
    )
    text_zh = (
        f"按方舟的公式（宽 × 高 × 帧数 / 1024，参考视频也计入，{length_zh}，且有最低用量）约"
        f" {counts_zh} token"
    )
    return text, text_zh


def _price(amounts: Sequence[float], unit: str, basis: str, basis_zh: str, as_of: date) -> Price:
    """A price of one amount, or of the fewest and the most."""
    least = amounts[0] if len(amounts) > 1 else None
    return Price(amounts[-1], unit, basis, basis_zh, as_of, least)


def _fits(request: AnyRequest, offer: Offer | None) -> bool:
    """Whether a model takes a request's mode, length and resolution."""
    return (
        offer is not None
        and offer.supports(request.mode)
        and not isinstance(request, ImageRequest)
        and request.duration in offer.seconds
        and request.resolution in offer.resolutions_for(request.mode)
    )
