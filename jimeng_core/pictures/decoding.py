"""Decoding of pictures: format, size and orientation, by the limits of the site (protocol 11).

This package and the demo's renderer are the only modules that import Pillow.
"""

import hashlib
import re
import struct
from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, Final

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

from .levels import NO_NUMBERS, eight_bits, is_plain
from .mending import Mended, TooMuchMetadata, check_png, is_whole_jpeg, mended
from .picture_file import BadPicture, PictureFile

MIN_SIDE: Final = 300
"""Pixels."""
MAX_SIDE: Final = 6000
"""Pixels."""
MIN_RATIO: Final = 0.4
"""Width divided by height."""
MAX_RATIO: Final = 2.5
"""Width divided by height."""

_JPEG_QUALITY: Final = 95
_JPEG_SCALE: Final = 8
"""The most by which a JPEG can be scaled down while it is decoded."""
_ORIENTATION: Final = 0x0112
"""The orientation tag of EXIF and TIFF."""
_ROTATIONS: Final = range(2, 9)
"""The orientations that change a picture; 1 is upright."""
_TIFF_TILE_SIDES: Final = (322, 323)
_UNKNOWN_TIFF: Final = frozenset({"unknown pixel mode", NO_NUMBERS})
"""The messages of errors about pixels that are whole, but of an unknown kind."""
_ITEM_BYTES: Final = 1 << 16
"""Where a HEIF or AVIF file describes its pictures: at its beginning."""

_FORMATS: Final[dict[str, tuple[re.Pattern[bytes], Callable[[BinaryIO], ImageFile.ImageFile]]]] = {
    # The classes themselves, not Image.open: that would need pillow-heif registered for the whole
    # process, and has a size limit of its own, with a warning.
    "jpeg": (re.compile(rb"\xff\xd8\xff"), JpegImagePlugin.JpegImageFile),
    "png": (re.compile(rb"\x89PNG\r\n\x1a\n"), PngImagePlugin.PngImageFile),
    "webp": (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), WebPImagePlugin.WebPImageFile),
    "bmp": (re.compile(rb"BM"), BmpImagePlugin.BmpImageFile),
    "tiff": (re.compile(rb"II[*+]\0|MM\0[*+]"), TiffImagePlugin.TiffImageFile),
    "gif": (re.compile(rb"GIF8[79]a"), GifImagePlugin.GifImageFile),
    "heif": (
        re.compile(rb".{4}ftyp(?:he[iv][cxms]|mif1|msf1)", re.DOTALL),
        pillow_heif.HeifImageFile,
    ),
}
"""The signature and the decoder of each format."""
_DECODER_ERRORS: Final = (
    # What Pillow and pillow-heif raise for bytes that only begin like a picture.
    *(OSError, SyntaxError, ValueError, EOFError, RuntimeError, MemoryError, struct.error),
    *(IndexError, KeyError, TypeError, AttributeError, OverflowError, ZeroDivisionError),
    *(AssertionError, Image.DecompressionBombError),
)

_free_pixels = WeightedSemaphore(MAX_SIDE**2)
"""Decoded pixels that may be in memory at a time: those of one picture of the largest size."""
_pillow_warnings = WarningFilter(r"PIL\.")
"""Ignores Pillow's warnings about malformed tags."""


def decode(data: bytes) -> PictureFile:
    """Decode a picture completely and rotate it by its EXIF orientation. Uses much CPU time.

    The bytes stay as they are where nothing needs a change; HEIC and HEIF become JPEG, grey levels
    of more than 16 bits become 8-bit PNG. Metadata does not matter, however malformed or large. Of
    an animation the first picture counts. Safe in several threads at a time, which together have
    no more pixels in memory than the largest picture (`MAX_SIDE` squared).

    Raises:
        BadPicture: The site would refuse it.
    """
    fmt = next((fmt for fmt, (start, _) in _FORMATS.items() if start.match(data)), None)
    if fmt is None or _is_avif(data):
        raise _unknown_format(data)
    try:
        with _pillow_warnings:
            try:
                return _decode(data, Mended(data), fmt)
            except _DECODER_ERRORS:
                copy = mended(data)
                if copy is None:
                    raise
                return _decode(data, copy, fmt)
    except TooMuchMetadata:
        raise BadPicture(
            "has too much metadata (texts, previews); save it without.",
            "的元数据（文字、预览等）过多，请去掉元数据后另存。",
        ) from None
    except _DECODER_ERRORS as error:
        if fmt == "tiff" and str(error) in _UNKNOWN_TIFF:
            raise BadPicture(
                "is a kind of TIFF that cannot be read here; save it as PNG or JPEG.",
                "是此处无法读取的 TIFF 类型，请另存为 PNG 或 JPEG。",
            ) from None
        raise BadPicture(
            "is damaged or cut off; save or download the picture again.",
            "已损坏或不完整，请重新保存或下载该图片。",
        ) from None


def _is_avif(data: bytes) -> bool:
    """Whether a file is AVIF, whatever its first brand: `mif1` is also that of HEIF."""
    brands = data[8 : int.from_bytes(data[:4], "big")][:200]
    items = data[:_ITEM_BYTES]
    return data[4:8] == b"ftyp" and (
        b"avif" in brands or b"avis" in brands or (b"av1C" in items and b"hvcC" not in items)
    )


