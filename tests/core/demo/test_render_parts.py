"""The parts of the demo's renderer: jobs, text, pictures, cards."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jimeng_core.backends.demo.render import (
    JOBS,
    ImagesJob,
    RenderJob,
    Shot,
    frame_size,
)
from jimeng_core.backends.demo.render.cards import Rect, arrange
from jimeng_core.backends.demo.render.picture import contain, cover
from jimeng_core.backends.demo.render.typeset import (
    Block,
    has_glyph,
    ink,
    printable,
    set_largest,
    set_text,
)
from tests.each import each


def job(**changes: Any) -> RenderJob:
    """A valid job with some fields changed."""
    fields: dict[str, Any] = {
        "mode": "first_last_frame",
        "prompt": "",
        "shots": (),
        "width": 320,
        "height": 180,
        "fps": 12,
        "seconds": 1,
        "seed": 1,
        "video": Path("video.mp4"),
        "poster": Path("video.jpg"),
    }
    return RenderJob(**(fields | changes))


def test_jobs_survive_json(tmp_path: Path) -> None:
    """A job survives its way through JSON."""
    shots = (Shot(tmp_path / "图.png", 1, "说明 “引号”"), Shot(tmp_path / "b.png", 2))
    made = job(mode="multi_frame", shots=shots, seconds=3, prompt="a\nb")
    assert JOBS.validate_json(JOBS.dump_json(made)) == made
    images = ImagesJob("a\nb", (tmp_path / "图.png",), 2048, 1, 2**32, (tmp_path / "1.jpg",))
    assert JOBS.validate_json(JOBS.dump_json(images)) == images


@each(("images", "size"), [((), (8, 8)), ((Path("a"),), (0, 8)), ((Path("a"),), (8, -1))])
def test_impossible_images_are_refused(images: tuple[Path, ...], size: tuple[int, int]) -> None:
    """An impossible job of images is refused when it is created, and when it is parsed."""
    made = ImagesJob("海", (), 8, 8, 7, (Path("a.jpg"),))
    with pytest.raises(ValueError, match="image"):
        replace(made, images=images, width=size[0], height=size[1])
    with pytest.raises(ValueError, match="image"):
        JOBS.validate_json(JOBS.dump_json(made).replace(b'"width":8', b'"width":0'))


@each(
    ("changes", "why"),
    [
        ({"width": 321}, "even"),
        ({"fps": 0}, "fps"),
        ({"seconds": 0}, "seconds"),
        (
            {"mode": "multi_frame", "shots": (Shot(Path("a"), 1),) * 2, "seconds": 3},
            "take 2 s",
        ),
        ({"mode": "multi_frame", "shots": (Shot(Path("a")),) * 2}, "1 s or more"),
    ],
)
def test_impossible_jobs_are_refused(changes: dict[str, Any], why: str) -> None:
    """An impossible job is refused when it is created, with the reason."""
    with pytest.raises(ValueError, match=why):
        job(**changes)


@each(
    ("resolution", "ratio", "size"),
    [
        ("480p", "16:9", (854, 480)),
        ("720p", "16:9", (1280, 720)),
        ("720p", "9:16", (720, 1280)),
        ("720p", "21:9", (1680, 720)),
        ("1080p", "4:3", (1440, 1080)),
        ("1080p", "3:4", (1080, 1440)),
        ("4k", "1:1", (2160, 2160)),
        ("4k", "16:9", (3840, 2160)),
    ],
)
def test_frame_sizes(resolution: str, ratio: str, size: tuple[int, int]) -> None:
    """The resolution is the short side, the ratio gives the long one."""
    assert frame_size(resolution, ratio) == size


@each(("resolution", "ratio"), [("8k", "16:9"), ("720p", "wide")])
def test_unknown_frame_sizes_are_refused(resolution: str, ratio: str) -> None:
    """An unknown resolution or ratio has no size."""
    with pytest.raises(ValueError):
        frame_size(resolution, ratio)


@each("character", "海猫龍é—“，Ａ①")
def test_font_has_what_people_write(character: str) -> None:
    """The font has simplified and traditional Chinese, Latin text and punctuation."""
    assert has_glyph(character)
    drawn, box = (np.asarray(ink(Block((text,), 40))) for text in (character, "\uffff"))
    assert drawn.shape != box.shape or (drawn != box).any()
    assert drawn.any()


def test_characters_differ() -> None:
    """Different characters look different."""
    sea, cat = (np.asarray(ink(Block((text,), 40))) for text in "海猫")
    assert (sea != cat).any()


@each(
    ("text", "left"),
    [
        ("猫😀和👩‍👩‍👧狗", "猫和狗"),
        ("🐱", ""),
        ("  海\n\n边　的\t猫 ", "海 边 的 猫"),
        ("cafe\u0301", "café"),
        ("\x00A\u200d\ufe0f", "A"),
    ],
)
def test_unknown_characters_are_left_out(text: str, left: str) -> None:
    """Characters that the font does not have, such as emoji, are omitted."""
    assert printable(text) == left


def test_long_text_ends_in_an_ellipsis() -> None:
    """Text that does not fit is shortened and ends in an ellipsis."""
    long = set_largest("清晨的海边，" * 200, sizes=[40, 20], width=300, height=150)
    assert long.lines[-1].endswith("…")
    assert long.height <= 150
    assert long.width <= 300
    assert "".join(set_text("清晨的海边", size=20, width=60, max_lines=3).lines) == "清晨的海边"


def test_lines_break_where_they_may() -> None:
    """Words and picture marks are not split, and no line begins with closing punctuation."""
    text = "海边的猫，在日出时分醒来。（Sailing boat）@图片12 走过来！"
    for width in range(90, 400, 10):
        lines = set_text(text, size=20, width=width, max_lines=20).lines
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(line[0] not in "，。！）" and line[-1] != "（" for line in lines)
        assert any("Sailing" in line for line in lines)
        assert any("@图片12" in line for line in lines)


def test_lines_end_at_pauses() -> None:
    """Lines of a title end after punctuation where possible."""
    assert set_text("海边的猫，在日出时分醒来", size=40, width=400, max_lines=3).lines == (
        "海边的猫，",
        "在日出时分醒来",
    )


@each("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16", "I", "F"])
def test_every_kind_of_picture_is_read(tmp_path: Path, mode: str) -> None:
    """Grey, indexed, transparent, CMYK, 16-bit, 32-bit and float pictures have their colours."""
    wide = {
        "I;16": (np.uint16, 200 * 257),
        "I": (np.int32, 200 * 257),
        "F": (np.float32, 200 / 255),
    }
    if mode in wide:
        kind, level = wide[mode]
        Image.fromarray(np.full((30, 40), level, kind)).save(tmp_path / "a.tif")
    else:
        Image.new("RGB", (40, 30), (200, 200, 200)).convert(mode).save(tmp_path / "a.tif")
    seen = np.asarray(contain(tmp_path / "a.tif", (80, 80)))
    assert seen.shape == (60, 80, 3)
    assert abs(int(seen.mean()) - 200) < (60 if mode == "1" else 3)  # dots of black and white


def test_transparent_pictures_lie_on_white(tmp_path: Path) -> None:
    """Transparent pixels are shown as white."""
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert np.asarray(contain(tmp_path / "a.png", (40, 40))).min() == 255


@each("size", [(900, 100), (100, 900)])
def test_pictures_fill_the_frame_from_their_centre(tmp_path: Path, size: tuple[int, int]) -> None:
    """A picture with another ratio is cropped evenly on both sides, without bars."""
    image = Image.new("RGB", size, (200, 40, 40))
    image.paste(
        (40, 160, 60), (size[0] // 2 - 10, size[1] // 2 - 10, size[0] // 2 + 10, size[1] // 2 + 10)
    )
    image.save(tmp_path / "a.png")
    seen = np.asarray(cover(tmp_path / "a.png", (320, 180)))
    assert seen.shape == (180, 320, 3)
    assert tuple(seen[90, 160]) == (40, 160, 60)
    assert (seen == seen[::-1, ::-1]).mean() > 0.99
    assert (np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]]) == (200, 40, 40)).all()


def test_large_photographs_are_read_small(tmp_path: Path) -> None:
    """A large JPEG, reduced while it is read, looks the same."""
    ramp = np.linspace(0, 255, 2400, dtype=np.uint8)
    Image.fromarray(np.broadcast_to(ramp[None, :, None], (1600, 2400, 3)).copy()).save(
        tmp_path / "a.jpg"
    )
    seen = np.asarray(cover(tmp_path / "a.jpg", (120, 80))).astype(int)
    assert np.abs(seen[40, :, 0] - np.linspace(0, 255, 120)).max() < 6


@each(
    "aspects",
    [
        [1.0],
        [0.5, 2.0],
        [16 / 9] * 9,
        [0.1, 10.0, 1.0],
        [1.0] * 30,
        [0.4, 2.5] * 15,
        [0.6, 0.6, 1.5, 1.5, 1.0],
    ],
)
def test_cards_keep_apart_and_inside(aspects: list[float]) -> None:
    """Cards keep the ratios of their pictures, do not overlap, and are inside the area."""
    area = Rect(100, 60, 180, 100)
    places = arrange(aspects, area, gap=4)
    boxes = [
        (p.x - p.width / 2, p.y - p.height / 2, p.x + p.width / 2, p.y + p.height / 2)
        for p in places
    ]
    for place, box, aspect in zip(places, boxes, aspects, strict=True):
        assert place.width / place.height == pytest.approx(aspect)
        assert box[0] >= 10 - 1e-6
        assert box[1] >= 10 - 1e-6
        assert box[2] <= 190 + 1e-6
        assert box[3] <= 110 + 1e-6
    for number, one in enumerate(boxes):
        for two in boxes[number + 1 :]:
            assert one[2] <= two[0] or two[2] <= one[0] or one[3] <= two[1] or two[3] <= one[1]
