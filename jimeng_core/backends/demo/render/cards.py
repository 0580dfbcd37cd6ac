"""Where the subjects' cards lie, and what a card looks like."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .overlay import filled
from .picture import SPARE, Size, contain
from .typeset import face

_ASPECTS: Final = (0.5, 2.0)
"""The narrowest and the widest place for a card (width / height).

A longer picture lies smaller in it, so that the others keep their size.
"""

_GAP: Final = 0.045
"""Space between cards, in short sides of the frame."""

_RADIUS: Final = 0.022
"""Of a card's corners, in short sides of the frame."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in the frame, in pixels."""

    x: float
    """Of the centre."""

    y: float
    """Of the centre."""

    width: float
    height: float


def arranged(aspects: list[float], area: Rect, gap: float) -> list[Rect]:
    """A place for each picture of these `aspects` (width / height), in reading order.

    The pictures lie in rows of one height. The number of rows is the one that shows most of them.
    """
    layouts = [_in_rows(aspects, rows, area, gap) for rows in range(1, len(aspects) + 1)]
    return max(layouts, key=lambda places: sum(place.width * place.height for place in places))


def gap_of(size: Size) -> float:
    """Pixels between two cards in a frame of `size`."""
    return min(size) * _GAP


def card(picture: Path, place: Rect, number: int | None, size: Size) -> Image.Image:
    """A card with its shadow around it, as RGBA, `SPARE` times as large as it is seen.

    Args:
        picture: all of it is seen.
        place: how large the card is in the frame.
        number: stands in the card's upper left corner; None for none.
        size: of the frame, in pixels.

    """
    unit = min(size) * SPARE
    inner = contain(picture, (round(place.width * SPARE), round(place.height * SPARE)))
    margin = round(unit * 0.04)
    outer = (inner.width + 2 * margin, inner.height + 2 * margin)
    shape = _rounded(inner.size, unit * _RADIUS)
    cast = Image.new("L", outer)
    cast.paste(shape, (margin, margin + round(unit * 0.008)))
    image = filled(cast.filter(ImageFilter.GaussianBlur(unit * 0.012)), (16, 20, 32), 0.42)
    image.paste(inner, (margin, margin), shape)
    # Where the card is, the layer is opaque; around it, as opaque as the shadow.
    whole = Image.new("L", outer)
    whole.paste(shape, (margin, margin))
    image.putalpha(ImageChops.lighter(image.getchannel("A"), whole))
    if number is not None:
        _numbered(image, number, (margin, margin), unit)
    return image


def _in_rows(aspects: list[float], rows: int, area: Rect, gap: float) -> list[Rect]:
    """Places in exactly `rows` rows, the first ones one longer when they cannot be equally long."""
    least, most = _ASPECTS
    slots = [min(most, max(least, aspect)) for aspect in aspects]
    lines = _dealt(len(slots), rows)
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


def _dealt(count: int, rows: int) -> list[range]:
    """The numbers below `count` in `rows` runs of about the same length."""
    each, over = divmod(count, rows)
    lines: list[range] = []
    start = 0
    for row in range(rows):
        stop = start + each + (row < over)
        lines.append(range(start, stop))
        start = stop
    return lines


def _rounded(size: Size, radius: float) -> Image.Image:
    """A mask of a rectangle with smooth round corners."""
    smooth = 4
    shape = Image.new("L", (size[0] * smooth, size[1] * smooth))
    radius = min(radius, min(size) / 2)
    draw = ImageDraw.Draw(shape)
    draw.rounded_rectangle((0, 0, shape.width - 1, shape.height - 1), radius * smooth, fill=255)
    return shape.resize(size, Image.Resampling.BOX)


def _numbered(image: Image.Image, number: int, corner: tuple[int, int], unit: float) -> None:
    """Put a small number on the card: the prompt speaks of its picture by that number."""
    side = round(unit * 0.042)
    inset = round(unit * 0.014)
    disc = filled(_rounded((side, side), side / 2), (16, 20, 28), 0.62)
    digits = Image.new("L", (side, side))
    font = face(round(side * 0.62))
    ImageDraw.Draw(digits).text(
        (side / 2, side * 0.73), str(number), fill=255, font=font, anchor="ms"
    )
    disc.alpha_composite(filled(digits, (255, 255, 255)))
    image.alpha_composite(disc, (corner[0] + inset, corner[1] + inset))
