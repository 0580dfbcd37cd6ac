"""Layers on top of pictures: the DEMO mark, captions, and sprites that move smoothly."""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from .picture import REDUCE, SPARE, Size
from .typeset import Block, ink, load_font, set_text

_WHITE: Final = (255, 255, 255)
_INK: Final = (28, 32, 40)
_MARK: Final = "DEMO"
_CAPTION_SIZE: Final = 0.044
"""Font size of a caption, in short sides of the frame."""
_CAPTION_LINES: Final = 3
_SCRIM: Final = 0.64
"""Opacity of the dark ground behind a caption: enough for white text on a white picture."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A still RGBA layer at a fixed place."""

    image: Image.Image
    corner: tuple[int, int]
    """The place of its upper left corner, in pixels."""

    def over(self, canvas: Image.Image, strength: float = 1.0) -> None:
        """Draw this onto `canvas`, with an opacity of `strength` (0 to 1)."""
        opacity = self.image.getchannel("A")
        if strength < 1:
            opacity = opacity.point(lambda level: round(level * strength))
        canvas.paste(self.image, self.corner, opacity)


@dataclass(frozen=True, slots=True)
class Caption:
    """Text at the bottom of a picture, and a soft dark ground that fades separately."""

    scrim: Overlay
    text: Overlay


@dataclass(frozen=True, slots=True)
class Sprite:
    """A layer that moves by fractions of a pixel."""

    image: Image.Image
    """RGBa, `SPARE` times as large as it is seen: colours that are multiplied by alpha do not bleed
    into transparent pixels when they are scaled."""

    @classmethod
    def of(cls, image: Image.Image) -> "Sprite":
        """The sprite of an RGBA image that is `SPARE` times as large as it is seen."""
        return cls(image.convert("RGBa"))

    def over(self, canvas: Image.Image, centre: tuple[float, float], scale: float = 1.0) -> None:
        """Draw this onto `canvas` around `centre`, in fractions of pixels."""
        ratio = SPARE / scale
        left = centre[0] - self.image.width / ratio / 2
        top = centre[1] - self.image.height / ratio / 2
        # Whole pixels inside the sprite; the rim that is lost is transparent.
        x, y = max(0, math.ceil(left)), max(0, math.ceil(top))
        right = min(canvas.width, math.floor(left + self.image.width / ratio))
        bottom = min(canvas.height, math.floor(top + self.image.height / ratio))
        if right <= x or bottom <= y:
            return
        edges = (x - left, y - top, right - left, bottom - top)
        box = (edges[0] * ratio, edges[1] * ratio, edges[2] * ratio, edges[3] * ratio)
        scaled = self.image.resize((right - x, bottom - y), REDUCE, box=box).convert("RGBA")
        canvas.paste(scaled, (x, y), scaled)


def tint(mask: Image.Image, colour: tuple[int, int, int], strength: float = 1.0) -> Image.Image:
    """An RGBA layer of one colour whose opacity is `mask` times `strength` (0 to 1)."""
    layer = Image.new("RGBA", mask.size, (*colour, 0))
    layer.putalpha(mask.point(lambda level: round(level * strength)))
    return layer


def rounded_mask(size: Size, radius: float) -> Image.Image:
    """A mask of a rectangle with smooth round corners."""
    smooth = 4
    shape = Image.new("L", (size[0] * smooth, size[1] * smooth))
    corners = (0, 0, shape.width - 1, shape.height - 1)
    radius = min(radius, min(size) / 2) * smooth
    ImageDraw.Draw(shape).rounded_rectangle(corners, radius, fill=255)
    return shape.resize(size, Image.Resampling.BOX)


def mark(size: Size) -> Overlay:
    """The word DEMO in the upper right corner."""
    short = min(size)
    letter = max(9, round(short * 0.022))
    step = letter * 0.16
    font = load_font(letter)
    advances = [font.getlength(character) + step for character in _MARK]
    pill = (round(sum(advances) - step + letter * 1.3), round(letter * 1.75))
    image = tint(rounded_mask(pill, pill[1] / 2), (10, 12, 16), 0.38)
    letters = Image.new("L", pill)
    draw = ImageDraw.Draw(letters)
    x = letter * 0.65
    for character, advance in zip(_MARK, advances, strict=True):
        draw.text((x, pill[1] / 2 + letter * 0.37), character, fill=255, font=font, anchor="ls")
        x += advance
    image.alpha_composite(tint(letters, _WHITE, 0.86))
    margin = round(short * 0.03)
    return Overlay(image, (size[0] - pill[0] - margin, margin))


def _block(text: str, size: Size) -> Block | None:
    """The lines of a caption; None when `text` has nothing printable."""
    font_size = max(11, round(min(size) * _CAPTION_SIZE))
    block = set_text(text, size=font_size, width=round(size[0] * 0.84), max_lines=_CAPTION_LINES)
    return block if block.lines else None


def caption_bottom(size: Size) -> int:
    """Pixels between a caption and the lower edge."""
    return round(min(size) * 0.06)


def caption_on_picture(text: str, size: Size) -> Caption | None:
    """White text at the bottom of any picture, on a soft dark ground."""
    block = _block(text, size)
    if block is None:
        return None
    letters = _letters(block, size)
    shadow = letters.filter(ImageFilter.GaussianBlur(block.font_size * 0.14))
    image = tint(shadow, (0, 0, 0), 0.7)
    image.alpha_composite(tint(letters, _WHITE, 0.97))
    return Caption(_scrim(block, size), Overlay(image, (0, size[1] - image.height)))


def caption_on_paper(text: str, size: Size) -> Overlay | None:
    """Dark text at the bottom, for a pale ground."""
    block = _block(text, size)
    if block is None:
        return None
    image = tint(_letters(block, size), _INK, 0.94)
    return Overlay(image, (0, size[1] - image.height))


def _letters(block: Block, size: Size) -> Image.Image:
    """The block as the mask of a strip along the lower edge, with space for a shadow above."""
    space = block.font_size // 2
    mask = Image.new("L", (size[0], space + block.height + caption_bottom(size)))
    mask.paste(ink(block), ((size[0] - block.width) // 2, space))
    return mask


def _scrim(block: Block, size: Size) -> Overlay:
    """The ground behind a caption: it darkens from nothing to the middle of the text."""
    height = min(size[1], round(block.height + caption_bottom(size) + block.font_size * 6))
    rise = max(1.0, height - block.height / 2 - caption_bottom(size))
    column = Image.new("L", (1, height))
    for row in range(height):
        upward = min(1.0, row / rise)
        column.putpixel((0, row), round(255 * _SCRIM * upward * upward * (3 - 2 * upward)))
    return Overlay(tint(column.resize((size[0], height)), (8, 10, 14)), (0, size[1] - height))
