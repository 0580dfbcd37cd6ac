"""Metadata around whole pixels costs no picture, and missing pixels are still found."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from jimeng_core.backends.demo.render.picture import contain
from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures import mending
from jimeng_core.pictures.loading import read_picture
from tests.each import each

NOISE = Image.effect_noise((400, 300), 50).convert("RGB")
LARGE = random.Random(1).randbytes(1_200_000)
"""More than Pillow reads of a text or a profile, and not compressible."""


def saved(kind: str, picture: Image.Image = NOISE, **options: object) -> bytes:
    """A picture as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    """A chunk of a PNG."""
    checksum = zlib.crc32(name + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


@cache
def bare_png(mode: str) -> bytes:
    """A PNG without metadata."""
    return saved("PNG", NOISE.convert(mode))


def png(*chunks: bytes, mode: str = "RGB", behind: bool = False) -> bytes:
    """A PNG with chunks before or behind its pixels."""
    data = bare_png(mode)
    at = len(data) - 12 if behind else data.index(b"IDAT") - 4
    return data[:at] + b"".join(chunks) + data[at:]


@each("behind", [False, True])
@each(
    ("name", "body"),
    [
        ("gAMA", b"\0"),
        ("pHYs", b"\0\0\0\x01"),
        ("cHRM", b"\0\0\0"),
        ("tRNS", b"\0"),
        ("sRGB", b""),
        ("iCCP", b"name"),
        ("iCCP", b"name\0\x09unknown"),
        ("iCCP", b"name\0\0not compressed"),
        ("eXIf", bytes(64)),
        ("eXIf", b""),
        ("zTXt", b"prompt\0\x07unknown"),
        ("zTXt", b"prompt\0\0" + zlib.compress(LARGE)),
        ("iTXt", b"workflow\0\x01\0\0\0" + zlib.compress(bytes(2_000_000))),
        ("tEXt", b"workflow\0" + LARGE),
        ("acTL", b"\0"),
        ("fcTL", b"\0"),
        ("fdAT", b"\0"),
    ],
)
def test_png(name: str, body: bytes, *, behind: bool) -> None:
    """A PNG with a short, odd or large chunk of metadata is sent as it is."""
    data = png(chunk(name.encode(), body), behind=behind)
    seen = read_picture(data, "image")
    assert seen.data is data
    assert (seen.format, seen.width, seen.height) == ("png", 400, 300)


@each("mode", ["L", "P", "LA", "1"])
def test_png_of_other_colours(mode: str) -> None:
    """So is one that is grey or has a palette."""
    assert read_picture(png(chunk(b"tRNS", b""), mode=mode), "image").width == 400


def test_wrong_checksum_of_metadata() -> None:
    """A checksum matters for pixels only."""
    assert read_picture(png(chunk(b"tIME", bytes(7), checksum=5)), "image").width == 400
    wrong = bytearray(png())
    wrong[wrong.index(b"IDAT") + 20] ^= 1
    with pytest.raises(InvalidRequest, match="damaged"):
        read_picture(bytes(wrong), "image")


def test_large_profile_survives_turning(tmp_path: Path) -> None:
    """A turned PNG has its colour profile still, even one that Pillow does not read."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved("PNG", exif=exif)
    at = data.index(b"IDAT") - 4
    profile = chunk(b"iCCP", b"print\0\0" + zlib.compress(LARGE))
    turned = read_picture(data[:at] + profile + data[at:], "image")
    assert (turned.width, turned.height) == (300, 400)
    start = turned.data.index(b"iCCP") + 4
    [length] = struct.unpack_from(">I", turned.data, start - 8)
    assert zlib.decompress(turned.data[start : start + length].split(b"\0\0", 1)[1]) == LARGE


def test_too_much_metadata() -> None:
    """Thousands of chunks are refused as what they are, and not called damage."""
    notes = chunk(b"tEXt", b"a\0b") * (mending.MAX_CHUNKS + 1)
    with pytest.raises(InvalidRequest, match="too much metadata") as caught:
        read_picture(png(notes), "image")
    assert "元数据" in caught.value.message_zh


@each(
    "exif",
    [bytes(64), b"Exif\0\0" + bytes(64), b"Exif\0\0II", LARGE[:99]],
)
@each("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
def test_exif_of_nonsense(kind: str, exif: bytes) -> None:
    """EXIF that cannot be read means a picture that stands upright."""
    if kind == "HEIC":
        out = io.BytesIO()
        pillow_heif.from_pillow(Image.new("RGB", (400, 300))).save(out, exif=exif)
        data = out.getvalue()
    else:
        data = saved(kind, exif=exif)
    seen = read_picture(data, "image")
    assert (seen.width, seen.height) == (400, 300)


@each("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_profile_of_nonsense(kind: str) -> None:
    """A colour profile is not looked at, whatever its size."""
    for profile in (LARGE[:300], LARGE):
        assert read_picture(saved(kind, icc_profile=profile), "image").width == 400


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


@each(
    "body",
    [
        segment(0xEE, b"Adobe"),
        segment(0xE0, b"JFIF\0"),
        segment(0xE2, b"ICC_PROFILE\0"),
        segment(0xED, b"Photoshop 3.0\x008BIM\x03"),
        segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
        segment(0xE1, b""),
    ],
)
def test_segments_of_programs(body: bytes) -> None:
    """A JPEG may have short segments."""
    data = saved("JPEG")
    data = data[:2] + body + data[2:]
    assert read_picture(data, "image").data is data


JPEG_KINDS: list[dict[str, Any]] = [
    {},
    {"progressive": True},
    {"restart_marker_rows": 1},
    {"subsampling": 0, "optimize": True},
]


@each("options", JPEG_KINDS)
def test_jpeg_without_its_end(options: dict[str, Any]) -> None:
    """A JPEG may lack its end mark, but none of its pixels."""
    data = saved("JPEG", **options)
    assert read_picture(data[:-2], "image").data == data[:-2]
    for part in (0.2, 0.5, 0.8, 0.97):
        with pytest.raises(InvalidRequest, match="damaged or cut off"):
            read_picture(data[: int(len(data) * part)], "image")


def test_turned_jpeg_without_its_end() -> None:
    """It is turned like others."""
    exif = Image.Exif()
    exif[0x0112] = 8
    assert read_picture(saved("JPEG", exif=exif)[:-2], "image").height == 400


def extension(label: int, *blocks: bytes) -> bytes:
    """An extension of a GIF."""
    return bytes([0x21, label]) + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


@each(
    "body",
    [
        extension(0xF9),
        extension(0xF9, b"\1"),
        extension(0xFF),
        extension(0xFF, b"NETSCAPE2.0"),
        extension(0xFE, *[b"x" * 255] * 5000),
    ],
)
def test_gif(body: bytes) -> None:
    """A GIF may have short and large extensions."""
    data = saved("GIF", NOISE.convert("P"))
    at = 13 + (3 << (data[10] & 7) + 1)
    assert read_picture(data[:at] + body + data[at:], "image").width == 400


def test_webp_whose_metadata_is_cut_off() -> None:
    """A WebP has its metadata behind the pixels; only these must be whole."""
    exif = Image.Exif()
    exif[0x0131] = "a camera's program"
    data = saved("WEBP", exif=exif)
    assert read_picture(data[:-7], "image").width == 400
    with pytest.raises(InvalidRequest, match="damaged or cut off"):
        read_picture(data[: data.index(b"EXIF") - 50], "image")


def tiff(big: bool, **tags: tuple[int, int, int]) -> bytes:
    """A grey TIFF with more tags: `t700=(type, count, value)`."""
    pixels = bytes(400 * 300)
    usual = {256: 400, 257: 300, 258: 8, 259: 1, 262: 1, 273: 16, 277: 1, 278: 300}
    all_tags = {tag: (4, 1, value) for tag, value in (usual | {279: len(pixels)}).items()}
    all_tags |= {int(name[1:]): value for name, value in tags.items()}
    start = 16 + len(pixels)
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, start) if big else b"II*\0"
    head += b"" if big else struct.pack("<I", start) + bytes(8)
    entries = (struct.pack("<HHQQ" if big else "<HHII", t, *all_tags[t]) for t in sorted(all_tags))
    count = struct.pack("<Q" if big else "<H", len(all_tags))
    return head + pixels + count + b"".join(entries) + bytes(8)


@each("big", [False, True])
@each(
    "tags",
    [
        {"t270": (2, 1_000_000, 8)},
        {"t700": (1, 5000, 999_999_999)},
        {"t34675": (7, 1000, 999_999_999)},
        {"t34665": (4, 1, 999_999_999)},
        {"t274": (2, 4, 7)},
        {"t282": (5, 1, 999_999_999)},
        {"t65000": (99, 1, 1)},
    ],
)
def test_tiff(tags: dict[str, tuple[int, int, int]], *, big: bool) -> None:
    """A TIFF may have tags that lead nowhere."""
    seen = read_picture(tiff(big, **tags), "image")
    assert (seen.format, seen.width) == ("tiff", 400)


def test_kind_of_tiff_that_is_not_known() -> None:
    """Pixels of an unknown kind are no damage; the sentence says what to do."""
    with pytest.raises(InvalidRequest, match="a kind of TIFF that cannot be read here"):
        read_picture(tiff(big=False, t339=(3, 1, 6)), "image")


@each(
    "make",
    [
        lambda: png(chunk(b"pHYs", b"\0")),
        lambda: png(chunk(b"zTXt", b"a\0\0" + zlib.compress(LARGE)), behind=True),
        lambda: png(chunk(b"iCCP", b"a\0\0" + zlib.compress(LARGE))),
        lambda: saved("JPEG", quality=95)[:-2],
        lambda: saved("WEBP", exif=bytes(9), lossless=True)[:-3],
    ],
)
def test_demo_shows_what_is_taken(make: Callable[[], bytes], tmp_path: Path) -> None:
    """The demo's renderer reads each of these pictures too."""
    data = make()
    assert read_picture(data, "image").data is data
    (tmp_path / "a").write_bytes(data)
    seen = np.asarray(contain(tmp_path / "a", (400, 300))).astype(int)
    assert np.abs(seen - np.asarray(NOISE).astype(int)).mean() < 4
