import io
import random
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures.loading import read_picture
from tests.each import each

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
ORIENTATION = 0x0112
SIDEWAYS = 6
"""The EXIF orientation of a phone held upright: rotate to the right."""


def drawn(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """A white picture whose upper left quarter is black, which shows its rotation."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("black", (0, 0, width // 2, height // 2))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def oriented(value: int = SIDEWAYS) -> Image.Exif:
    """EXIF data with an orientation, and the name of a program."""
    exif = Image.Exif()
    exif[ORIENTATION] = value
    exif[0x0131] = "a camera's program"
    return exif


def heic(picture: Image.Image, **options: object) -> bytes:
    """A picture as a HEIC file."""
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=90, **options)
    return out.getvalue()


def black_quarter(data: bytes) -> tuple[bool, bool]:
    """Whether the black quarter is on the right, and whether it is at the bottom."""
    with Image.open(io.BytesIO(data)) as picture:
        grey = picture.convert("L")
    corners = [(right, low) for right in (False, True) for low in (False, True)]
    quarters = {
        (right, low): grey.resize((2, 2), Image.Resampling.BOX).getpixel((int(right), int(low)))
        for right, low in corners
    }
    (black,) = (corner for corner, light in quarters.items() if light in range(64))
    return black


@each("kind", FORMATS)
def test_unchanged(kind: str) -> None:
    """The bytes of an upright picture are unchanged."""
    data = saved(drawn(), kind)
    picture = read_picture(data, "image")
    assert picture.data is data
    assert (picture.format, picture.width, picture.height) == (kind.lower(), 400, 300)


@each("mode", ["CMYK", "L"])
def test_jpeg_of_other_colours_is_unchanged(mode: str) -> None:
    """A CMYK or grey JPEG is unchanged too."""
    data = saved(drawn(mode=mode), "JPEG")
    assert read_picture(data, "image").data is data


@each("kind", ["GIF", "WEBP", "PNG"])
def test_animation_is_unchanged(kind: str) -> None:
    """The first picture of an animation is measured, and all of them are sent."""
    data = saved(drawn(), kind, save_all=True, append_images=[drawn().rotate(90)], duration=100)
    assert read_picture(data, "image").data is data


def test_animation_is_not_rotated() -> None:
    """An animated WebP with an orientation is not rotated: it would lose pictures."""
    data = saved(
        drawn(), "WEBP", save_all=True, append_images=[drawn().rotate(90)], exif=oriented()
    )
    assert read_picture(data, "image").data is data


@each("value", [0, 1, 9])
def test_upright_orientation(value: int) -> None:
    """The orientation 1, and those that do not exist, change nothing."""
    data = saved(drawn(), "JPEG", exif=oriented(value))
    assert read_picture(data, "image").data is data


@each(
    ("value", "size", "corner"),
    [
        (2, (400, 300), (True, False)),
        (3, (400, 300), (True, True)),
        (4, (400, 300), (False, True)),
        (5, (300, 400), (False, False)),
        (6, (300, 400), (True, False)),
        (7, (300, 400), (True, True)),
        (8, (300, 400), (False, True)),
    ],
)
def test_rotated_upright(value: int, size: tuple[int, int], corner: tuple[bool, bool]) -> None:
    """Each EXIF orientation is applied as viewers do, and the new file has no tag."""
    picture = read_picture(saved(drawn(), "JPEG", exif=oriented(value)), "image")
    assert (picture.width, picture.height) == size
    assert black_quarter(picture.data) == corner
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == size
        assert not dict(image.getexif())


@each(("kind", "becomes"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "png"), ("TIFF", "png")])
def test_format_of_a_rotated_picture(kind: str, becomes: str) -> None:
    """A rotated JPEG remains a JPEG; every other format becomes PNG, which is lossless."""
    picture = read_picture(saved(drawn(), kind, exif=oriented()), "image")
    assert (picture.format, picture.width, picture.height) == (becomes, 300, 400)
    assert black_quarter(picture.data) == (True, False)


@each("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "LAB"])
def test_any_mode_can_be_rotated(mode: str) -> None:
    """A TIFF with any colour mode can be rotated."""
    source = drawn() if mode != "I;16" else drawn(mode="L").convert("I")
    picture = read_picture(saved(source.convert(mode), "TIFF", tiffinfo={ORIENTATION: 6}), "image")
    assert (picture.format, picture.width, picture.height) == ("png", 300, 400)


def test_transparency_survives_rotation() -> None:
    """A rotated PNG with a palette still has its transparent colour."""
    data = saved(drawn(mode="P"), "PNG", transparency=0, exif=oriented())
    with Image.open(io.BytesIO(read_picture(data, "image").data)) as picture:
        assert picture.has_transparency_data


@each("kind", ["JPEG", "PNG"])
def test_colour_profile_survives_rotation(kind: str) -> None:
    """A rotated picture has its ICC profile, but no camera data and comments."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"comment": b"my garden"} if kind == "JPEG" else {}
    data = saved(drawn(), kind, exif=oriented(), icc_profile=profile, **options)
    rotated = read_picture(data, "image").data
    with Image.open(io.BytesIO(rotated)) as picture:
        assert picture.info["icc_profile"] == profile
    assert b"garden" not in rotated
    assert b"camera" not in rotated


def test_malformed_tags_are_ignored(recwarn: pytest.WarningsRecorder) -> None:
    """Malformed EXIF, as some cameras write it, causes no error and no warning."""
    exif = bytearray(oriented().tobytes())
    exif[-12:] = b""  # the last tag, a text, ends nowhere
    assert read_picture(saved(drawn(), "JPEG", exif=bytes(exif)), "image").height == 400
    assert not recwarn.list


@each("tag", [0x0111, 0x011A])
def test_tags_that_cannot_be_written(tag: int) -> None:
    """A tag of the wrong type, here text for a number, does not prevent the rotation."""
    tags = (tag, 2, 4, b"abc\0"), (ORIENTATION, 3, 1, bytes([SIDEWAYS, 0, 0, 0]))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(tags))
    exif += b"".join(struct.pack("<HHI4s", *each) for each in tags) + bytes(4)
    assert read_picture(saved(drawn(), "JPEG", exif=exif), "image").height == 400


