"""Images through the command line, beside videos."""

import io
from pathlib import Path

import pytest
from PIL import Image

from jimeng_core import new_task_id
from tests.cli.desk import Desk
from tests.cli.shelf import running_shelf
from tests.core.web.record_tools import Json, finished


def drawn(kind: str) -> bytes:
    """An image of a kind."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


def done(*urls: str) -> Json:
    """The record of a completed task of images."""
    items = [{"image": {"large_images": [{"image_url": url}]}} for url in urls]
    return finished(*items, after=-60, generate_type=1)


def test_images_of_a_task(desk: Desk) -> None:
    """Each image of a task lies there under the ending of its own kind; a second run adds none."""
    task_id = new_task_id(desk.clock.now())
    contents = {".jpg": drawn("JPEG"), ".png": drawn("PNG"), ".webp": drawn("WEBP"), ".image": b"?"}
    names = [f"{task_id}-{n}{ending}" for n, ending in enumerate(contents, start=1)]
    with running_shelf() as shelf:
        urls = [shelf.put(f"/{n}", data) for n, data in enumerate(contents.values())]
        desk.site.records[task_id] = done(*urls)
        said = desk.run("download", "-o", "out", task_id)
        assert (said.status, said.out.split()) == (0, [f"out/{name}" for name in names])
        assert sorted(path.name for path in Path("out").iterdir()) == sorted(names)
        for name, data in zip(names, contents.values(), strict=True):
            assert Path("out", name).read_bytes() == data
        again = desk.run("download", "-o", "out", task_id)
        assert (again.status, again.out) == (0, said.out)
        assert shelf.asked == [None] * 4 + ["bytes=0-0"] * 4


def test_other_image_that_is_there(desk: Desk) -> None:
    """An image whose name is taken holds up no other one of its task, nor one with a new address.

    It is told with 3 all the same.
    """
    task_id = new_task_id(desk.clock.now())
    Path("out").mkdir()
    Path("out", f"{task_id}-1.png").write_bytes(b"mine")
    with running_shelf() as shelf:
        desk.site.records[task_id] = done(*(shelf.put(f"/{n}", drawn("PNG")) for n in (1, 2)))
        shelf.files["/2"].statuses = [403]
        said = desk.run("download", "-o", "out", task_id)
    assert (said.status, said.out) == (3, f"out/{task_id}-2.png\n")
    assert said.err.count("\n") == 1
    assert f"{task_id}-1.png is there" in said.err


def test_fresh_address_for_the_rest(desk: Desk) -> None:
    """When the address of the second image has expired, only that one is asked for again."""
    task_id = new_task_id(desk.clock.now())
    with running_shelf() as shelf:
        first, second = (shelf.put(f"/{n}", drawn("PNG")) for n in (1, 2))
        desk.site.records[task_id] = done(first, second)
        shelf.files["/2"].statuses = [403]
        said = desk.run("download", "-o", "out", task_id)
        assert (said.status, said.err) == (0, "")
        assert len(shelf.asked) == 3
    assert [path.stem for path in sorted(Path("out").iterdir())] == [
        f"{task_id}-1",
        f"{task_id}-2",
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--count", "9"), "count"),
        (("--ratio", "5:4"), "ratio"),
        (("--model", "seedance-2.5"), "model"),
    ],
)
def test_check(desk: Desk, words: tuple[str, str], problem: str) -> None:
    """What images may not ask for is told as for videos, and nothing is sent."""
    said = desk.run("check", "image", "--prompt", "海", *words)
    assert said.status == 2
    assert said.err.startswith(f"{problem}: ")
    assert not desk.site.requests


def test_submit(desk: Desk) -> None:
    """A submission of images prints the id of its task."""
    said = desk.run("submit", "image", "--prompt", "海", "--count", "2", "--ratio", "3:2")
    assert said.status == 0
    assert said.out.strip() in desk.site.records
