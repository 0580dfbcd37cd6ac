"""What is inside a picture's bytes: its format, its size, and whether it stands upright.

The only module that knows Pillow and pillow-heif. What passes is what the site takes (protocol
11: the reference settings of its server).
"""

import re
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pillow_heif
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from jimeng_core.concurrency import WarningFilter, WeightedSemaphore
from jimeng_core.errors import InvalidRequest

MIN_SIDE = 300
"""Pixels."""


MAX_SIDE = 6000
"""Pixels."""


MIN_RATIO = 0.4
"""Width divided by height."""


MAX_RATIO = 2.5
"""Width divided by height."""

_JPEG_QUALITY = 95


_ORIENTATION = 0x0112  # the tag in EXIF and TIFF


_TURNED = range(2, 9)  # its values that ask for a change; 1 is upright


_TIFF_TILE_SIDES = (322, 323)

_SIGNATURES = {
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "bmp": re.compile(rb"BM"),
    "tiff": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "gif": re.compile(rb"GIF8[79]a"),
    "heif": re.compile(rb".{4}ftyp(?:he[iv][cxms]|mif1|msf1)", re.DOTALL),
}

_OPENERS: dict[str, Callable[[BinaryIO], ImageFile.ImageFile]] = {
    # The classes themselves and not Image.open: that one would need pillow-heif registered for
    # the whole process, and judges sizes by a limit of its own, with a warning.
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "heif": pillow_heif.HeifImageFile,
}

_UNREADABLE = (
    # What Pillow and pillow-heif raise over bytes that only begin like a picture.
    *(OSError, SyntaxError, ValueError, EOFError, RuntimeError, MemoryError, struct.error),
    *(IndexError, KeyError, TypeError, AttributeError, OverflowError, ZeroDivisionError),
    *(AssertionError, Image.DecompressionBombError),
)

_pixel_budget = WeightedSemaphore(MAX_SIDE**2)
"""Pixels that may stand in memory unpacked: one picture of the largest size, or smaller ones that
are together no larger."""


_queue = threading.Lock()
"""Whose turn it is to take room: first come, first served, so that no large picture waits for ever
while small ones pass it."""


_pillow_warnings = WarningFilter(r"PIL\.")
"""Without Pillow's warnings over sloppy or hostile tags."""


_SHRINK = 8
"""The most by which a JPEG can be made smaller while it is read."""


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A picture as a person sees it."""

    data: bytes
    """The bytes that were given, or a new file where they had to be turned or converted."""
    format: str
    """Of `data`: `jpeg`, `png`, `webp`, `bmp`, `tiff` or `gif`."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""


def decode(data: bytes, field: str) -> DecodedPicture:
    """Look at a picture, all of it, and turn it as its EXIF orientation says. Takes CPU time.

    Bytes that need no change stay as they are. HEIC and HEIF become JPEG. Of moving pictures the
    first one counts. Threads may look at several side by side: no more pixels than the largest
    picture has (`MAX_SIDE` squared) stand in memory unpacked.

    Raises:
        InvalidRequest: The site would not take it; the sentence begins with `field`.
    """
    kind = next((kind for kind, start in _SIGNATURES.items() if start.match(data)), None)
    if kind is None:
        raise picture_problem(
            field,
            "is not a JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or HEIF picture, whatever its name"
            " says; convert it to one of these.",
            "不是 JPEG、PNG、WebP、BMP、TIFF、GIF、HEIC 或 HEIF 图片（与文件名无关），请转换格式。",
        )
    try:
        with _pillow_warnings, _within_budget(data, kind, field) as image:
            (width, height), turned = _decoded(image, data, kind)
            _check_sides(width, height, field)
            if turned or kind == "heif":
                data, kind = _encoded(image, kind)
    except InvalidRequest:  # is a ValueError too
        raise
    except _UNREADABLE:
        raise picture_problem(
            field,
            "is damaged or cut off; save or download the picture again.",
            "已损坏或不完整，请重新保存或下载该图片。",
        ) from None
    return DecodedPicture(data, kind, width, height)


def picture_problem(field: str, en: str, zh: str) -> InvalidRequest:
    """The error about one field; both sentences begin with its name."""
    return InvalidRequest(f"{field} {en}", f"{field} {zh}")


