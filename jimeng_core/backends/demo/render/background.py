"""Calm moving backgrounds: soft spots of colour that follow from the seed."""

import colorsys
import math
import random
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from .picture import Size

Tone = Literal["deep", "pale"]
"""Deep: under white text. Pale: under pictures and dark text."""
_Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""
_Array = npt.NDArray[np.float32]

_LIGHT: Final[dict[Tone, tuple[float, float, float]]] = {
    "deep": (0.15, 0.34, 0.52),
    "pale": (0.80, 0.93, 0.42),
}
"""The darkest lightness, the lightest one and the saturation, all 0 to 1."""
_GRID: Final = 64
"""Width of the grid on which colours are computed: they change too slowly to need more."""
_SPOTS: Final = 4
_PERIOD: Final = 10.0
"""Seconds that the spots take to their other places and back."""
_NOISE: Final = 1.2
"""Amplitude of the noise, in levels of 256: without it the slow gradient shows steps."""


@dataclass(frozen=True, slots=True)
class Background:
    """A background that moves between two states."""

    here: Image.Image
    there: Image.Image

    def at(self, t: float) -> Image.Image:
        """A new RGB image of the background at `t` seconds."""
        return Image.blend(self.here, self.there, 0.5 - 0.5 * math.cos(2 * math.pi * t / _PERIOD))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A round patch of colour, in widths and heights of the frame."""

    x: float
    y: float
    radius: float
    colour: _Colour


def background(size: Size, seed: int, tone: Tone) -> Background:
    """The background of `size` pixels for a seed."""
    rng = random.Random(seed)  # noqa: S311 - not for cryptography
    darkest, lightest, saturation = _LIGHT[tone]
    hue = rng.uniform(0.48, 1.02)  # from teal over blue and violet to rose; the rest is muddy

    def colour(light: float) -> _Colour:
        rgb = colorsys.hls_to_rgb((hue + rng.uniform(-0.07, 0.07)) % 1, light, saturation)
        return rgb[0] * 255, rgb[1] * 255, rgb[2] * 255

    def moved(place: float) -> float:
        return place + (0.5 - place) * 0.3 + rng.uniform(-0.2, 0.2)

    base = colour(darkest + (lightest - darkest) * 0.3)
    steps = [darkest + (lightest - darkest) * number / (_SPOTS - 1) for number in range(_SPOTS)]
    here = [
        _Spot(rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.3, 0.5), colour(light))
        for light in steps
    ]
    there = [_Spot(moved(spot.x), moved(spot.y), spot.radius * 1.1, spot.colour) for spot in here]
    noise = np.random.default_rng(seed % 2**63).uniform(-_NOISE, _NOISE, (size[1], size[0], 1))
    before, after = (_paint(size, base, spots, noise.astype(np.float32)) for spots in (here, there))
    return Background(before, after)


def _paint(size: Size, base: _Colour, spots: list[_Spot], noise: _Array) -> Image.Image:
    """The spots one over the other on the base colour, as RGB."""
    rows = max(2, round(_GRID * size[1] / size[0]))
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : _GRID * 1j].astype(np.float32)
    field: _Array = np.full((rows, _GRID, 3), base, np.float32)
    for spot in spots:
        distance = ((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * spot.radius**2)
        weight = (0.85 * np.exp(-2.2 * distance))[..., None]
        field = field * (1 - weight) + np.asarray(spot.colour, np.float32) * weight
    channels = [  # scaled as floating-point numbers, so that no rounding steps are scaled up
        np.asarray(Image.fromarray(field[..., channel]).resize(size, Image.Resampling.BICUBIC))
        for channel in range(3)
    ]
    levels = np.stack(channels, axis=-1) + noise
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
