import pytest

from jimeng_app.page.multi_frame import frames, moved
from jimeng_app.page.options import options
from jimeng_app.page.query import split_ids
from jimeng_app.page.submitting import PLACES, place_of
from jimeng_core import InvalidRequest
from jimeng_core.requests import Mode


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        (" , ；\n", []),
        ("a b,c\nd", ["a", "b", "c", "d"]),
        ("a，b、c；d", ["a", "b", "c", "d"]),
        ('["a", "b"]', ["a", "b"]),
        ("a a", ["a", "a"]),
        ("cgt-2026-x 12", ["cgt-2026-x", "12"]),
    ],
)
def test_ids_separated_by_anything(text: str, ids: list[str]) -> None:
    """Ids are found whatever stands between them, in order, doubles too."""
    assert split_ids(text) == ids


def test_frames_take_their_lines() -> None:
    """Each picture gets its line of the prompts and its seconds; missing lines are empty."""
    assert frames(["x", "y", "z"], "one\n two \n", [1, 2, 3, 4]) == [
        {"image": "x", "prompt": "one", "duration": 1},
        {"image": "y", "prompt": "two", "duration": 2},
        {"image": "z", "prompt": "", "duration": 3},
    ]
    assert frames([], "", []) == []


def test_frames_beyond_the_fields_are_kept() -> None:
    """An eleventh picture is not dropped in silence: the request refuses the number."""
    assert len(frames(["x"] * 11, "", [5] * 10)) == 11


def test_more_lines_than_pictures() -> None:
    """A line too many is told at the prompts."""
    with pytest.raises(InvalidRequest) as caught:
        frames(["x", "y"], "1\n2\n3", [])
    assert [place_of(problem.field) for problem in caught.value.problems] == ["prompt"]


def test_moving() -> None:
    """An item moves one step, and not past the ends."""
    assert moved("abc", 1, -1) == ["b", "a", "c"]
    assert moved("abc", 1, 1) == ["a", "c", "b"]
    for index, step in ((0, -1), (2, 1), (-1, 1), (3, -1)):
        assert moved("abc", index, step) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("prompt", "prompt"),
        ("frames[2].prompt", "prompt"),
        ("first_frame", "pictures"),
        ("frames", "pictures"),
        ("frames[2].image", "pictures"),
        ("images[0]", "pictures"),
        ("frames[2].duration", "seconds"),
        ("duration", "settings"),
        ("model", "settings"),
        ("seed", "settings"),
    ],
)
def test_problems_stand_at_their_field(field: str, place: str) -> None:
    """Every field has a place on its form where its problems are told."""
    assert place_of(field) == place
    assert place in PLACES


def test_options_follow_the_model() -> None:
    """A form offers the lengths and resolutions of the model that is chosen."""
    offer = options(Mode.FIRST_LAST_FRAME, "demo", "video-3.0")
    assert (offer.model, offer.seconds, offer.resolutions) == (
        "video-3.0",
        (5, 10),
        ("720p", "1080p"),
    )
    assert "video-3.0" in offer.models


def test_options_follow_the_backend() -> None:
    """Frames a second can be changed on the demo alone; an unknown model gives way."""
    assert options(Mode.FIRST_LAST_FRAME, "demo", None).fps
    web = options(Mode.FIRST_LAST_FRAME, "web", "no such model")
    assert not web.fps
    assert web.model == "seedance-2.0-fast"


def test_multi_frame_has_one_resolution() -> None:
    """Multi-frame offers 720p alone, whatever else its model has."""
    offer = options(Mode.MULTI_FRAME, "web", None)
    assert offer.resolutions == ("720p",)
