import io
import random
import struct
from contextlib import suppress

import pillow_heif
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from jimeng_core.errors import InvalidRequest
from jimeng_core.pictures.loading import read_picture

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
ORIENTATION = 0x0112
SIDEWAYS = 6
"""The EXIF orientation of a phone held upright: turn it to the right to see it."""


def drawn(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """A white picture whose upper left quarter is black: it shows how it was turned."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("black", (0, 0, width // 2, height // 2))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def oriented(value: int = SIDEWAYS) -> Image.Exif:
    """EXIF data with an orientation, and more that tells of the camera."""
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
    """Where the black quarter is now: (is it on the right, is it at the bottom)."""
    with Image.open(io.BytesIO(data)) as picture:
        seen = picture.convert("L")
    corners = [(right, low) for right in (False, True) for low in (False, True)]
    quarters = {
        (right, low): seen.resize((2, 2), Image.Resampling.BOX).getpixel((int(right), int(low)))
        for right, low in corners
    }
    (black,) = (corner for corner, light in quarters.items() if light in range(64))
    return black


@pytest.mark.parametrize("kind", FORMATS)
def test_unchanged(kind: str) -> None:
    """A picture that stands upright is sent byte by byte as it was given."""
    data = saved(drawn(), kind)
    seen = read_picture(data, "image")
    assert seen.data is data
    assert (seen.format, seen.width, seen.height) == (kind.lower(), 400, 300)


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_jpeg_of_other_colours_is_unchanged(mode: str) -> None:
    """A CMYK or grey JPEG is a picture like others."""
    data = saved(drawn(mode=mode), "JPEG")
    assert read_picture(data, "image").data is data


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_moving_picture_is_unchanged(kind: str) -> None:
    """Of a moving picture the first one is measured, and all of them are sent."""
    data = saved(drawn(), kind, save_all=True, append_images=[drawn().rotate(90)], duration=100)
    assert read_picture(data, "image").data is data


def test_moving_picture_is_not_turned() -> None:
    """A moving WebP with an orientation keeps all its pictures rather than be turned."""
    data = saved(
        drawn(), "WEBP", save_all=True, append_images=[drawn().rotate(90)], exif=oriented()
    )
    assert read_picture(data, "image").data is data


@pytest.mark.parametrize("value", [0, 1, 9])
def test_orientation_that_asks_for_nothing(value: int) -> None:
    """An orientation of 1, or one that does not exist, changes nothing."""
    data = saved(drawn(), "JPEG", exif=oriented(value))
    assert read_picture(data, "image").data is data


@pytest.mark.parametrize(
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
def test_turned_upright(value: int, size: tuple[int, int], corner: tuple[bool, bool]) -> None:
    """Each EXIF orientation ends as what a viewer shows, and the tag is gone from the new file."""
    seen = read_picture(saved(drawn(), "JPEG", exif=oriented(value)), "image")
    assert (seen.width, seen.height) == size
    assert black_quarter(seen.data) == corner
    with Image.open(io.BytesIO(seen.data)) as picture:
        assert picture.size == size
        assert not dict(picture.getexif())


@pytest.mark.parametrize(
    ("kind", "becomes"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "png"), ("TIFF", "png")]
)
def test_format_of_a_turned_picture(kind: str, becomes: str) -> None:
    """A turned JPEG stays JPEG; every other format becomes PNG, which loses nothing."""
    seen = read_picture(saved(drawn(), kind, exif=oriented()), "image")
    assert (seen.format, seen.width, seen.height) == (becomes, 300, 400)
    assert black_quarter(seen.data) == (True, False)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "LAB"])
def test_any_colours_can_be_turned(mode: str) -> None:
    """Whatever the colours of a TIFF are, it can be turned."""
    source = drawn() if mode != "I;16" else drawn(mode="L").convert("I")
    seen = read_picture(saved(source.convert(mode), "TIFF", tiffinfo={ORIENTATION: 6}), "image")
    assert (seen.format, seen.width, seen.height) == ("png", 300, 400)


def test_transparency_survives_turning() -> None:
    """A PNG with a palette and a transparent colour keeps it when it is turned."""
    data = saved(drawn(mode="P"), "PNG", transparency=0, exif=oriented())
    with Image.open(io.BytesIO(read_picture(data, "image").data)) as picture:
        assert picture.has_transparency_data


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_colour_profile_survives_turning(kind: str) -> None:
    """The ICC profile stays, since colours mean nothing without it; camera data and notes go."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"comment": b"my garden"} if kind == "JPEG" else {}
    data = saved(drawn(), kind, exif=oriented(), icc_profile=profile, **options)
    turned = read_picture(data, "image").data
    with Image.open(io.BytesIO(turned)) as picture:
        assert picture.info["icc_profile"] == profile
    assert b"garden" not in turned
    assert b"camera" not in turned


def test_malformed_tags_do_not_spoil_a_picture(recwarn: pytest.WarningsRecorder) -> None:
    """Sloppy EXIF, as cameras write it, costs neither the picture nor a warning."""
    exif = bytearray(oriented().tobytes())
    exif[-12:] = b""  # the last tag, a text, ends nowhere
    assert read_picture(saved(drawn(), "JPEG", exif=bytes(exif)), "image").height == 400
    assert not recwarn.list


@pytest.mark.parametrize("tag", [0x0111, 0x011A])
def test_tags_that_cannot_be_written(tag: int) -> None:
    """A tag of the wrong type, here words for a number, does not keep a picture from turning."""
    tags = (tag, 2, 4, b"abc\0"), (ORIENTATION, 3, 1, bytes([SIDEWAYS, 0, 0, 0]))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(tags))
    exif += b"".join(struct.pack("<HHI4s", *each) for each in tags) + bytes(4)
    assert read_picture(saved(drawn(), "JPEG", exif=exif), "image").height == 400


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_heic_becomes_jpeg(mode: str) -> None:
    """HEIC is converted: nobody but Apple's programs can be relied on to read it."""
    seen = read_picture(heic(drawn(mode=mode)), "image")
    assert (seen.format, seen.width, seen.height) == ("jpeg", 400, 300)
    assert black_quarter(seen.data) == (False, False)


