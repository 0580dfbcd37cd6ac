"""Columns: a row's cells as a request, and a bad cell under the heading that its reader sees."""

from pathlib import Path
from typing import Any

import pytest

from jimeng_app.batch.columns import RowRequest, among_uploads, in_folder, read_row
from jimeng_app.batch.manifest import TableRow
from jimeng_core import FirstLastFrame, ImageRequest, InvalidRequest, Mode, MultiFrame
from jimeng_core.requests import SubjectReference

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def read(folder: Path = Path("/t"), **cells: Any) -> RowRequest:
    """A row of a table in a folder."""
    return read_row(TableRow(1, cells), "default", in_folder(folder))


def test_each_field_is_a_column(tmp_path: Path) -> None:
    """Fields are text or numbers, also a ratio that Excel took for a time; pictures are found."""
    row = read(
        tmp_path,
        prompt="A cat.",
        first_frame="a.png",
        last_frame="https://example.com/b.png",
        duration="5",
        seed=7,
        audio="是",
        ratio="09:16:00",
    )

    assert row.build() == FirstLastFrame(
        prompt="A cat.",
        first_frame=str(tmp_path / "a.png"),
        last_frame="https://example.com/b.png",
        duration=5,
        seed=7,
        audio=True,
        ratio="9:16",
    )


def test_headings_as_people_write_them() -> None:
    """Case, spaces, hyphens and Chinese names do not matter; columns with # are the user's own."""
    row = read(
        Path("/t"),
        **{"Prompt ": "A cat.", "First-Frame": "/a.png", "时长": "6", "#note": "x", "": "y"},
    )

    assert row.build() == FirstLastFrame(prompt="A cat.", first_frame="/a.png", duration=6)


@pytest.mark.parametrize(
    ("cells", "mode"),
    [
        ({"prompt": "a"}, Mode.FIRST_LAST_FRAME),
        ({"frame1": "a", "frame2": "b"}, Mode.MULTI_FRAME),
        ({"prompt": "a", "images": "a.png;b.png"}, Mode.SUBJECT_REFERENCE),
        ({"prompt": "a", "mode": "image"}, Mode.IMAGE),
        ({"prompt": "a", "mode": "图片"}, Mode.IMAGE),
        ({"prompt": "a", "mode": "First-Last-Frame"}, Mode.FIRST_LAST_FRAME),
    ],
)
def test_the_mode_of_a_row(cells: dict[str, Any], mode: Mode) -> None:
    """The mode is what the column says, else what the row's pictures mean."""
    assert read(**cells).mode is mode


def test_frames_as_columns_and_as_json() -> None:
    """`frame1`, `frame1_prompt` and `frame1_duration`, or a JSON list."""
    columns = read(
        frame1="a.png", frame1_prompt="First.", frame2="/b.png", frame2_duration="3", 帧3="c.png"
    )
    as_json = read(
        frames='[{"image": "a.png", "prompt": "First."}, {"image": "/b.png", "duration": 3},'
        ' {"image": "c.png"}]'
    )

    assert columns.build() == as_json.build()
    assert isinstance(request := columns.build(), MultiFrame)
    assert [frame.image for frame in request.frames] == ["/t/a.png", "/b.png", "/t/c.png"]


def test_several_pictures_in_one_cell() -> None:
    """Pictures are separated by semicolons or lines, stand in a list, or in `image1`, `image2`."""
    in_one = read(prompt="@图片1", images="a.png; b.png\nc.png").build()
    as_json = read(prompt="@图片1", images='["a.png", "b.png", "c.png"]').build()
    numbered = read(prompt="@图片1", mode="subject_reference", image2="b.png", image1="a.png")

    assert in_one == as_json
    assert isinstance(in_one, SubjectReference)
    assert in_one.images == ("/t/a.png", "/t/b.png", "/t/c.png")
    assert numbered.values["images"] == ["/t/a.png", "/t/b.png"]


def test_numbered_videos_and_audios() -> None:
    """They are listed like pictures, in order; a problem is at the column that was written."""
    row = read(prompt="@视频1", audio2="b.mp3", video3="c.mp4", 视频1="a.mp4", audios="a.mp3")

    request = row.build()
    assert isinstance(request, SubjectReference)
    assert (request.videos, request.audios) == (
        ("/t/a.mp4", "/t/c.mp4"),
        ("/t/a.mp3", "/t/b.mp3"),
    )
    assert [row.columns[f"videos[{index}]"] for index in range(2)] == ["视频1", "video3"]
    assert row.columns["audios[1]"] == "audio2"


def test_a_picture_has_no_prompt() -> None:
    """Only frames do: the column is refused, instead of taken for a picture."""
    with pytest.raises(InvalidRequest) as caught:
        read(prompt="@图片1", image1="a.png", image1_prompt="a cat")
    assert caught.value.problems[0].field == "image1_prompt"


@pytest.mark.parametrize(
    ("cells", "heading"),
    [
        ({"promt": "a"}, "promt"),
        ({"prompt": "a", "模式": "video"}, "模式"),
        ({"prompt": "a", "frames": '[{"img": "a.png"}]'}, "frames"),
    ],
)
def test_a_bad_cell_is_named(cells: dict[str, Any], heading: str) -> None:
    """The problem's field is the heading as it was written."""
    with pytest.raises(InvalidRequest) as raised:
        read(**cells)
    assert [problem.field for problem in raised.value.problems] == [heading]


def test_pictures_of_a_remote_caller(tmp_path: Path) -> None:
    """Through a door, pictures are URLs, `data:` URIs and the files that came along."""
    find = among_uploads({"a.png": tmp_path / "x"})

    assert find("a.png") == str(tmp_path / "x")
    assert find("https://example.com/a.png") == "https://example.com/a.png"
    assert find(PIXEL) == PIXEL
    for text in ("/etc/passwd", "b.png", "file:///etc/passwd", "../a.png"):
        with pytest.raises(InvalidRequest):
            find(text)


def test_a_picture_in_the_cell() -> None:
    """A `data:` URI is stored as it is, and becomes bytes in the request."""
    request = read(prompt="a", mode="image", images=PIXEL).build()

    assert isinstance(request, ImageRequest)
    assert request.images[0][:3] == b"GIF"  # type: ignore[index]
