import inspect
from pathlib import Path
from typing import Any

import pytest

from jimeng_app.request_builders import BUILDERS, first_last_frame, multi_frame, subject_reference
from jimeng_core import (
    FirstLastFrame,
    ImageRequest,
    InvalidRequest,
    MultiFrame,
    SubjectReference,
)
from jimeng_core.requests import Mode

URL = "https://example.com/a.png"
REQUESTS: dict[Mode, Any] = {
    request.mode: request
    for request in (FirstLastFrame, MultiFrame, SubjectReference, ImageRequest)
}


@pytest.mark.parametrize("mode", BUILDERS)
def test_parameters_are_the_requests_fields(mode: Mode) -> None:
    """What callers give has the names and the defaults of the request's fields."""
    _, *parameters = inspect.signature(BUILDERS[mode]).parameters.values()
    fields = REQUESTS[mode].model_fields
    assert {parameter.name for parameter in parameters} == set(fields)
    for parameter in parameters:
        field = fields[parameter.name]
        expected = inspect.Parameter.empty if field.is_required() else field.default
        default = parameter.default
        assert (tuple(default) if isinstance(default, list) else default) == expected


def test_requests_are_built(tmp_path: Path) -> None:
    """Values become the request that they name."""
    assert first_last_frame(tmp_path, "a", URL, seed=7) == FirstLastFrame(
        prompt="a", first_frame=URL, seed=7
    )
    built = multi_frame(tmp_path, [{"image": URL, "prompt": "a", "duration": 2}, {"image": URL}])
    assert [frame.duration for frame in built.frames] == [2, 5]
    assert subject_reference(tmp_path, "@图片1", [URL]).images == (URL,)


@pytest.mark.parametrize(
    ("frames", "field"),
    [
        ("a", "frames"),
        ([URL], "frames[0]"),
        ([{"image": URL}, {}], "frames[1].image"),
        ([{"image": "/etc/passwd"}], "frames[0].image"),
        ([{"image": URL, "seconds": 3}], "frames[0]"),
    ],
)
def test_unfit_frames_name_their_field(frames: Any, field: str, tmp_path: Path) -> None:
    """A frame that does not fit is told with its place in the list."""
    with pytest.raises(InvalidRequest) as caught:
        multi_frame(tmp_path, frames)
    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize("images", ["abc", None, {"path": URL}])
def test_images_are_a_list(images: Any, tmp_path: Path) -> None:
    """A string is not taken for a list of letters."""
    with pytest.raises(InvalidRequest, match="list"):
        subject_reference(tmp_path, "a", images)


@pytest.mark.parametrize(
    "values",
    [{"prompt": None}, {"prompt": "a", "duration": "long"}, {"prompt": "a", "seed": 1.5}],
)
def test_wrong_types_are_refused(values: dict[str, Any], tmp_path: Path) -> None:
    """Values of a wrong type are the request's to refuse, never a traceback."""
    with pytest.raises(InvalidRequest):
        first_last_frame(tmp_path, **values)
