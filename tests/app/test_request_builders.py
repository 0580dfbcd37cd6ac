"""Building of requests from the values of a door's callers."""

import json
from inspect import Parameter
from pathlib import Path
from typing import Any

import pytest

from jimeng_app.request_builders import (
    FrameInput,
    build_request,
    input_parameters,
)
from jimeng_core import FirstLastFrame, Frame, InvalidRequest, MultiFrame, SubjectReference
from jimeng_core.requests import REQUESTS, Mode
from tests.each import each

URL = "https://example.com/a.png"


@each("mode", Mode)
def test_parameters_are_the_requests_fields(mode: Mode) -> None:
    """The parameters have the names and the defaults of the request's fields."""
    parameters = {
        parameter.name: parameter.default for parameter in input_parameters(REQUESTS[mode])
    }
    fields = REQUESTS[mode].model_fields
    assert set(parameters) == set(fields)
    for name, default in parameters.items():
        expected = Parameter.empty if fields[name].is_required() else fields[name].default
        assert (tuple(default) if isinstance(default, list) else default) == expected


@each("mode", Mode)
def test_own_fields_come_first(mode: Mode) -> None:
    """Callers may pass values by position: prompt and pictures come before the settings."""
    names = [parameter.name for parameter in input_parameters(REQUESTS[mode])]
    assert names[0] in {"prompt", "frames"}
    assert names[-1] in {"return_last_frame", "audios", "seed"}
    assert names.index("model") < names.index("resolution")


@each("mode", Mode)
def test_descriptions(mode: Mode) -> None:
    """Each field has a description of whole sentences in one line, which Gradio reads whole."""
    fields = REQUESTS[mode].model_fields
    for parameter in input_parameters(REQUESTS[mode]):
        assert parameter.description.startswith(str(fields[parameter.name].description))
        assert parameter.description.endswith(".")
        assert "\n" not in parameter.description


def test_frames_are_described() -> None:
    """The description of `frames` has that of each of a frame's fields."""
    [description] = [
        each.description for each in input_parameters(MultiFrame) if each.name == "frames"
    ]
    assert set(FrameInput.__annotations__) == set(Frame.model_fields)
    for name, field in Frame.model_fields.items():
        assert f"): {field.description}" in description.partition(f" {name} (")[2]


def test_requests_are_built(tmp_path: Path) -> None:
    """Values become the request that they name."""
    values = {"prompt": "a", "first_frame": URL, "last_frame": None, "seed": 7}
    assert build_request(Mode.FIRST_LAST_FRAME, tmp_path, values) == FirstLastFrame(
        prompt="a", first_frame=URL, seed=7
    )
    frames = [{"image": URL, "prompt": "a", "duration": 2}, {"image": URL, "duration": None}]
    assert build_request(Mode.MULTI_FRAME, tmp_path, {"frames": frames}) == MultiFrame(
        frames=(Frame(URL, "a", 2), Frame(URL))
    )
    subjects = {"prompt": "@图片1", "images": [URL]}
    assert build_request(Mode.SUBJECT_REFERENCE, tmp_path, subjects) == SubjectReference(
        prompt="@图片1", images=(URL,)
    )


@each(
    ("frames", "field"),
    [
        ("a", "frames[0]"),
        ({"image": URL, "seconds": 3}, "frames[0].seconds"),
        ([URL], "frames[0]"),
        ([{"image": URL}, {}], "frames[1].image"),
        ([{"image": "/etc/passwd"}], "frames[0].image"),
        ([{"image": URL, "seconds": 3}], "frames[0].seconds"),
    ],
)
def test_unfit_frames_name_their_field(frames: Any, field: str, tmp_path: Path) -> None:
    """A frame that does not fit is named by its place in the list."""
    with pytest.raises(InvalidRequest) as caught:
        build_request(Mode.MULTI_FRAME, tmp_path, {"frames": frames})
    assert [problem.field for problem in caught.value.problems] == [field]


@each("images", [URL, {"path": URL}, [URL], f'["{URL}"]', (URL,)])
def test_images_are_a_list(images: Any, tmp_path: Path) -> None:
    """One picture is a list of one, and a list may be JSON text."""
    values = {"prompt": "@图片1", "images": images}
    request = build_request(Mode.SUBJECT_REFERENCE, tmp_path, values)
    assert isinstance(request, SubjectReference)
    assert request.images == (URL,)


def test_images_are_pictures(tmp_path: Path) -> None:
    """Other text is not taken for a list of letters, and nothing is a missing list."""
    for images, field in (("abc", "images[0]"), (None, "images")):
        with pytest.raises(InvalidRequest) as caught:
            build_request(Mode.SUBJECT_REFERENCE, tmp_path, {"prompt": "a", "images": images})
        assert [problem.field for problem in caught.value.problems] == [field]


def test_values_are_read_kindly(tmp_path: Path) -> None:
    """Null and blank text are left out; numbers, switches and lists may be text, in frames too."""
    values = {
        "prompt": "a",
        "first_frame": "",
        "last_frame": None,
        "duration": "7",
        "model": " ",
        "resolution": None,
        "ratio": "",
        "fps": "24",
        "seed": "",
        "audio": "false",
    }
    assert build_request(Mode.FIRST_LAST_FRAME, tmp_path, values) == FirstLastFrame(
        prompt="a", duration=7
    )
    frame = {"image": URL, "prompt": None, "duration": "3"}
    frames = MultiFrame(frames=(Frame(URL, "", 3), Frame(URL, "b")))
    second = {"image": URL, "prompt": "b", "duration": "\u200b"}
    for written in (
        [frame, second],
        json.dumps([frame, second]),
        [json.dumps(frame), json.dumps(second)],
    ):
        assert build_request(Mode.MULTI_FRAME, tmp_path, {"frames": written}) == frames


@each(
    ("values", "field"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": "a", "duration": "long"}, "duration"),
        ({"prompt": "a", "seed": 1.5}, "seed"),
        ({"prompt": "a", "first_frame": 5}, "first_frame"),
        ({"prompt": "a", "unknown": 5}, "unknown"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any], field: str, tmp_path: Path) -> None:
    """A value of a wrong type, or of no field, is `InvalidRequest` with the field's name."""
    with pytest.raises(InvalidRequest) as caught:
        build_request(Mode.FIRST_LAST_FRAME, tmp_path, values)
    assert [problem.field for problem in caught.value.problems] == [field]
