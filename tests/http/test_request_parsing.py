"""Parsing of Ark's bodies into our requests."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_app.ark_http.request_parsing import ArkCreate, parse_create
from jimeng_core import (
    ArkOptions,
    FirstLastFrame,
    Frame,
    InvalidRequest,
    MultiFrame,
    SubjectReference,
)
from tests.app.app_process import picture
from tests.each import each
from tests.http.ark_client import WORDS, image, linked

URL = "https://pictures.example/a.png"
FIRST = linked(URL, "first_frame")


def parse(*content: Any, **fields: Any) -> ArkCreate:
    """The request of a body."""
    return parse_create(json.dumps({"content": content, **fields}).encode())


def clip(kind: str, url: str = URL) -> dict[str, Any]:
    """A reference video or audio."""
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}}


def parse_error(*content: Any, **fields: Any) -> InvalidRequest:
    """The error of an invalid body; it must have a Chinese message."""
    with pytest.raises(InvalidRequest) as caught:
        parse(*content, **fields)
    assert not caught.value.message_zh.isascii()
    return caught.value


def test_left_out() -> None:
    """Fields that are left out are left out of our request too."""
    request = parse(WORDS).request
    assert request == FirstLastFrame(prompt="海边的猫")
    assert request.model_fields_set == {"prompt"}


def test_null_and_omitted_values() -> None:
    """Null counts as left out, also for an unknown field; so do Ark's values for it."""
    fields = (
        *("model", "seed", "resolution", "ratio", "duration", "generate_audio", "watermark"),
        *("callback_url", "frames", "tools", "service_tier", "priority", "not_yet_invented"),
    )
    text = WORDS | {"role": None}
    for settings in (
        dict.fromkeys(fields),
        {"ratio": "adaptive", "seed": -1, "duration": -1},
    ):
        assert parse(text, **settings).request.model_fields_set == {"prompt"}


def test_every_setting() -> None:
    """Each field of a body has the same value in the request."""
    assert parse(
        WORDS,
        model="seedance-2.5",
        resolution="480p",
        ratio="1:1",
        duration=7,
        seed=5,
        generate_audio=True,
        return_last_frame=True,
        fps=30,
        task_id="abc",
    ) == ArkCreate(
        FirstLastFrame(
            prompt="海边的猫",
            model="seedance-2.5",
            resolution="480p",
            ratio="1:1",
            duration=7,
            seed=5,
            audio=True,
            return_last_frame=True,
            fps=30,
        ),
        "abc",
    )


def test_pictures() -> None:
    """Each role leads to its mode, with the pictures in the order of the body."""
    no_role, first, last = (
        linked("https://a.example/"),
        FIRST,
        linked("https://b.example/", "last_frame"),
    )
    assert parse(WORDS, no_role).request == FirstLastFrame(
        prompt="海边的猫", first_frame="https://a.example/"
    )
    assert parse(last, WORDS, first).request == FirstLastFrame(
        prompt="海边的猫", first_frame=URL, last_frame="https://b.example/"
    )
    assert parse(image("reference_image"), WORDS).request == SubjectReference(
        prompt="海边的猫", images=(picture("teal"),)
    )
    frames = [FIRST | {"role": "frame"}, FIRST | {"role": "frame", "prompt": "终", "duration": 2}]
    assert parse(*frames).request == MultiFrame(frames=(Frame(URL), Frame(URL, "终", 2)))


def test_words() -> None:
    """Several texts are joined to one prompt."""
    texts = [{"type": "text", "text": "海"}, {"type": "text", "text": "猫"}]
    assert parse(*texts).request.prompt == "海\n猫"


def test_reference_clips() -> None:
    """Videos and audios are references, with pictures or without, in their order."""
    role = {"role": "reference_audio"}
    request = parse(WORDS, clip("video"), linked(URL), clip("audio", f"{URL}?1") | role).request
    assert request == SubjectReference(
        prompt=WORDS["text"], images=[URL], videos=[URL], audios=[f"{URL}?1"]
    )
    data = "data:video/mp4;base64,dmlkZW8="
    alone = parse(WORDS, clip("video", data), clip("video") | {"role": "reference_video"}).request
    assert alone == SubjectReference(prompt=WORDS["text"], images=[], videos=[b"video", URL])