def test_heic_is_turned_once() -> None:
    """A sideways HEIC, as phones make them, ends upright, and not turned a second time."""
    seen = read_picture(heic(drawn(), exif=oriented().tobytes()), "image")
    assert (seen.width, seen.height) == (300, 400)
    assert black_quarter(seen.data) == (True, False)


def test_heic_support_is_not_forced_on_the_process() -> None:
    """Reading a HEIC leaves Pillow's own list of formats alone."""
    before = dict(Image.OPEN)  # another test may have registered it
    read_picture(heic(drawn()), "image")
    assert before == Image.OPEN


SEEDS = [
    *(saved(drawn(320, 300), kind) for kind in FORMATS),
    *(saved(drawn(320, 300), kind, exif=oriented()) for kind in ("JPEG", "PNG", "WEBP", "TIFF")),
    saved(drawn(320, 300), "TIFF", compression="tiff_lzw"),
    saved(drawn(320, 300), "GIF", save_all=True, append_images=[drawn(320, 300, "L")]),
    heic(drawn(320, 300)),
]


@st.composite
def broken_pictures(draw: st.DrawFn) -> bytes:
    """Real pictures in which bytes were changed, most of them in the header, or the end cut."""
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
    """Whatever the bytes are, the outcome is a picture or a sentence, never another error."""
    with suppress(InvalidRequest):
        seen = read_picture(data, "image")
        assert 300 <= min(seen.width, seen.height) <= max(seen.width, seen.height) <= 6000
        assert seen.format in {"jpeg", "png", "webp", "bmp", "tiff", "gif"}