@contextmanager
def _within_budget(data: bytes, kind: str, field: str) -> Iterator[ImageFile.ImageFile]:
    """A picture whose header was read, and room in memory to unpack it."""
    with _queue:
        image = _opened(data, kind, field)
        pixels = image.width * image.height
        _pixel_budget.acquire(pixels)
    try:
        yield image
    finally:
        _pixel_budget.release(pixels)


def _opened(data: bytes, kind: str, field: str) -> ImageFile.ImageFile:
    """The picture by its header, which alone tells when it is too large for the memory."""
    image = _OPENERS[kind](BytesIO(data))
    if max(image.size) > MAX_SIDE:
        raise _wrong_sides(*image.size, field)
    if max(_tile_sides(image), default=0) > MAX_SIDE:
        raise picture_problem(
            field,
            "is a TIFF of tiles larger than itself; save it as PNG or JPEG.",
            "是分块过大的 TIFF，请另存为 PNG 或 JPEG。",
        )
    return image


def _decoded(image: ImageFile.ImageFile, data: bytes, kind: str) -> tuple[tuple[int, int], bool]:
    """Unpack all of a picture and turn it upright; its size then, and whether it was turned."""
    if kind == "png":
        # Loading stops at the last pixel; this sees a missing end and wrong checksums too.
        _OPENERS[kind](BytesIO(data)).verify()
    orientation = image.getexif().get(_ORIENTATION)  # now: loading a TIFF forgets it
    # Without these entries, turning does not write tags anew that may be malformed.
    for name in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
        image.info.pop(name, None)
    if kind in {"gif", "webp"} and getattr(image, "is_animated", False):
        image.load()  # the first frame; written anew, the others would be lost
        return image.size, False
    if kind == "jpeg" and orientation not in _TURNED:
        size = image.size
        _read_quickly(image)
        return size, False
    ImageOps.exif_transpose(image, in_place=True)  # of a HEIF, libheif has done it already
    return image.size, kind != "heif" and orientation in _TURNED


def _read_quickly(image: ImageFile.ImageFile) -> None:
    """Read a JPEG to its end, of whose pixels nobody needs more than that they are there.

    Its whole stream is decoded, so that damage shows as ever; only the last step, from frequencies
    to pixels, is made for an eighth of the width and height.
    """
    image.draft("", (max(image.width // _SHRINK, 1), max(image.height // _SHRINK, 1)))
    image.load()


def _tile_sides(image: ImageFile.ImageFile) -> list[int]:
    """The sides of a TIFF's tiles: unpacked whole, and a small picture can name enormous ones."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return []
    sides = [image.tag_v2.get(tag) for tag in _TIFF_TILE_SIDES]
    return [side for side in sides if isinstance(side, int)]


def _encoded(image: Image.Image, kind: str) -> tuple[bytes, str]:
    """A new file: a JPEG of a JPEG or HEIF, else a PNG, which loses nothing. Without EXIF."""
    profile = image.info.get("icc_profile")
    out = BytesIO()
    if kind in {"jpeg", "heif"}:
        if image.mode not in {"L", "RGB", "CMYK"}:
            seen = image.convert("RGBA")  # transparent parts look white, as on most pages
            image = Image.new("RGB", seen.size, "white")
            image.paste(seen, mask=seen)
        image.save(out, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile, comment=b"")
        return out.getvalue(), "jpeg"
    if image.mode not in {"1", "L", "LA", "I;16", "I;16B", "P", "RGB", "RGBA"}:
        image, profile = image.convert("RGB"), None  # a profile of CMYK says nothing of RGB
    image.save(out, "PNG", icc_profile=profile)
    return out.getvalue(), "png"


def _check_sides(width: int, height: int, field: str) -> None:
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise _wrong_sides(width, height, field)
    if not MIN_RATIO <= width / height <= MAX_RATIO:
        raise picture_problem(
            field,
            f"is {width}×{height} pixels; width divided by height must be {MIN_RATIO} to"
            f" {MAX_RATIO}: crop it.",
            f"为 {width}×{height} 像素，宽高比须在 {MIN_RATIO} 到 {MAX_RATIO} 之间，请裁剪。",
        )


def _wrong_sides(width: int, height: int, field: str) -> InvalidRequest:
    return picture_problem(
        field,
        f"is {width}×{height} pixels; each side must have {MIN_SIDE} to {MAX_SIDE}: scale it.",
        f"为 {width}×{height} 像素，每边须为 {MIN_SIDE} 到 {MAX_SIDE} 像素，请缩放。",
    )
