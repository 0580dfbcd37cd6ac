"""The kind of a downloaded file, by its first bytes: URLs do not show it."""

import re
from pathlib import Path
from typing import Final

UNKNOWN_IMAGE: Final = ".image"
"""The suffix of an image whose format is not known yet."""
_VIDEO: Final = re.compile(rb".{4}(?:ftyp|moov|mdat|wide|free|skip)|\x1aE\xdf\xa3", re.DOTALL)
"""MP4 and QuickTime; WebM."""
_IMAGES: Final = {
    ".jpg": re.compile(rb"\xff\xd8\xff"),
    ".png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    ".webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    ".gif": re.compile(rb"GIF8[79]a"),
    ".avif": re.compile(rb".{4}ftypavi[fs]", re.DOTALL),
    ".heic": re.compile(rb".{4}ftyp(?:he[iv][cxms]|mif1|msf1)", re.DOTALL),
}
IMAGE_SUFFIXES: Final = tuple(_IMAGES)


def result_suffix(start: bytes, *, image: bool) -> str | None:
    """The suffix of a result by its first 16 bytes; None for what is no video, or no image."""
    if not image:
        return ".mp4" if _VIDEO.match(start) else None
    return next((suffix for suffix, begin in _IMAGES.items() if begin.match(start)), None)


def image_suffix(path: Path) -> str | None:
    """The suffix of an image's format; None for what is no image."""
    return result_suffix(_start(path), image=True)


def is_result(path: Path, suffix: str) -> bool:
    """Whether a file is a video; with the suffix `UNKNOWN_IMAGE`, whether it is an image."""
    return result_suffix(_start(path), image=suffix == UNKNOWN_IMAGE) is not None


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)
