import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jimeng_core import (
    FirstLastFrame,
    Frame,
    Mode,
    MultiFrame,
    RequestEcho,
    SubjectReference,
    VideoRequest,
)
from jimeng_core.backends.web.echo import read_echo
from tests.core.web.draft_tools import body_of, draft_of
from tests.core.web.record_tools import read, record
from tests.each import each

PICTURE = b"only its place counts here"
SIX = (PICTURE,) * 6


def echoed(request: VideoRequest, **fields: object) -> dict[str, Any]:
    """A record that echoes our draft of a request."""
    body = body_of(request)
    names = ("submit_id", "draft_content", "metrics_extra")
    return record(20, **{name: body[name] for name in names}, **fields)


REQUESTS: list[VideoRequest] = [
    FirstLastFrame(prompt="海浪 waves"),
    FirstLastFrame(prompt="海", first_frame=PICTURE, duration=8, ratio="9:16"),
    FirstLastFrame(prompt="海", first_frame=PICTURE, last_frame=PICTURE, model="seedance-2.0"),
    MultiFrame(frames=(Frame(PICTURE, "晨", 2), Frame(PICTURE), Frame(PICTURE, "夜", 6))),
    SubjectReference(prompt="让@图片1追@图片2，跑", images=(PICTURE, PICTURE)),
    SubjectReference(prompt="@图片2看@图片1", images=(PICTURE, PICTURE), model="video-3.0"),
    SubjectReference(prompt="跑，没有记号", images=(PICTURE, PICTURE)),
    SubjectReference(prompt="跑@图片2", images=(PICTURE, PICTURE), model="video-3.0"),
]


@each("sent", REQUESTS)
def test_round_trip(sent: VideoRequest) -> None:
    """Our draft, echoed, gives back the mode and the whole request."""
    task = read(echoed(sent))
    assert task.mode is sent.mode
    assert task.request == RequestEcho(
        prompt=sent.prompt,
        model=sent.model,
        duration=sent.duration,
        resolution="720p",
        ratio=sent.ratio,
        fps=24,
        seed=4294967295,
    )


@each("sent", REQUESTS)
def test_the_draft_alone_has_the_mode(sent: VideoRequest) -> None:
    """The metrics are analytics and may be missing: the draft itself has the mode."""
    source = echoed(sent)
    del source["metrics_extra"]
    assert read(source).mode is sent.mode


words = st.text(max_size=30)
seconds = st.integers(1, 6)
models = st.sampled_from(["seedance-2.0", "video-3.0", "a_model_of_tomorrow"])
any_request = st.one_of(
    st.builds(FirstLastFrame, prompt=words, duration=st.integers(1, 30), model=models),
    st.builds(
        MultiFrame,
        frames=st.lists(
            st.builds(Frame, image=st.just(PICTURE), prompt=words, duration=seconds),
            min_size=2,
            max_size=10,
        ).map(tuple),
        model=models,
    ),
    st.builds(
        SubjectReference,
        prompt=st.lists(words, min_size=7, max_size=7).map(
            lambda parts: (
                "".join(f"{part}@图片{i}、" for i, part in enumerate(parts[:6], start=1)) + parts[6]
            )
        ),
        images=st.just(SIX),
        model=models,
    ),
)


@given(any_request)
def test_any_request_makes_the_round_trip(sent: VideoRequest) -> None:
    """For any prompt, mode, prompt, model and duration come back as they were sent."""
    mode, echo = read_echo(echoed(sent))
    assert echo is not None
    got = (mode, echo.prompt, echo.model, echo.duration)
    assert got == (sent.mode, sent.prompt, sent.model, sent.duration)


def test_marks_come_back_as_the_page_writes_them() -> None:
    """`@image1` comes back as `@图片1`: the wire has only a number."""
    _, echo = read_echo(echoed(SubjectReference(prompt="@image1 跑", images=(PICTURE,))))
    assert echo is not None
    assert echo.prompt == "@图片1 跑"


def test_a_draft_that_is_an_object() -> None:
    """An echo is read as text and as an object."""
    sent = FirstLastFrame(prompt="海", first_frame=PICTURE)
    mode, echo = read_echo(record(20, draft_content=draft_of(sent)))
    assert mode is Mode.FIRST_LAST_FRAME
    assert echo is not None
    assert (echo.prompt, echo.model) == ("海", "seedance-2.0-fast")


def test_original_input() -> None:
    """Without a draft, the task's `original_input` is read."""
    original = {
        "prompt": "海",
        "duration_ms": 10000,
        "ending_control": "1.0",
        "first_frame_image": {"image_uri": "tos-cn-i-tb4s082cfz/a", "width": 1, "height": 1},
        "multi_frames": [],
        "lens_motion_type": "",
    }
    model_info = {"model_req_key": "dreamina_ic_generate_video_model_vgfm_3.0"}
    task = read(record(20, task={"original_input": json.dumps(original)}, model_info=model_info))
    assert task.mode is Mode.FIRST_LAST_FRAME
    assert task.request == RequestEcho(prompt="海", model="video-3.0", duration=10)


@each(
    ("function_mode", "mode"),
    [
        ("first_last_frames", Mode.FIRST_LAST_FRAME),
        ("multi_frame", Mode.MULTI_FRAME),
        ("main_reference", Mode.SUBJECT_REFERENCE),
        ("omni_reference", Mode.SUBJECT_REFERENCE),
        ("something_new", None),
    ],
)
def test_only_metrics(function_mode: str, mode: Mode | None) -> None:
    """If only the metrics are echoed, they give the mode, and nothing is made up."""
    task = read(record(20, metrics_extra=json.dumps({"functionMode": function_mode})))
    assert (task.mode, task.request) == (mode, None)


def test_the_input_before_the_metrics() -> None:
    """The page writes `omni_reference` even without pictures: the input decides (protocol 7.3)."""
    source = echoed(FirstLastFrame(prompt="海"))
    source["metrics_extra"] = json.dumps({"functionMode": "omni_reference"})
    assert read(source).mode is Mode.FIRST_LAST_FRAME


@each("draft", ["", "{", "[]", "null", "7", {}, [], 7, None])
def test_no_echo(draft: object) -> None:
    """A record without an echo has no request, and is still a task."""
    task = read(record(42, draft_content=draft))
    assert (task.mode, task.request) == (None, None)
