from hypothesis import given, settings
from hypothesis import strategies as st

from jimeng_core import (
    FirstLastFrame,
    Frame,
    ImageRequest,
    InvalidRequest,
    Mode,
    MultiFrame,
    Problem,
    RequestEcho,
    SubjectReference,
)
from jimeng_core.backends.web.echo import read_echo
from jimeng_core.catalog import catalog
from jimeng_core.marks import normalized
from jimeng_core.requests import AnyRequest
from jimeng_core.validation import problems
from tests.core.web.draft_tools import TASK_ID, body_of

words = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "@图片1 跑", "@图片0", "@image99999999 x", "长" * 5000]),
    st.lists(
        st.sampled_from(["@图片1", "＠video１", "@音频2", "@视频 2", "海", " ", "a@audio1.fm"])
    ).map("".join),
)
names = [model.name for model in catalog().models]
keys = [offer.key for model in catalog().models for offer in model.offers.values()]
numbers = st.one_of(st.integers(-2, 40), st.integers())
pictures = st.one_of(st.binary(max_size=4), st.just("https://a.example/b.png"), st.text(max_size=5))
shared = {
    "model": st.one_of(st.sampled_from(names + keys), st.text(max_size=10)),
    "resolution": st.sampled_from(["480p", "720p", "1080p", "4k", "", "8k"]),
    "ratio": st.sampled_from([*catalog().ratios, "", "5:4"]),
    "fps": numbers,
    "seed": st.one_of(st.none(), numbers),
    "audio": st.booleans(),
}
frames = st.builds(Frame, image=pictures, prompt=words, duration=numbers)
requests = st.one_of(
    st.builds(
        FirstLastFrame,
        prompt=words,
        first_frame=st.none() | pictures,
        last_frame=st.none() | pictures,
        duration=numbers,
        **shared,
    ),
    st.builds(MultiFrame, frames=st.lists(frames, max_size=12).map(tuple), **shared),
    st.builds(
        SubjectReference,
        prompt=words,
        images=st.lists(pictures, max_size=11).map(tuple),
        videos=st.lists(pictures, max_size=4).map(tuple),
        audios=st.lists(pictures, max_size=4).map(tuple),
        duration=numbers,
        **shared,
    ),
)
references = st.builds(
    SubjectReference,
    prompt=words,
    images=st.lists(pictures, max_size=3).map(tuple),
    videos=st.lists(pictures, max_size=3).map(tuple),
    audios=st.lists(pictures, max_size=3).map(tuple),
)

images = st.builds(
    ImageRequest,
    prompt=words | st.text("#海 ", max_size=9),
    images=st.lists(pictures, max_size=11).map(tuple),
    count=numbers,
    model=st.one_of(st.just("image-4.0"), st.sampled_from(names + keys), st.text(max_size=10)),
    resolution=st.sampled_from(["2k", "4k", "720p", "", "8k"]),
    ratio=st.sampled_from([*catalog().image_ratios, "", "5:4"]),
    seed=st.one_of(st.none(), numbers),
)


@settings(max_examples=300)
@given(requests | images, st.sampled_from(["web", "demo", "ark"]))
def test_any_request_can_be_checked(request: AnyRequest, backend: str) -> None:
    """The check reports problems in both languages, and never raises."""
    for problem in problems(request, backend):
        assert isinstance(problem, Problem)
        assert problem.field
        assert problem.message
        assert problem.message_zh


@settings(max_examples=200)
@given(requests | images)
def test_valid_requests_can_be_encoded(request: AnyRequest) -> None:
    """Every valid request has a body that JSON and UTF-8 can carry."""
    if not problems(request, "web"):
        assert str(body_of(request)).encode()


@settings(max_examples=200)
@given(images)
def test_image_requests_come_back(request: ImageRequest) -> None:
    """Any valid image request is read back from its record with its own prompt."""
    if not problems(request, "web"):
        seed = 7 if request.seed is None else request.seed
        body = body_of(request, seed=seed, seed_chosen=request.seed is not None)
        mode, echo = read_echo({"draft_content": body["draft_content"]})
        assert mode is Mode.IMAGE
        assert echo == RequestEcho(
            prompt=request.prompt,
            model=catalog().public_name(body["extend"]["root_model"]),
            resolution=request.resolution,
            ratio=request.ratio,
            seed=request.seed if request.images else seed,
        )


@settings(max_examples=200)
@given(references)
def test_references_come_back(request: SubjectReference) -> None:
    """Any valid reference is read back from its record with its own prompt, marks of all kinds."""
    if not problems(request, "web"):
        body = body_of(request)
        mode, echo = read_echo({"draft_content": body["draft_content"], "submit_id": TASK_ID})
        assert mode is Mode.SUBJECT_REFERENCE
        assert echo
        assert echo.prompt == normalized(request.prompt)


def test_half_a_character_is_refused() -> None:
    """Text that UTF-8 cannot carry is refused by our own error when the request is made."""
    for field in ("prompt", "model", "ratio"):
        try:
            FirstLastFrame(**{"prompt": "海", field: "\ud800"})
        except InvalidRequest as error:
            assert field in error.message  # noqa: PT017 - the two lines below must not run
        else:
            raise AssertionError(field)
