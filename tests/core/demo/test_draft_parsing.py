import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core.backends.demo.draft_parsing import parse_draft
from jimeng_core.backends.demo.parsed_draft import DraftRefused, ParsedDraft, ParsedShot
from jimeng_core.requests import FirstLastFrame, Frame, MultiFrame, SubjectReference, VideoRequest
from tests.core.demo.site_client import PICTURES, URIS, Json, body_of, changed, refusal
from tests.each import each

SEA = FirstLastFrame(prompt="海", resolution="720p", ratio="9:16", seed=7, duration=4)
ENDS = FirstLastFrame(prompt="海", first_frame="a", last_frame="b", duration=15)
THREE = MultiFrame(frames=[Frame("a", "起", 1), Frame("b", "", 2), Frame("c", "落", 6)])
CATS = SubjectReference(prompt="让@图片2看@image1。", images=["a", "b"], duration=4)
OLD_CATS = CATS.model_copy(update={"model": "video-3.0", "duration": 10})

INPUT = ("video_gen_inputs", 0)


def count(request: VideoRequest) -> int:
    """The number of pictures of a request."""
    match request:
        case FirstLastFrame():
            return sum(each is not None for each in (request.first_frame, request.last_frame))
        case MultiFrame():
            return len(request.frames)
        case SubjectReference():
            return len(request.images)


def body(request: VideoRequest) -> Json:
    """The submission of a request."""
    return body_of(request, *PICTURES[: count(request)])


def parse(request: VideoRequest) -> ParsedDraft:
    """The parsed submission of a request."""
    return parse_draft(body(request), URIS)


def test_text() -> None:
    """A draft of text has no pictures, and all fields of the request."""
    assert parse(SEA) == ParsedDraft("first_last_frame", "海", (), 4, 24, "720p", "9:16", 7)


def test_first_and_last() -> None:
    """Both frames are parsed in their order."""
    draft = parse(ENDS)
    assert draft.shots == (ParsedShot(URIS[0]), ParsedShot(URIS[1]))
    assert (draft.mode, draft.seconds) == ("first_last_frame", 15)


def test_first_alone() -> None:
    """The last frame is optional."""
    assert parse(FirstLastFrame(prompt="海", first_frame="a")).shots == (ParsedShot(URIS[0]),)


def test_multi_frame() -> None:
    """Every frame has its seconds and caption; the video is as long as all frames."""
    draft = parse(THREE)
    assert draft.shots == (
        ParsedShot(URIS[0], 1, "起"),
        ParsedShot(URIS[1], 2, ""),
        ParsedShot(URIS[2], 6, "落"),
    )
    assert (draft.mode, draft.seconds, draft.prompt) == ("multi_frame", 9, "")


@each("request_", [CATS, OLD_CATS])
def test_subjects(request_: VideoRequest) -> None:
    """Both wire forms of subject reference have the prompt with its marks, and the pictures."""
    draft = parse(request_)
    assert draft.mode == "subject_reference"
    assert draft.prompt == "让@图片2看@图片1。"
    assert [shot.uri for shot in draft.shots] == URIS[:2]


def test_frames_a_second() -> None:
    """The demo accepts other frame rates than the site."""
    assert parse(SEA.model_copy(update={"fps": 12})).fps == 12


@each("name", ["draft_content", "metrics_extra"])
@each("value", [{}, [], None, 5, True])
def test_texts_must_be_texts(name: str, value: object) -> None:
    """Fields with JSON text are refused as objects (protocol 5, ret 1002)."""
    assert refusal({**body(SEA), name: value}) == "1002"


@each("name", ["draft_content", "metrics_extra"])
def test_texts_must_be_there(name: str) -> None:
    """Fields with JSON text are required."""
    without = body(SEA)
    del without[name]
    assert refusal(without) == "1002"


@each(
    "draft",
    [
        "",
        "words",
        "[]",
        "{}",
        "5",
        "null",
        "{",
        "[" * 100_000,
        '{"component_list": [{}]}',
        '"\\ud800"',
    ],
)
def test_unreadable_draft(draft: str) -> None:
    """Text that is not JSON, or not a draft, is unreadable."""
    assert refusal({**body(SEA), "draft_content": draft}) == "1002"


