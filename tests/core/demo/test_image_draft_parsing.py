import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core.backends.demo.draft_parsing import parse_draft
from jimeng_core.backends.demo.parsed_draft import DraftRefused, ParsedDraft, ParsedShot
from jimeng_core.backends.web.draft import build_submission
from jimeng_core.backends.web.draft_base import DraftContext
from jimeng_core.backends.web.wire import IMAGE_SIZES
from jimeng_core.ids import new_task_id
from jimeng_core.requests import ImageRequest
from tests.core.demo import site_client
from tests.core.demo.site_client import PICTURES, URIS, Json, body_of, refusal
from tests.each import each

SEA = ImageRequest(prompt="#海", ratio="3:2", resolution="4k", seed=7, count=3)
CATS = ImageRequest(prompt="##像@图片1", images=["a", "b"], seed=7)
CORE = ("generate", "core_param")
BLEND = ("blend",)
changed = partial(site_client.changed, inside=())
"""A submission with one value of its abilities changed."""


def body(request: ImageRequest) -> Json:
    """The submission of a request."""
    return body_of(request, *PICTURES[: len(request.images)])


def test_text() -> None:
    """A draft of text has the number and the size of its images."""
    draft = parse_draft(body(SEA), URIS)
    assert draft == ParsedDraft("image", "#海", (), 0, 0, "4k", "3:2", 7, count=3)
    assert draft.size == (4992, 3328)


def test_pictures() -> None:
    """A draft with pictures is parsed with them; its prompt loses their marks."""
    draft = parse_draft(body(CATS), URIS)
    shots = tuple(ParsedShot(uri) for uri in URIS[:2])
    assert draft == ParsedDraft("image", "##像@图片1", shots, 0, 0, "2k", "1:1", 7, count=4)


@each("resolution", ["2k", "4k"])
@each("ratio", IMAGE_SIZES["2k"])
def test_sizes(resolution: str, ratio: str) -> None:
    """Every size that the web backend sends is parsed."""
    draft = parse_draft(body(ImageRequest(prompt="海", ratio=ratio, resolution=resolution)), URIS)
    assert (draft.resolution, draft.ratio) == (resolution, ratio)
    assert draft.size == IMAGE_SIZES[resolution][ratio]


def test_no_seed() -> None:
    """Without a seed, the seed is derived from the task id."""
    free = CATS.model_copy(update={"seed": None})

    def seed_of(task_id: str) -> int:
        draft = DraftContext(
            task_id, PICTURES[:2], 7, seed_chosen=False, created_ms=0, new_id=new_task_id
        )
        return parse_draft(build_submission(free, draft), URIS).seed

    one, other = new_task_id(), new_task_id()
    assert seed_of(one) == seed_of(one) != seed_of(other)
    assert 0 <= seed_of(one) < 2**32


@each(
    ("request_", "path", "value"),
    [
        (SEA, (*CORE, "model"), "nonsense"),
        (SEA, (*CORE, "model"), "image-4.0"),  # our name, not the site's
        (SEA, (*CORE, "model"), "dreamina_seedance_40_pro_vision"),  # makes videos, in 4k
        (SEA, (*CORE, "model"), "high_aes_general_v30l:general_v3.0_18b"),  # has no 4k
        (SEA, (*CORE, "model"), ...),
        (SEA, (*CORE, "image_ratio"), 1),
        (SEA, (*CORE, "image_ratio"), 0),
        (SEA, (*CORE, "image_ratio"), 107),
        (SEA, (*CORE, "image_ratio"), ...),
        (SEA, (*CORE, "large_image_info"), ...),
        (SEA, (*CORE, "large_image_info", "width"), 4991),
        (SEA, (*CORE, "large_image_info", "height"), 0),
        (SEA, (*CORE, "large_image_info", "resolution_type"), "2k"),
        (SEA, (*CORE, "large_image_info", "resolution_type"), "8k"),
        (SEA, (*CORE, "large_image_info", "resolution_type"), ...),
        (SEA, ("gen_option", "gen_count"), 9),
        (SEA, ("gen_option", "gen_count"), -1),
        (CATS, (*BLEND, "core_param", "prompt"), "海"),
        (CATS, (*BLEND, "core_param", "prompt"), "###海"),
        (CATS, (*BLEND, "core_param", "prompt"), ...),
        (CATS, (*BLEND, "ability_list"), []),
        (CATS, (*BLEND, "ability_list"), ...),
        (CATS, (*BLEND, "ability_list", 1, "name"), "style"),
        (CATS, (*BLEND, "ability_list", 1, "image_uri_list"), []),
        (CATS, (*BLEND, "ability_list", 1, "image_uri_list", 0), URIS[0]),
        (CATS, (*BLEND, "ability_list", 1, "image_list"), []),
        (CATS, (*BLEND, "ability_list", 1, "image_list", 0, "uri"), URIS[0]),
        (CATS, (*BLEND, "prompt_placeholder_info_list"), []),
        (CATS, (*BLEND, "prompt_placeholder_info_list"), ...),
        (CATS, (*BLEND, "prompt_placeholder_info_list", 1, "ability_index"), 0),
    ],
)
def test_broken_limits(request_: ImageRequest, path: tuple[str | int, ...], value: object) -> None:
    """A draft that contradicts itself, or is beyond a limit, is refused (protocol 8)."""
    assert refusal(changed(body(request_), *path, to=value)) == "1000"


@each("path", [("generate",), CORE])
@each("value", [..., {}, None, "words"])
def test_no_ability(path: tuple[str, ...], value: object) -> None:
    """A draft without an ability is unreadable."""
    assert refusal(changed(body(SEA), *path, to=value)) == "1002"


@each("value", [..., 0, None])
def test_count_left_out(value: object) -> None:
    """Without a number there are four images (protocol 8)."""
    assert parse_draft(changed(body(SEA), "gen_option", "gen_count", to=value), URIS).count == 4


def test_number_of_pictures() -> None:
    """Nine pictures are accepted, ten are not."""
    for number in (9, 10):
        source = body(ImageRequest(prompt="海", images=["a"] * number))
        if number == 9:
            assert len(parse_draft(source, URIS).shots) == 9
        else:
            assert refusal(source) == "1000"


def test_unknown_picture() -> None:
    """A picture that was not uploaded is refused."""
    with pytest.raises(DraftRefused, match="unknown uri"):
        parse_draft(body(CATS), URIS[:1])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths to every value inside a JSON value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [each for step, part in inner for each in [(*path, step), *places(part, (*path, step))]]


def draft_or_ret(source: Json) -> ParsedDraft | str:
    """The parsed draft, or the code of its refusal."""
    try:
        return parse_draft(source, URIS)
    except DraftRefused as refused:
        return refused.ret


@given(st.data(), st.sampled_from([SEA, CATS]))
def test_any_change(data: st.DataObject, request_: ImageRequest) -> None:
    """A draft with any value anywhere is parsed into valid values, or refused."""
    source = body(request_)
    abilities = json.loads(source["draft_content"])["component_list"][0]["abilities"]
    path = data.draw(st.sampled_from(places(abilities)))
    draft = draft_or_ret(changed(source, *path, to=data.draw(ANYTHING)))
    if isinstance(draft, str):
        assert draft in {"1000", "1002"}
        return
    assert 1 <= draft.count <= 8
    assert 0 <= draft.seed < 2**32
    assert draft.size in IMAGE_SIZES[draft.resolution].values()
    assert {shot.uri for shot in draft.shots} <= set(URIS)
