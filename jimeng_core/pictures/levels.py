"""Grey pictures of more than 8 bits as 8 bits, scaled to what a viewer shows.

Pillow clips such levels instead of scaling them, so that a picture becomes white or black.
"""

import math
import sys
from typing import Final

from PIL import Image, TiffImagePlugin

NO_NUMBERS: Final = "levels that are no numbers"
"""The message of `eight_bits` for a picture with infinite levels."""

_TWELVE_BITS: Final = 4095
_SIXTEEN_BITS: Final = 65535
_WHITES: Final = (1, 255, _SIXTEEN_BITS)
"""The levels that usually mean white: in fractions, and in whole numbers of 8 and 16 bits."""
_SPREAD: Final = 16
"""How many times a usual white may be larger than the lightest level of a picture."""


def is_wide(image: Image.Image) -> bool:
    """Whether a picture has levels of 12, 16 or 32 bits, or fractions."""
    return image.mode == "F" or image.mode.startswith("I")


def is_plain(image: Image.Image) -> bool:
    """Whether all programs show the same: everything but odd kinds of wide levels."""
    return not is_wide(image) or (_white(image) == _SIXTEEN_BITS and not _is_inverted(image))


def eight_bits(image: Image.Image) -> Image.Image:
    """A picture of wide levels as 8-bit grey.

    White is 65535 in 16 bits and 4095 in 12. Elsewhere it is 1, 255 or 65535 if the lightest level
    comes near to it and none is below 0, else the lightest level. Black is 0 or below.

    Raises:
        ValueError: Some levels are infinite or no numbers.
    """
    inverted, black, white = _is_inverted(image), 0.0, _white(image)
    if white:
        image = image.convert("I")  # Pillow cannot calculate with 16 bits
    else:
        image = _without_sign(image)
        black, lightest = _extremes(image)
        near = (white for white in _WHITES if lightest <= white <= lightest * _SPREAD)
        white = lightest if black else next(near, lightest)
    scale = 255 / ((white - black) or 1)
    grey = image.point(lambda level: level * scale - black * scale).convert("L")
    return grey.point(lambda level: 255 - level) if inverted else grey


def _white(image: Image.Image) -> float | None:
    """The level of white, where the number of bits defines one."""
    if not image.mode.startswith("I;16"):
        return None
    twelve = _tag(image, TiffImagePlugin.BITSPERSAMPLE) == (12,)
    return _TWELVE_BITS if twelve else _SIXTEEN_BITS


def _is_inverted(image: Image.Image) -> bool:
    """Whether 0 is white, which Pillow does not heed in wide levels."""
    return _tag(image, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0


def _without_sign(image: Image.Image) -> Image.Image:
    """The first 8 of 32 bits, where Pillow took the first one for a sign; else the same picture."""
    unsigned = _tag(image, TiffImagePlugin.SAMPLEFORMAT) in {None, (1,)}
    if image.mode != "I" or not unsigned or _extremes(image)[0] >= 0:
        return image
    first = 3 if sys.byteorder == "little" else 0
    return Image.frombytes("RGBA", image.size, image.tobytes()).getchannel(first).convert("I")


def _extremes(image: Image.Image) -> tuple[float, float]:
    """The darkest level, 0 at most, and the lightest."""
    darkest, lightest = image.getextrema()
    if not isinstance(darkest, int | float) or not isinstance(lightest, int | float):
        raise TypeError("more than one channel")
    if not math.isfinite(darkest) or not math.isfinite(lightest):
        raise ValueError(NO_NUMBERS)
    return min(0, darkest), lightest


def _tag(image: Image.Image, tag: int) -> object:
    """The value of a TIFF tag, or None."""
    return image.tag_v2.get(tag) if isinstance(image, TiffImagePlugin.TiffImageFile) else None