@each("mode", ["RGB", "RGBA", "L"])
def test_heic_becomes_jpeg(mode: str) -> None:
    """HEIC is converted to JPEG, which is read everywhere."""
    picture = read_picture(heic(drawn(mode=mode)), "image")
    assert (picture.format, picture.width, picture.height) == ("jpeg", 400, 300)
    assert black_quarter(picture.data) == (False, False)


def test_heic_is_rotated_once() -> None:
    """A sideways HEIC, as from a phone, is rotated exactly once."""
    picture = read_picture(heic(drawn(), exif=oriented().tobytes()), "image")
    assert (picture.width, picture.height) == (300, 400)
    assert black_quarter(picture.data) == (True, False)


def test_heic_is_not_registered() -> None:
    """Decoding a HEIC does not change Pillow's list of formats."""
    before = dict(Image.OPEN)  # another test may have registered it
    read_picture(heic(drawn()), "image")
    assert before == Image.OPEN


def ramp(top: float, kind: str, start: float = 0) -> Any:
    """Levels from `start` on the left to `top` on the right."""
    return np.tile(np.linspace(start, top, 400), (300, 1)).astype(kind)


def strip(data: bytes) -> Any:
    """The levels of one line, 0 to 255."""
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)[150].astype(float)


@each(
    ("top", "kind"),
    [
        (1, "float32"),
        (1.03, "float32"),
        (255, "float32"),
        (65535, "float32"),
        (3e9, "float32"),
        (255, "int32"),
        (65535, "int32"),
        (2**24, "int32"),
        (2**31 - 1, "int32"),
    ],
)
def test_wide_levels_are_scaled(top: float, kind: str) -> None:
    """A TIFF of 32 bits or of fractions is sent as 8-bit PNG that shows the same, all levels."""
    seen = read_picture(saved(Image.fromarray(ramp(top, kind)), "TIFF"), "image")
    assert (seen.format, seen.width, seen.height) == ("png", 400, 300)
    assert np.abs(strip(seen.data) - np.linspace(0, 255, 400)).max() < 2


