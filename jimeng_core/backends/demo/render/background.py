"""Calm moving grounds: soft spots of colour that follow from the seed."""

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

_Field = npt.NDArray[np.float32]

_LIGHT: Final[dict[Tone, tuple[float, float, float]]] = {
    "deep": (0.15, 0.34, 0.52),
    "pale": (0.80, 0.93, 0.42),
}
"""The darkest lightness, the lightest one and the saturation, all 0 to 1."""

_COARSE: Final = 64
"""Colours are computed on a grid this wide and scaled up: they change too slowly to lose by it."""

_SPOTS: Final = 4

_PERIOD: Final = 10.0
"""Seconds that the spots take to their other places and back."""

_GRAIN: Final = 1.2
"""Half the width of the noise, in levels of 256: without it a gradient so slow shows steps."""


@dataclass(frozen=True, slots=True)
class Background:
    """A ground that wanders between two states."""

    here: Image.Image
    there: Image.Image

    def at(self, t: float) -> Image.Image:
        """The ground at `t` seconds: a new RGB image that may be drawn on."""
        return Image.blend(self.here, self.there, 0.5 - 0.5 * math.cos(2 * math.pi * t / _PERIOD))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A round patch of colour, in widths and heights of the frame."""

    x: float
    y: float
    radius: float
    colour: tuple[float, float, float]
    """Red, green and blue, 0 to 255."""


def background(size: Size, seed: int, tone: Tone) -> Background:
    """The ground of `size` pixels that belongs to `seed`."""
    rng = random.Random(seed)  # noqa: S311 - colours are no secrets
    darkest, lightest, saturation = _LIGHT[tone]
    # From teal over blue and violet to rose. What is left out turns muddy when it is dark.
    hue = rng.uniform(0.48, 1.02)

    def colour(light: float) -> tuple[float, float, float]:
        rgb = colorsys.hls_to_rgb((hue + rng.uniform(-0.07, 0.07)) % 1, light, saturation)
        return rgb[0] * 255, rgb[1] * 255, rgb[2] * 255

    base = colour(darkest + (lightest - darkest) * 0.3)
    steps = [darkest + (lightest - darkest) * number / (_SPOTS - 1) for number in range(_SPOTS)]
    here = [
        _Spot(rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.3, 0.5), colour(light))
        for light in steps
    ]
    there = [
        _Spot(_moved(spot.x, rng), _moved(spot.y, rng), spot.radius * 1.1, spot.colour)
        for spot in here
    ]
    noise = np.random.default_rng(seed % 2**63).uniform(-_GRAIN, _GRAIN, (size[1], size[0], 1))
    grain = noise.astype(np.float32)
    return Background(_painted(size, base, here, grain), _painted(size, base, there, grain))


def _moved(place: float, rng: random.Random) -> float:
    """A place not far from `place`, drawn towards the middle of the frame."""
    return place + (0.5 - place) * 0.3 + rng.uniform(-0.2, 0.2)


def _painted(
    size: Size, base: tuple[float, float, float], spots: list[_Spot], grain: _Field
) -> Image.Image:
    """The spots one over the other on the base colour, as RGB of `size`."""
    rows = max(2, round(_COARSE * size[1] / size[0]))
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : _COARSE * 1j].astype(np.float32)
    field: _Field = np.full((rows, _COARSE, 3), base, np.float32)
    for spot in spots:
        distance = ((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * spot.radius**2)
        weight = (0.85 * np.exp(-2.2 * distance))[..., None]
        field = field * (1 - weight) + np.asarray(spot.colour, np.float32) * weight
    channels = [
        # Scaled as floating-point numbers: rounded first, the steps would be scaled up too.
        np.asarray(Image.fromarray(field[..., channel]).resize(size, Image.Resampling.BICUBIC))
        for channel in range(3)
    ]
    levels = np.stack(channels, axis=-1) + grain
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
