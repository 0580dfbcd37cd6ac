"""Images through the command line, beside videos."""

import io
from pathlib import Path

import pytest
from PIL import Image

from jimeng_core import new_task_id
from tests.cli.cli_runner import CliRunner
from tests.cli.file_server import running_file_server
from tests.core.web.record_tools import Json, finished


def encoded(kind: str) -> bytes:
    """A small image as a file of a format."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


def completed(*urls: str) -> Json:
    """The record of a completed image task."""
    items = [{"image": {"large_images": [{"image_url": url}]}} for url in urls]
    return finished(*items, after=-60, generate_type=1)


def test_images_of_a_task(cli: CliRunner) -> None:
    """Each image is saved with the suffix of its format; a second run adds no files."""
    task_id = new_task_id(cli.clock.now())
    contents = {
        ".jpg": encoded("JPEG"),
        ".png": encoded("PNG"),
        ".webp": encoded("WEBP"),
        ".gif": encoded("GIF"),
    }
    names = [f"{task_id}-{n}{ending}" for n, ending in enumerate(contents, start=1)]
    with running_file_server() as server:
        urls = [server.put(f"/{n}", data) for n, data in enumerate(contents.values())]
        cli.site.records[task_id] = completed(*urls)
        result = cli.run("download", "-o", "out", task_id)
        assert (result.status, result.out.split()) == (0, [f"out/{name}" for name in names])
        assert sorted(path.name for path in Path("out").iterdir()) == sorted(names)
        for name, data in zip(names, contents.values(), strict=True):
            assert Path("out", name).read_bytes() == data
        again = cli.run("download", "-o", "out", task_id)
        assert (again.status, again.out) == (0, result.out)
        assert server.requested == [None] * 4 + ["bytes=0-0"] * 4


def test_other_existing_image(cli: CliRunner) -> None:
    """An existing file in the place of one image does not affect the others; the status is 3."""
    task_id = new_task_id(cli.clock.now())
    Path("out").mkdir()
    Path("out", f"{task_id}-1.png").write_bytes(b"mine")
    with running_file_server() as server:
        cli.site.records[task_id] = completed(
            *(server.put(f"/{n}", encoded("PNG")) for n in (1, 2))
        )
        server.files["/2"].statuses = [403]
        result = cli.run("download", "-o", "out", task_id)
    assert (result.status, result.out) == (3, f"out/{task_id}-2.png\n")
    assert result.err.count("\n") == 1
    assert f"{task_id}-1.png exists" in result.err


def test_expired_url_of_one_image(cli: CliRunner) -> None:
    """When the URL of the second image has expired, only that image is requested again."""
    task_id = new_task_id(cli.clock.now())
    with running_file_server() as server:
        first, second = (server.put(f"/{n}", encoded("PNG")) for n in (1, 2))
        cli.site.records[task_id] = completed(first, second)
        server.files["/2"].statuses = [403]
        result = cli.run("download", "-o", "out", task_id)
        assert (result.status, result.err) == (0, "")
        assert len(server.requested) == 3
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
def test_check(cli: CliRunner, words: tuple[str, str], problem: str) -> None:
    """An invalid image request is reported as for videos, and nothing is sent."""
    result = cli.run("check", "image", "--prompt", "海", *words)
    assert result.status == 2
    assert result.err.startswith(f"{problem}: ")
    assert not cli.site.requests


def test_submit(cli: CliRunner) -> None:
    """A submission of images prints its task id."""
    result = cli.run("submit", "image", "--prompt", "海", "--count", "2", "--ratio", "3:2")
    assert result.status == 0
    assert result.out.strip() in cli.site.records
