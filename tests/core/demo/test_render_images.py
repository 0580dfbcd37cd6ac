"""Images of the demo's renderer, in small sizes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jimeng_core.backends.demo.render import ImagesJob
from jimeng_core.backends.demo.render.output import render_images
from tests.core.demo_tools import picture
from tests.each import each

RED, BLUE = (200, 40, 40), (40, 60, 200)
CLOSE = 30
"""Tolerated difference of two colours, in levels of 256: that of compression and the mark."""


def job(folder: Path, count: int = 2, colours: tuple[tuple[int, int, int], ...] = ()) -> ImagesJob:
    """A job of small images, of pictures of these colours."""
    pictures = []
    for number, colour in enumerate(colours):
        path = folder / f"picture-{number}.png"
        path.write_bytes(picture("rgb({},{},{})".format(*colour)))
        pictures.append(path)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    images = tuple(out / f"{number}.jpg" for number in range(1, count + 1))
    return ImagesJob("海上的猫", tuple(pictures), 320, 180, 7, images)


def names(folder: Path) -> list[str]:
    """The names of all files in the output folder, also hidden ones."""
    return sorted(path.name for path in (folder / "out").iterdir())


def drawn(made: ImagesJob) -> list[bytes]:
    """Render a job, and return its files."""
    render_images(made)
    return [path.read_bytes() for path in made.images]


@each("colours", [(), (RED,), (RED, BLUE), (RED,) * 9])
@each("size", [(320, 180), (321, 181), (181, 320)])
def test_size(
    tmp_path: Path, colours: tuple[tuple[int, int, int], ...], size: tuple[int, int]
) -> None:
    """Every image is a JPEG with the size of the job, also odd sizes."""
    made = replace(job(tmp_path, 2, colours), width=size[0], height=size[1])
    render_images(made)
    for path in made.images:
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", size)
    assert names(tmp_path) == ["1.jpg", "2.jpg"]


@each("pictures", [0, 1, 2])
def test_repeatable(tmp_path: Path, pictures: int) -> None:
    """The same job gives the same bytes; its images differ, and so do those of another seed."""
    made = replace(job(tmp_path, 8), pictures=(tmp_path / "shades.png",) * pictures)
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "shades.png")
    first = drawn(made)
    assert len(set(first)) == 8
    assert drawn(made) == first
    assert set(drawn(replace(made, seed=10**6))).isdisjoint(first)


def test_largest_seed(tmp_path: Path) -> None:
    """The largest seed works for all images of a job."""
    assert len(set(drawn(replace(job(tmp_path, 3), seed=2**32 - 1)))) == 3


def test_picture_fills_the_image(tmp_path: Path) -> None:
    """Images of one picture show that picture."""
    made = job(tmp_path, 4, (RED,))
    render_images(made)
    for path in made.images:
        with Image.open(path) as image:
            assert np.abs(np.asarray(image).mean((0, 1)) - RED).mean() < CLOSE


def test_several_pictures_are_all_there(tmp_path: Path) -> None:
    """Images of several pictures show each of them."""
    made = job(tmp_path, 1, (RED, BLUE))
    render_images(made)
    with Image.open(made.images[0]) as image:
        pixels = np.asarray(image).astype(int)
    for colour in (RED, BLUE):
        assert (np.abs(pixels - colour).max(axis=2) < CLOSE).mean() > 0.02


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """When one image cannot be written, no file is left, and older files stay."""
    made = job(tmp_path, 2)
    made.images[0].write_bytes(b"older")
    broken = replace(made, images=(*made.images, tmp_path / "nowhere" / "3.jpg"))
    with pytest.raises(OSError, match="nowhere"):
        render_images(broken)
    assert names(tmp_path) == ["1.jpg"]
    assert made.images[0].read_bytes() == b"older"


def test_a_missing_picture(tmp_path: Path) -> None:
    """The error names a missing picture, and no file is left."""
    made = replace(job(tmp_path), pictures=(tmp_path / "missing.png",))
    with pytest.raises(OSError, match="missing"):
        render_images(made)
    assert names(tmp_path) == []


def test_drafts_of_a_killed_process_go(tmp_path: Path) -> None:
    """The incomplete file of a killed renderer is removed."""
    made = job(tmp_path, 1)
    (tmp_path / "out" / ".1.jpg.99999999.part").write_bytes(b"half")
    render_images(made)
    assert names(tmp_path) == ["1.jpg"]