@each(
    "text",
    [
        "海 --rs 1080p --rt 9:16 --dur 10 --seed 7 --cf false --wm false --fps 24",
        "海  --resolution 1080p --ratio 9:16 --duration=10 --seed=7 --camerafixed false",
        "海\n--watermark False --DUR 10 --rs=1080p --rt 9:16 --seed 7",
    ],
)
def test_flags(text: str) -> None:
    """Ark's flags behind the prompt are fields, and no words of the prompt."""
    request = parse({"type": "text", "text": text}).request
    assert request.prompt == "海"
    assert (request.resolution, request.ratio) == ("1080p", "9:16")
    assert (request.duration, request.seed, request.fps) == (10, 7, 24)


def test_field_wins_over_flag() -> None:
    """A field of the body wins over a flag, and a null does not; -1 is left out in a flag too."""
    item = {"type": "text", "text": "海 --dur 10 --rs 1080p --seed -1"}
    request = parse(item, duration=12, resolution=None).request
    assert (request.duration, request.resolution, request.seed) == (12, "1080p", None)


@each(
    ("flag", "field"),
    [
        ("--dur ten", "duration"),
        ("--dur", "duration"),
        ("--seed x", "seed"),
        ("--wm perhaps", "watermark"),
        ("--cf x", "camera_fixed"),
        ("--frames 57", "frames"),
        ("--ar 16:9", "content"),
        ("--dur --rs 720p", "duration"),
    ],
)
def test_unreadable_flags(flag: str, field: str) -> None:
    """A flag that cannot be read is refused with the field to use; it is never words."""
    with pytest.raises(InvalidRequest) as caught:
        parse({"type": "text", "text": f"海 {flag}"})
    assert caught.value.problems[0].field == field
    assert {"content": "duration"}.get(field, field) in caught.value.message


def test_dashes_in_words() -> None:
    """Dashes that begin no flag stay words."""
    text = "a cat -- a dog--cat, 5--10, -dur 5 ---"
    assert parse({"type": "text", "text": text}).request.prompt == text


def test_values_as_text() -> None:
    """Numbers and switches may be text, blank text is left out, and one item is a list of one."""
    item = {"type": "text", "text": "海"}
    body = {"content": item, "duration": "7", "seed": "", "watermark": "false", "ratio": " "}
    request = parse_create(json.dumps(body).encode()).request
    assert (request.duration, request.seed, request.ratio) == (7, None, "16:9")
    body = {"content": json.dumps([item]), "generate_audio": "false"}
    assert parse_create(json.dumps(body).encode()).request.prompt == "海"


NEUTRAL: dict[str, object] = {
    "callback_url": None,
    "camera_fixed": False,
    "draft": False,
    "frames": None,
    "omni_reference_task_type": "auto",
    "output_format": "mp4",
    "priority": 0,
    "service_tier": "default",
    "tools": [],
    "watermark": False,
}
REFUSED = {
    "frames": 57,
    "output_format": "mov",
    "tools": [{"type": "web_search"}],
    "negative_prompt": "dogs",
}


def test_neutral_values() -> None:
    """Neutral values of unsupported fields are accepted, and so are fields without effect."""
    parsed = parse(WORDS, **NEUTRAL)
    assert (parsed.request.model_fields_set, parsed.options) == ({"prompt"}, ArkOptions())


def test_fields_of_arks_own() -> None:
    """Ark's own fields are kept beside the request, under the same names."""
    own = {
        "safety_identifier": "user",
        "execution_expires_after": 3600,
        "priority": "3",
        "service_tier": "flex",
        "draft": "true",
        "camera_fixed": True,
        "watermark": True,
    }
    parsed = parse(WORDS, **own)
    assert parsed.request == parse(WORDS).request
    assert parsed.options.chosen() == own | {"priority": 3, "draft": True}


@each("field", REFUSED)
def test_unsupported_fields(field: str) -> None:
    """A value that would change the result but is not supported is refused by its name."""
    error = parse_error(WORDS, **{field: REFUSED[field]})
    assert error.problems[0].field == field
    assert field in error.message
    assert field in error.message_zh


