"""What lies on top of pictures: the DEMO mark, captions, and sprites that move smoothly."""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from .picture import REDUCE, SPARE, Size
from .typeset import Block, face, ink, set_text

_WHITE: Final = (255, 255, 255)
_INK: Final = (28, 32, 40)
"""Nearly black: text on a pale ground."""

_MARK: Final = "DEMO"

_CAPTION_SIZE: Final = 0.044
"""Font size of a caption, in short sides of the frame."""

_CAPTION_LINES: Final = 3

_SCRIM: Final = 0.64
"""How dark the ground behind a caption is, 0 to 1: enough for white text on a white picture."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A still layer at a fixed place."""

    image: Image.Image
    """RGBA."""

    corner: tuple[int, int]
    """Where its upper left corner lies, in pixels."""

    def over(self, canvas: Image.Image, strength: float = 1.0) -> None:
        """Draw this onto `canvas`, at full `strength` (1) or fainter (to 0)."""
        opacity = self.image.getchannel("A")
        if strength < 1:
            opacity = opacity.point(lambda level: round(level * strength))
        canvas.paste(self.image, self.corner, opacity)


@dataclass(frozen=True, slots=True)
class Caption:
    """Text at the bottom of a picture. Its parts fade differently from one picture to the next."""

    scrim: Overlay
    """The soft dark ground."""

    text: Overlay


@dataclass(frozen=True, slots=True)
class Sprite:
    """A layer that moves by fractions of a pixel."""

    image: Image.Image
    """`SPARE` times as large as it is seen, and RGBa: colours that are multiplied by alpha do not
    run into clear pixels when they are scaled."""

    @classmethod
    def of(cls, image: Image.Image) -> "Sprite":
        """The sprite that shows an RGBA image of `SPARE` times its size."""
        return cls(image.convert("RGBa"))

    def over(self, canvas: Image.Image, centre: tuple[float, float], scale: float = 1.0) -> None:
        """Draw this onto `canvas` around `centre`, in pixels, fractions included."""
        ratio = SPARE / scale
        left = centre[0] - self.image.width / ratio / 2
        top = centre[1] - self.image.height / ratio / 2
        # Whole pixels inside the sprite. The rim that is lost is clear, and under a pixel wide.
        x, y = max(0, math.ceil(left)), max(0, math.ceil(top))
        right = min(canvas.width, math.floor(left + self.image.width / ratio))
        bottom = min(canvas.height, math.floor(top + self.image.height / ratio))
        if right <= x or bottom <= y:
            return
        box = (
            (x - left) * ratio,
            (y - top) * ratio,
            (right - left) * ratio,
            (bottom - top) * ratio,
        )
        seen = self.image.resize((right - x, bottom - y), REDUCE, box=box).convert("RGBA")
        canvas.paste(seen, (x, y), seen)


def filled(mask: Image.Image, colour: tuple[int, int, int], strength: float = 1.0) -> Image.Image:
    """An RGBA layer of one colour, as opaque as `mask` says, times `strength` (0 to 1)."""
    layer = Image.new("RGBA", mask.size, (*colour, 0))
    layer.putalpha(mask.point(lambda level: round(level * strength)))
    return layer


def mark(size: Size) -> Overlay:
    """The sign in the upper right corner that says that this is a demo."""
    short = min(size)
    letter = max(9, round(short * 0.022))
    step = letter * 0.16
    font = face(letter)
    advances = [font.getlength(character) + step for character in _MARK]
    pill = (round(sum(advances) - step + letter * 1.3), round(letter * 1.75))
    smooth = 4
    ground = Image.new("L", (pill[0] * smooth, pill[1] * smooth))
    shape = ImageDraw.Draw(ground)
    shape.rounded_rectangle(
        (0, 0, ground.width - 1, ground.height - 1), pill[1] * smooth / 2, fill=255
    )
    image = filled(ground.resize(pill, Image.Resampling.BOX), (10, 12, 16), 0.38)
    letters = Image.new("L", pill)
    draw = ImageDraw.Draw(letters)
    x = letter * 0.65
    for character, advance in zip(_MARK, advances, strict=True):
        draw.text((x, pill[1] / 2 + letter * 0.37), character, fill=255, font=font, anchor="ls")
        x += advance
    image.alpha_composite(filled(letters, _WHITE, 0.86))
    margin = round(short * 0.03)
    return Overlay(image, (size[0] - pill[0] - margin, margin))


def caption_block(text: str, size: Size) -> Block | None:
    """The caption for a frame of `size`, or None when there is nothing in `text` to write."""
    block = set_text(
        text,
        size=max(11, round(min(size) * _CAPTION_SIZE)),
        width=round(size[0] * 0.84),
        most_lines=_CAPTION_LINES,
    )
    return block if block.lines else None


def caption_bottom(size: Size) -> int:
    """How far a caption stays away from the lower edge, in pixels."""
    return round(min(size) * 0.06)


def caption_on_picture(text: str, size: Size) -> Caption | None:
    """White text at the bottom on a soft dark ground that any picture may lie under."""
    block = caption_block(text, size)
    if block is None:
        return None
    letters = _letters(block, size)
    shadow = letters.filter(ImageFilter.GaussianBlur(block.font_size * 0.14))
    image = filled(shadow, (0, 0, 0), 0.7)
    image.alpha_composite(filled(letters, _WHITE, 0.97))
    return Caption(_scrim(block, size), Overlay(image, (0, size[1] - image.height)))


def caption_on_paper(text: str, size: Size) -> Overlay | None:
    """Dark text at the bottom, for a pale ground."""
    block = caption_block(text, size)
    if block is None:
        return None
    image = filled(_letters(block, size), _INK, 0.94)
    return Overlay(image, (0, size[1] - image.height))


def _letters(block: Block, size: Size) -> Image.Image:
    """The block as the mask of a strip along the lower edge, with room for a shadow above it."""
    room = block.font_size // 2
    strip = Image.new("L", (size[0], room + block.height + caption_bottom(size)))
    strip.paste(ink(block), ((size[0] - block.width) // 2, room))
    return strip


def _scrim(block: Block, size: Size) -> Overlay:
    """The ground behind a caption: dark at the lower edge, and without a line where it begins."""
    height = min(size[1], round(block.height + caption_bottom(size) + block.font_size * 6))
    # Full strength is reached in the middle of the text.
    rise = max(1.0, height - block.height / 2 - caption_bottom(size))
    column = Image.new("L", (1, height))
    for row in range(height):
        upward = min(1.0, row / rise)
        column.putpixel((0, row), round(255 * _SCRIM * upward * upward * (3 - 2 * upward)))
    return Overlay(filled(column.resize((size[0], height)), (8, 10, 14)), (0, size[1] - height))