@each(
    ("request_", "path", "value"),
    [
        (SEA, ("model_req_key",), "nonsense"),
        (SEA, ("model_req_key",), "seedance-2.0-fast"),  # our name, not the site's
        (SEA, ("model_req_key",), "doubao-seedance-2-0-fast-260128"),
        (SEA, ("model_req_key",), ...),
        (SEA, ("video_aspect_ratio",), "2:1"),
        (SEA, (*INPUT, "duration_ms"), 3000),
        (SEA, (*INPUT, "duration_ms"), 4500),
        (SEA, (*INPUT, "duration_ms"), 0),
        (SEA, (*INPUT, "duration_ms"), -4000),
        (SEA, (*INPUT, "duration_ms"), ...),
        (SEA, (*INPUT, "resolution"), "1080p"),
        (SEA, (*INPUT, "fps"), 11),
        (SEA, (*INPUT, "fps"), 61),
        (ENDS, (*INPUT, "first_frame_image"), ...),
        (ENDS, (*INPUT, "first_frame_image"), {}),
        (ENDS, (*INPUT, "first_frame_image", "uri"), URIS[5]),  # another than image_uri
        (ENDS, (*INPUT, "first_frame_image", "uri"), ...),
        (ENDS, ("model_req_key",), "dreamina_ic_generate_video_model_vgfm_3.0_fast"),
        (THREE, (*INPUT, "duration_ms"), 10_000),  # not the sum
        (THREE, (*INPUT, "resolution"), "1080p"),
        (THREE, (*INPUT, "multi_frames", 0, "duration_ms"), 0),
        (THREE, (*INPUT, "multi_frames", 2, "duration_ms"), 7000),
        (THREE, (*INPUT, "multi_frames", 2, "duration_ms"), 5500),
        (THREE, (*INPUT, "multi_frames", 1, "idx"), 2),
        (THREE, (*INPUT, "multi_frames", 0, "idx"), 1),
        (THREE, (*INPUT, "multi_frames", 0, "media_info"), {}),
        (THREE, ("model_req_key",), "dreamina_seedance_40"),
        (CATS, (*INPUT, "unified_edit_input", "material_list"), []),
        (CATS, (*INPUT, "unified_edit_input", "meta_list", 1, "material_ref", "material_idx"), 2),
        (CATS, (*INPUT, "unified_edit_input", "meta_list", 1, "material_ref", "material_idx"), -1),
        (CATS, ("model_req_key",), "dreamina_ic_generate_video_model_vgfm_3.0"),
        (OLD_CATS, (*INPUT, "idip_meta_list", 1, "frame_info", "image_idx"), 4),
        (OLD_CATS, (*INPUT, "resolution"), "1080p"),
        (OLD_CATS, ("model_req_key",), "dreamina_seedance_40"),
    ],
)
def test_broken_limits(request_: VideoRequest, path: tuple[str | int, ...], value: object) -> None:
    """A draft beyond a limit of the site is refused (protocol 7)."""
    assert refusal(changed(body(request_), *path, to=value)) == "1000"


@each("number", [1, 11])
def test_number_of_frames(number: int) -> None:
    """A multi-frame draft has 2 to 10 frames."""
    request = MultiFrame(frames=[Frame("a", duration=1)] * number)
    assert refusal(body_of(request, *[PICTURES[0]] * number)) == "1000"


@each(("request_", "most"), [(CATS, 9), (OLD_CATS, 4)])
def test_number_of_subjects(request_: SubjectReference, most: int) -> None:
    """Each form of subject reference has its own limit."""
    for number in (most, most + 1):
        many = request_.model_copy(update={"images": ("a",) * number})
        draft = body_of(many, *[PICTURES[0]] * number)
        if number == most:
            assert len(parse_draft(draft, URIS).shots) == most
        else:
            assert refusal(draft) == "1000"


@each("request_", [ENDS, THREE, CATS, OLD_CATS])
def test_unknown_picture(request_: VideoRequest) -> None:
    """A picture that was not uploaded is refused."""
    with pytest.raises(DraftRefused, match="unknown uri"):
        parse_draft(body(request_), URIS[:1])


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths to every value in a JSON value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(each for step, part in inner for each in places(part, (*path, step)))]


REQUESTS: st.SearchStrategy[VideoRequest] = st.sampled_from([SEA, ENDS, THREE, CATS, OLD_CATS])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def draft_or_ret(body: Json) -> ParsedDraft | str:
    """The parsed draft, or the code of its refusal."""
    try:
        return parse_draft(body, URIS)
    except DraftRefused as refused:
        return refused.ret


@given(st.data())
def test_any_change(data: st.DataObject) -> None:
    """A draft with any value anywhere is parsed into valid values, or refused."""
    good = body(data.draw(REQUESTS))
    draft = json.loads(good["draft_content"])
    path = data.draw(st.sampled_from([path for path in places(draft) if path]))
    place: Any = draft
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(ANYTHING)
    outcome = draft_or_ret({**good, "draft_content": json.dumps(draft)})
    if isinstance(outcome, ParsedDraft):
        assert 1 <= outcome.seconds <= 60
        assert {shot.uri for shot in outcome.shots} <= set(URIS)
    else:
        assert outcome in {"1000", "1002"}