@each(
    ("content", "field", "message"),
    [
        ([FIRST, linked(URL)], "content[1].role", "needs a role"),
        ([FIRST, FIRST], "content[1].role", "more than one first_frame"),
        ([FIRST, linked(URL, "reference_image")], "content", "exclude each other"),
        ([linked(URL, "frame"), linked(URL, "last_frame")], "content", "exclude each other"),
        ([WORDS, *[linked(URL, "frame")] * 2], "content", "no text of its own"),
        ([WORDS, FIRST | {"prompt": "x"}], "content[1].prompt", "role frame only"),
        ([WORDS, FIRST | {"duration": 2}], "content[1].duration", "role frame only"),
        ([WORDS, linked(URL, "cover")], "content[1].role", "'frame' here"),
        ([{"text": "x"}], "content[0]", "audio_url or draft_task"),
        ([WORDS, clip("video", ""), FIRST], "content", "exclude each other"),
        ([WORDS, clip("audio", ""), linked(URL, "frame")], "content", "exclude each other"),
        ([WORDS, clip("video", "")], "content[1].video_url.url", "is empty"),
        ([WORDS, clip("audio", "asset://a")], "content[1].audio_url.url", "asset library"),
        ([WORDS, clip("video", "/etc/passwd")], "content[1].video_url.url", "A video must be"),
        ([WORDS, clip("audio", URL) | {"role": "x"}], "content[1].role", "reference_audio"),
        ([WORDS, {"type": "video_url"}], "content[1].video_url", "is missing"),
        ([{"type": "text"}], "content[0].text", "is missing"),
        ([{"type": "image_url"}], "content[0].image_url", "is missing"),
        ([{"type": "image_url", "image_url": URL}], "content[0].image_url", "an object"),
        ([WORDS | {"role": "user"}], "content[0].role", "no field here"),
        ([linked("")], "content[0].image_url.url", "is empty"),
        ([linked("asset://asset-1")], "content[0].image_url.url", "asset library"),
        ([linked("/etc/passwd")], "content[0].image_url.url", "http(s) URL or a data: URI"),
        ([linked("file:///etc/passwd")], "content[0].image_url.url", "http(s) URL or a data: URI"),
        ([linked("data:image/png;base64,!")], "content[0].image_url.url", "broken"),
    ],
)
def test_invalid_content(content: list[Any], field: str, message: str) -> None:
    """The error names the invalid item, and says what would be valid."""
    error = parse_error(*content)
    assert error.problems[0].field == field
    assert message in error.message


def test_duration_beside_frames() -> None:
    """A duration beside frames would have no effect and is refused, except for -1."""
    frames = [linked(URL, "frame")] * 2
    assert parse_error(*frames, duration=10).problems[0].field == "duration"
    assert parse(*frames, duration=-1).request.duration == 10


OUTCOMES = (FirstLastFrame, MultiFrame, SubjectReference, bytes)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("adaptive")
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
urls = st.sampled_from([URL, "data:,x", "data:;base64,AAAA", "asset://a", "/x"]) | st.text()
items = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image_url", "video_url"]) | anything},
    optional={
        "text": st.text() | anything,
        "image_url": st.fixed_dictionaries({"url": urls}) | anything,
        "role": st.sampled_from(["first_frame", "last_frame", "reference_image", "frame"])
        | anything,
        "prompt": st.text() | anything,
        "duration": st.integers(-1, 7) | anything,
    },
)
likely = st.integers(-1, 99) | st.text() | st.booleans() | anything
bodies = st.fixed_dictionaries(
    {"content": st.lists(items, max_size=4) | anything},
    optional=dict.fromkeys(
        [
            *("model", "resolution", "ratio", "duration", "seed", "generate_audio", "fps"),
            "return_last_frame",
            *("task_id", "watermark", "tools", "frames", "callback_url", "priority", "x"),
        ],
        likely,
    ),
)


def outcome(raw: bytes) -> object:
    """The request of a body, or the text of its error as it is sent."""
    try:
        return parse_create(raw).request
    except InvalidRequest as error:
        fields = "".join(problem.field for problem in error.problems)
        return f"{error.message}{error.message_zh}{fields}".encode()


@given(bodies | anything)
def test_any_json(body: Any) -> None:
    """Any JSON gives a request or an `InvalidRequest`, and never another exception."""
    assert isinstance(outcome(json.dumps(body).encode()), OUTCOMES)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes give a request or an `InvalidRequest` too."""
    assert isinstance(outcome(raw), OUTCOMES)
