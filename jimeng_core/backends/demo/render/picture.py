"""The user's pictures, scaled as they are read to what is needed, and camera moves over them."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms

Size = tuple[int, int]
"""Width and height in pixels."""

SPARE: Final = 1.5
"""Pictures are kept this much larger than they are seen.

A view at any zoom and any fraction of a pixel is then a reduction, and equally sharp. At 1.0 the
sharpness shimmers while the camera moves; above 1.5 a frame costs more and looks the same.
"""

REDUCE: Final = Image.Resampling.HAMMING
"""The filter for those reductions: as cheap as bilinear and sharper, but only for reductions."""

_PAPER: Final = (255, 255, 255)
"""What is seen through a transparent picture."""

_LEVEL: Final = 1 / 256
"""A 16-bit grey level times this is an 8-bit one."""


def cover(path: Path, size: Size) -> Image.Image:
    """The middle of the picture at `path`, scaled to fill exactly `size`, as RGB.

    Raises:
        OSError: the file cannot be read as a picture.

    """
    with Image.open(path) as image:
        scale = max(size[0] / image.width, size[1] / image.height)
        _hint(image, scale)
        scale = max(size[0] / image.width, size[1] / image.height)
        left = max(0.0, (image.width - size[0] / scale) / 2)
        top = max(0.0, (image.height - size[1] / scale) / 2)
        return _scaled(image, size, (left, top, image.width - left, image.height - top))


def contain(path: Path, size: Size) -> Image.Image:
    """The whole picture at `path` as RGB, scaled to be as large as fits into `size`.

    Raises:
        OSError: the file cannot be read as a picture.

    """
    with Image.open(path) as image:
        scale = min(size[0] / image.width, size[1] / image.height)
        fitted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        _hint(image, scale)
        return _scaled(image, fitted, (0, 0, image.width, image.height))


def aspect(path: Path) -> float:
    """Width divided by height of the picture at `path`; only its header is read."""
    with Image.open(path) as image:
        return image.width / image.height


def _hint(image: Image.Image, scale: float) -> None:
    """Let a JPEG be reduced while it is read, to no less than `scale`: it saves time and memory."""
    image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def _scaled(image: Image.Image, size: Size, box: tuple[float, float, float, float]) -> Image.Image:
    """The part of `image` in `box` as sRGB of `size`."""
    profile = image.info.get("icc_profile") if image.mode == "RGB" else None
    scaled = _true_colour(image).resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    if scaled.mode == "RGBA":
        paper = Image.new("RGB", size, _PAPER)
        paper.paste(scaled, mask=scaled)
        return paper
    return _srgb(scaled, profile) if profile else scaled


def _true_colour(image: Image.Image) -> Image.Image:
    """`image` as RGB, or as RGBA when something in it is transparent."""
    if image.mode.startswith("I;16"):
        # Pillow clips 16-bit levels instead of scaling them; as 32-bit ones they can be divided.
        image = image.convert("I").point(lambda level: level * _LEVEL).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """`image` out of its own colour space: a phone's wide-gamut pictures look dull without it."""
    # With a damaged profile, or one for other kinds of pictures, the numbers are taken as sRGB.
    with suppress(ImageCms.PyCMSError, OSError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
        return converted or image
    return image


@dataclass(frozen=True, slots=True)
class Camera:
    """A slow move over one picture, from one zoom to another, towards one side of it."""

    zoom: tuple[float, float]
    """At the start and at the end; 1.0 shows all there is, more shows less."""

    towards: tuple[float, float]
    """Which part is looked at when not all is shown, from (-1, -1) for the upper left corner over
    (0, 0) for the centre to (1, 1) for the lower right corner."""

    pace: Callable[[float], float]
    """Progress of the move by progress of time, both 0 to 1."""

    def view(self, picture: Image.Image, size: Size, progress: float) -> Image.Image:
        """What is seen of `picture` on a screen of `size` at `progress` (0 to 1)."""
        start, end = self.zoom
        # Not less than 1, by a rounding error: there is nothing outside the picture.
        zoom = max(1.0, start + (end - start) * self.pace(progress))
        wide, high = picture.width / zoom, picture.height / zoom
        left = (picture.width - wide) / 2 * (1 + self.towards[0])
        top = (picture.height - high) / 2 * (1 + self.towards[1])
        return picture.resize(size, REDUCE, box=(left, top, left + wide, top + high))


def steady(progress: float) -> float:
    """A move that never changes its speed."""
    return progress


def setting_off(progress: float) -> float:
    """A move that begins from rest and ends at full speed."""
    return progress * progress


def settling(progress: float) -> float:
    """A move that begins at full speed and comes to rest."""
    return 1 - (1 - progress) ** 2


def easing(progress: float) -> float:
    """A move that begins and ends at rest."""
    return progress * progress * (3 - 2 * progress)
