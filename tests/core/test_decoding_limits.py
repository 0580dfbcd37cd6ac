import io
import re
import struct
import zlib
from functools import cache

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures.loading import read_picture
from tests.each import each


def saved(picture: Image.Image, kind: str) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(out)
    else:
        picture.save(out, kind)
    return out.getvalue()


def message_about(data: bytes) -> str:
    """The English message of a refusal; both languages must begin with the field."""
    with pytest.raises(InvalidRequest) as caught:
        read_picture(data, "frames[3].image")
    assert caught.value.message.startswith("frames[3].image ")
    assert caught.value.message_zh.startswith("frames[3].image ")
    assert re.search("[一-鿿]", caught.value.message_zh)
    return caught.value.message


@each(
    "data",
    [b"just words\n", b"<svg/>", b"\0" * 1000, b"%PDF-1.7", b"\0\0\0\x20ftypavif\0\0\0\0"],
)
def test_not_a_picture(data: bytes) -> None:
    """The message about bytes that are not a picture lists the accepted formats."""
    assert "is not a JPEG, PNG, WebP" in message_about(data)


@cache
def avif() -> bytes:
    """An AVIF file."""
    out = io.BytesIO()
    Image.effect_noise((400, 300), 50).save(out, "AVIF", speed=10)
    return out.getvalue()


@cache
def noise(kind: str) -> bytes:
    """Noise as the bytes of a file."""
    return saved(Image.effect_noise((400, 300), 50).convert("RGB"), kind)


@each("brand", [b"avif", b"avis", b"mif1", b"msf1"])
def test_avif(brand: bytes) -> None:
    """AVIF is called so, whichever of its brands comes first."""
    assert "is AVIF: it is not a JPEG" in message_about(avif()[:8] + brand + avif()[12:])


def test_heif_of_a_brand_of_avif() -> None:
    """HEIF of a brand that AVIF has too is taken."""
    heif = noise("HEIC")
    assert read_picture(heif[:8] + b"mif1" + heif[12:], "image").width == 400


def test_avif_by_its_codec() -> None:
    """A file that names no brand of AVIF is AVIF by its codec."""
    bare = avif().replace(b"avif", b"mif1", 2).replace(b"avis", b"mif1", 1)
    assert "is AVIF" in message_about(bare)


@each("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "HEIC"])
@each("part", [0.1, 0.5, 0.99])
def test_cut_off(kind: str, part: float) -> None:
    """An incomplete file is refused, wherever it ends."""
    data = noise(kind)
    assert "damaged or cut off" in message_about(data[: int(len(data) * part)])


def test_cut_off_by_little() -> None:
    """A PNG with all its pixels but without its end is refused too."""
    assert "damaged or cut off" in message_about(saved(Image.new("RGB", (400, 300)), "PNG")[:-12])


@each(
    ("size", "words"),
    [
        ((299, 300), "is 299×300 pixels"),
        ((300, 299), "is 300×299 pixels"),
        ((6001, 3000), "is 6001×3000 pixels"),
        ((3000, 6001), "is 3000×6001 pixels"),
        ((300, 751), "width divided by height must be 0.4 to 2.5"),
        ((751, 300), "width divided by height must be 0.4 to 2.5"),
    ],
)
def test_sides_and_ratio_refused(size: tuple[int, int], words: str) -> None:
    """One pixel beyond a limit is refused; the message contains the size."""
    assert words in message_about(saved(Image.new("L", size), "PNG"))


@each("size", [(300, 300), (300, 750), (750, 300), (6000, 2400), (2400, 6000)])
def test_sides_and_ratio_allowed(size: tuple[int, int]) -> None:
    """Sizes at the limits are allowed."""
    picture = read_picture(saved(Image.new("1", size), "PNG"), "image")
    assert (picture.width, picture.height) == size


def header_of_png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with hardly any pixels."""
    out = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        crc = zlib.crc32(name + body)
        out += struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)
    return out


@pytest.mark.parametrize("side", [9500, 13000, 60000])  # Pillow takes, warns of, and refuses these
def test_bomb(side: int, recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge picture is refused by its header: it is not decoded, and there is no warning."""

    def load(self: object) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)
    assert f"is {side}×{side} pixels" in message_about(header_of_png(side, side))
    assert not recwarn.list


def test_webp_bomb() -> None:
    """A few bytes of WebP that claim the largest canvas are refused."""
    canvas = (16383 - 1).to_bytes(3, "little") * 2
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    message_about(b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk)


def test_tiff_with_enormous_tiles() -> None:
    """A small TIFF of huge tiles, which would be decoded whole, is refused by its header."""
    tags = [(256, 400), (257, 300), (258, 8), (259, 8), (262, 1), (277, 1)]
    tags += [(322, 16000), (323, 16000), (324, 8), (325, 0)]
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags))
    data += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags) + bytes(4)
    assert "tiles" in message_about(data)