def test_levels_below_black_are_scaled() -> None:
    """Negative levels are shown, from the darkest on."""
    seen = read_picture(saved(Image.fromarray(ramp(50, "float32", -50)), "TIFF"), "image")
    assert np.abs(strip(seen.data) - np.linspace(0, 255, 400)).max() < 2


def with_tags(data: bytes, **tags: int) -> bytes:
    """A TIFF of the native byte order whose tags (`t262=0`) have other values."""
    changed = bytearray(data)
    [start] = struct.unpack_from("<I", data, 4)
    [count] = struct.unpack_from("<H", data, start)
    for at in range(start + 2, start + 2 + count * 12, 12):
        [tag] = struct.unpack_from("<H", data, at)
        if f"t{tag}" in tags:
            struct.pack_into("<I", changed, at + 8, tags[f"t{tag}"])
    return bytes(changed)


def test_unsigned_levels_are_scaled() -> None:
    """All 32 bits may be a level, where Pillow sees a sign."""
    data = saved(Image.fromarray(ramp(2**32 - 1, "uint32").view("int32")), "TIFF")
    seen = read_picture(with_tags(data, t339=1), "image")
    assert np.abs(strip(seen.data) - np.linspace(0, 255, 400)).max() < 2


def test_inverted_levels_are_scaled() -> None:
    """Where 0 is white, a fraction is shown so, and 16 bits too."""
    for kind, top in (("float32", 1), ("uint16", 65535)):
        data = with_tags(saved(Image.fromarray(ramp(top, kind)), "TIFF"), t262=0)
        seen = read_picture(data, "image")
        assert np.abs(strip(seen.data) - np.linspace(255, 0, 400)).max() < 2


def test_levels_that_are_no_numbers() -> None:
    """Infinite levels show nothing; the picture is refused, and not as damaged."""
    levels = ramp(1, "float32")
    levels[0, 0] = np.inf
    with pytest.raises(InvalidRequest, match="a kind of TIFF that cannot be read here"):
        read_picture(saved(Image.fromarray(levels), "TIFF"), "image")


@each("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_unchanged(kind: str) -> None:
    """Plain 16-bit grey is understood everywhere: it is sent as it is, and turned as it is."""
    picture = Image.fromarray(ramp(65535, "uint16"))
    data = saved(picture, kind)
    assert read_picture(data, "image").data is data
    options: dict[str, Any] = {"exif": oriented()}
    turned = read_picture(saved(picture, kind, **options), "image")
    with Image.open(io.BytesIO(turned.data)) as seen:
        assert np.abs(np.asarray(seen)[:, 150] - np.linspace(0, 65535, 400)).max() < 2


SEEDS = [
    *(saved(drawn(320, 300), kind) for kind in FORMATS),
    *(saved(drawn(320, 300), kind, exif=oriented()) for kind in ("JPEG", "PNG", "WEBP", "TIFF")),
    saved(drawn(320, 300), "TIFF", compression="tiff_lzw"),
    saved(drawn(320, 300), "GIF", save_all=True, append_images=[drawn(320, 300, "L")]),
    heic(drawn(320, 300)),
]


@st.composite
def broken_pictures(draw: st.DrawFn) -> bytes:
    """Pictures with changed bytes, most of them in the header, or without their end."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    rng = random.Random(draw(st.integers(0, 1 << 32)))
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(data) if rng.random() < 0.3 else min(len(data), 400))
        data[at : at + rng.choice((1, 1, 1, 8))] = bytes([rng.choice((0, 1, 127, 128, 255))])
    return bytes(data[: rng.randrange(1, len(data))] if rng.random() < 0.2 else data)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(broken_pictures() | st.binary(max_size=200))
@example(b"")
def test_any_bytes(data: bytes) -> None:
    """Any bytes are a picture or raise `InvalidRequest`, and never another error."""
    with suppress(InvalidRequest):
        picture = read_picture(data, "image")
        assert (
            300 <= min(picture.width, picture.height) <= max(picture.width, picture.height) <= 6000
        )
        assert picture.format in {"jpeg", "png", "webp", "bmp", "tiff", "gif"}
