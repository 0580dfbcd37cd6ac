"""Reading of the user's pictures in the size that is needed, and camera moves over them."""

import io
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from PIL import Image, ImageCms

from jimeng_core.pictures.levels import eight_bits, is_wide
from jimeng_core.pictures.mending import mended

T = TypeVar("T")

Size = tuple[int, int]
"""Width and height in pixels."""

SPARE: Final = 1.5
"""Pictures in memory are this much larger than they are seen, so that every view is a reduction. At
1.0 the sharpness flickers while the camera moves; above 1.5 a frame costs more and looks equal."""
REDUCE: Final = Image.Resampling.HAMMING
"""The filter for reductions: as cheap as bilinear, and sharper."""
_PAPER: Final = (255, 255, 255)
"""The colour behind a transparent picture."""


def cover(path: Path, size: Size) -> Image.Image:
    """The middle of a picture, scaled to fill exactly `size`, as RGB."""

    def covered(image: Image.Image) -> Image.Image:
        scale = max(size[0] / image.width, size[1] / image.height)
        _hint(image, scale)
        scale = max(size[0] / image.width, size[1] / image.height)
        left = max(0.0, (image.width - size[0] / scale) / 2)
        top = max(0.0, (image.height - size[1] / scale) / 2)
        return _scaled(image, size, (left, top, image.width - left, image.height - top))

    return _read(path, covered)


def contain(path: Path, size: Size) -> Image.Image:
    """A whole picture, scaled to fit into `size`, as RGB."""

    def contained(image: Image.Image) -> Image.Image:
        scale = min(size[0] / image.width, size[1] / image.height)
        fitted = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        _hint(image, scale)
        return _scaled(image, fitted, (0, 0, image.width, image.height))

    return _read(path, contained)


def aspect(path: Path) -> float:
    """Width divided by height of a picture; only its header is read."""
    return _read(path, lambda image: image.width / image.height)


def _read(path: Path, view: Callable[[Image.Image], T]) -> T:
    """Open a picture, whatever its metadata (`jimeng_core.pictures.mending`), for `view`."""
    try:
        with Image.open(path) as image:
            return view(image)
    except (OSError, SyntaxError, ValueError, struct.error):
        copy = mended(path.read_bytes())
        if copy is None:
            raise
    with Image.open(io.BytesIO(copy.data)) as image:
        if copy.profile:
            image.info["icc_profile"] = copy.profile
        return view(image)


def _hint(image: Image.Image, scale: float) -> None:
    """Have a JPEG reduced while it is read, to `scale` or more: it saves time and memory."""
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
    if is_wide(image):
        image = eight_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """`image` converted from its colour space, without which a phone's pictures look dull."""
    with suppress(ImageCms.PyCMSError, OSError):  # a damaged profile: taken as sRGB
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
        return converted or image
    return image


@dataclass(frozen=True, slots=True)
class Camera:
    """A slow move over a picture.

    Attributes:
        zoom: At the start and at the end; 1.0 shows all of the picture, more shows less.
        towards: The part that is shown, from (-1, -1), the upper left corner, to (1, 1).
        pace: Progress of the move by progress of time, both 0 to 1.
    """

    zoom: tuple[float, float]
    towards: tuple[float, float]
    pace: Callable[[float], float]

    def view(self, picture: Image.Image, size: Size, progress: float) -> Image.Image:
        """The view of a picture, in `size`, at `progress` (0 to 1)."""
        start, end = self.zoom
        # A rounding error must not show what is outside the picture.
        zoom = max(1.0, start + (end - start) * self.pace(progress))
        wide, high = picture.width / zoom, picture.height / zoom
        left = (picture.width - wide) / 2 * (1 + self.towards[0])
        top = (picture.height - high) / 2 * (1 + self.towards[1])
        return picture.resize(size, REDUCE, box=(left, top, left + wide, top + high))


def easing(progress: float) -> float:
    """A move that begins and ends at rest."""
    return progress * progress * (3 - 2 * progress)
