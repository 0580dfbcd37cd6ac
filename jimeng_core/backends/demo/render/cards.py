"""The arrangement of the subjects' cards, and their look."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .overlay import rounded_mask, tint
from .picture import SPARE, Size
from .typeset import load_font

_ASPECTS: Final = (0.5, 2.0)
"""The narrowest and the widest place of a card (width / height). A longer picture is smaller,
so that the others keep their size."""
GAP: Final = 0.045
"""Space between cards, in short sides of the frame."""
_RADIUS: Final = 0.022
"""Radius of a card's corners, in short sides of the frame."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in the frame, in pixels; `x` and `y` are those of its centre."""

    x: float
    y: float
    width: float
    height: float


def arrange(aspects: list[float], area: Rect, gap: float) -> list[Rect]:
    """A place for each picture of these `aspects` (width / height), in reading order.

    They are in rows of one height; the number of rows is the one that makes them largest.
    """
    layouts = (_in_rows(aspects, rows, area, gap) for rows in range(1, len(aspects) + 1))
    possible = (places for places in layouts if places[0].height > 0)  # the gaps take room too
    return max(possible, key=lambda places: sum(place.width * place.height for place in places))


def room(place: Rect) -> Size:
    """The pixels that a picture may have on a card: `SPARE` times those that are seen."""
    return round(place.width * SPARE), round(place.height * SPARE)


def card(picture: Image.Image, label: str, size: Size) -> Image.Image:
    """A card with its shadow, as RGBA, `SPARE` times as large as it is seen.

    Args:
        picture: Shown uncropped; it fits into the card's `room`.
        label: Shown in the upper left corner; empty for none.
        size: Of the frame, in pixels.
    """
    unit = min(size) * SPARE
    margin = round(unit * 0.04)
    shadow, shape, opaque = _blank(picture.size, unit, margin)
    image = shadow.copy()
    image.paste(picture, (margin, margin), shape)
    image.putalpha(ImageChops.lighter(image.getchannel("A"), opaque))
    if label:
        _draw_label(image, label, (margin, margin), unit)
    return image


@lru_cache(maxsize=32)  # a video has a new picture for each frame
def _blank(inner: Size, unit: float, margin: int) -> tuple[Image.Image, Image.Image, Image.Image]:
    """The shadow of a card, the mask of its picture, and the same mask within the card."""
    outer = (inner[0] + 2 * margin, inner[1] + 2 * margin)
    shape = rounded_mask(inner, unit * _RADIUS)
    cast = Image.new("L", outer)
    cast.paste(shape, (margin, margin + round(unit * 0.008)))
    shadow = tint(cast.filter(ImageFilter.GaussianBlur(unit * 0.012)), (16, 20, 32), 0.42)
    opaque = Image.new("L", outer)
    opaque.paste(shape, (margin, margin))
    return shadow, shape, opaque


def _in_rows(aspects: list[float], rows: int, area: Rect, gap: float) -> list[Rect]:
    """Places in exactly `rows` rows, of which the first ones may have one picture more."""
    least, most = _ASPECTS
    slots = [min(most, max(least, aspect)) for aspect in aspects]
    each, over = divmod(len(slots), rows)
    starts = [row * each + min(row, over) for row in range(rows + 1)]
    lines = [range(start, stop) for start, stop in pairwise(starts)]
    heights = [
        (area.width - gap * (len(line) - 1)) / sum(slots[index] for index in line) for line in lines
    ]
    height = min([*heights, (area.height - gap * (rows - 1)) / rows])
    top = area.y - (height * rows + gap * (rows - 1)) / 2
    places: list[Rect] = []
    for row, line in enumerate(lines):
        y = top + row * (height + gap) + height / 2
        x = area.x - (sum(slots[index] for index in line) * height + gap * (len(line) - 1)) / 2
        for index in line:
            slot = slots[index] * height
            wide = min(slot, height * aspects[index])
            places.append(Rect(x + slot / 2, y, wide, wide / aspects[index]))
            x += slot + gap
    return places


def _draw_label(image: Image.Image, label: str, corner: tuple[int, int], unit: float) -> None:
    """Put a file's label, by which the prompt refers to it, on its card: a disc, or a pill."""
    side = round(unit * 0.042)
    inset = round(unit * 0.014)
    font = load_font(round(side * 0.62))
    width = side if label.isdecimal() else round(font.getlength(label) + 0.7 * side)
    disc = tint(rounded_mask((width, side), side / 2), (16, 20, 28), 0.62)
    digits = Image.new("L", (width, side))
    ImageDraw.Draw(digits).text((width / 2, side * 0.73), label, fill=255, font=font, anchor="ms")
    disc.alpha_composite(tint(digits, (255, 255, 255)))
    image.alpha_composite(disc, (corner[0] + inset, corner[1] + inset))