def _unknown_format(data: bytes) -> BadPicture:
    is_avif = _is_avif(data)
    return BadPicture(
        f"{'is AVIF: it ' * is_avif}is not a JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC or HEIF picture,"
        " whatever its name says; convert it to one of these.",
        f"{'是 AVIF，' * is_avif}不是 JPEG、PNG、WebP、BMP、TIFF、GIF、HEIC 或 HEIF 图片"
        "（与文件名无关），请转换格式。",
    )


def _decode(data: bytes, copy: Mended, fmt: str) -> PictureFile:
    """Decode a file, which is sent, by a copy of it."""
    image = _open(copy, fmt)
    pixels = image.width * image.height
    _free_pixels.acquire(pixels)
    try:
        (width, height), rotated = _load_upright(image, copy.data, fmt)
        _check_sides(width, height)
        if fmt == "jpeg" and copy.data is not data and not is_whole_jpeg(copy.data):
            raise EOFError
        if rotated or fmt == "heif" or not is_plain(image):
            data, fmt = _encode(image, fmt)
    finally:
        _free_pixels.release(pixels)
    return PictureFile(data, fmt, width, height, hashlib.sha256(data).hexdigest())


def _open(copy: Mended, fmt: str) -> ImageFile.ImageFile:
    """Read the header, which says whether the picture is too large to decode."""
    _, opener = _FORMATS[fmt]
    image = opener(BytesIO(copy.data))
    if copy.profile:
        image.info["icc_profile"] = copy.profile
    if max(image.size) > MAX_SIDE:
        raise _wrong_size(*image.size)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # Tiles are decoded whole, and a small picture can have huge ones.
        sides = [image.tag_v2.get(tag) for tag in _TIFF_TILE_SIDES]
        if any(isinstance(side, int) and side > MAX_SIDE for side in sides):
            raise BadPicture(
                "is a TIFF of tiles larger than itself; save it as PNG or JPEG.",
                "是分块过大的 TIFF，请另存为 PNG 或 JPEG。",
            )
    return image


def _load_upright(
    image: ImageFile.ImageFile, data: bytes, fmt: str
) -> tuple[tuple[int, int], bool]:
    """Decode a picture and rotate it upright; returns its size, and whether it was rotated."""
    if fmt == "png":
        check_png(data)  # load() stops at the last pixel
    orientation = _orientation(image)  # before load(), which drops it from a TIFF
    # Rotating would write these tags again, and they can be malformed.
    for name in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
        image.info.pop(name, None)
    if fmt in {"gif", "webp"} and getattr(image, "is_animated", False):
        image.load()  # the first frame; rotating would lose the others
        return image.size, False
    if fmt == "jpeg" and orientation not in _ROTATIONS:
        size = image.size
        # Only errors matter, not pixels: the whole stream is decoded, but scaled down.
        image.draft("", (max(image.width // _JPEG_SCALE, 1), max(image.height // _JPEG_SCALE, 1)))
        image.load()
        return size, False
    ImageOps.exif_transpose(image, in_place=True)  # libheif has already rotated a HEIF
    return image.size, fmt != "heif" and orientation in _ROTATIONS


def _orientation(image: ImageFile.ImageFile) -> object:
    """The orientation tag; None without one, or without readable EXIF."""
    try:
        return image.getexif().get(_ORIENTATION)
    except _DECODER_ERRORS:
        image.getexif().clear()
        return None


def _encode(image: Image.Image, fmt: str) -> tuple[bytes, str]:
    """A new file without EXIF: a JPEG of a JPEG or HEIF, else a PNG, which is lossless."""
    profile = image.info.get("icc_profile")
    out = BytesIO()
    if fmt in {"jpeg", "heif"}:
        if image.mode not in {"L", "RGB", "CMYK"}:
            source = image.convert("RGBA")  # transparent parts become white
            image = Image.new("RGB", source.size, "white")
            image.paste(source, mask=source)
        image.save(out, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile, comment=b"")
        return out.getvalue(), "jpeg"
    if not is_plain(image):
        image, profile = eight_bits(image), None
    if image.mode not in {"1", "L", "LA", "I;16", "I;16B", "P", "RGB", "RGBA"}:
        image, profile = image.convert("RGB"), None  # a profile of CMYK is wrong for RGB
    image.save(out, "PNG", icc_profile=profile)
    return out.getvalue(), "png"


def _check_sides(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise _wrong_size(width, height)
    if not MIN_RATIO <= width / height <= MAX_RATIO:
        raise BadPicture(
            f"is {width}×{height} pixels; width divided by height must be {MIN_RATIO} to"
            f" {MAX_RATIO}: crop it.",
            f"为 {width}×{height} 像素，宽高比须在 {MIN_RATIO} 到 {MAX_RATIO} 之间，请裁剪。",
        )


def _wrong_size(width: int, height: int) -> BadPicture:
    return BadPicture(
        f"is {width}×{height} pixels; each side must have {MIN_SIDE} to {MAX_SIDE}: scale it.",
        f"为 {width}×{height} 像素，每边须为 {MIN_SIDE} 到 {MAX_SIDE} 像素，请缩放。",
    )
