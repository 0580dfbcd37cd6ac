"""Any JSON from the site becomes a task or a `JimengError`."""

import copy
import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimeng_core import (
    AsyncJimeng,
    Completed,
    CompletedImages,
    Credits,
    FirstLastFrame,
    ImageRequest,
    InvalidTaskId,
    JimengError,
    Lookup,
    Pending,
    SubjectReference,
    Task,
    VideoRequest,
)
from jimeng_core.backends.base import LoadedFile
from jimeng_core.backends.web.backend import WebBackend
from jimeng_core.backends.web.records import read_record
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.ids import IdKind, canonical, kind_of
from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import read_picture
from tests.core.web.draft_tools import body_of
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite, png
from tests.core.web.record_tools import COVER, CREATED, TASK_ID, finished, item, origin
from tests.each import each

pytestmark = pytest.mark.untraced

NASTY: list[object] = [
    *(None, True, 0, -1, 10**400, 1e308, float("nan"), float("inf"), 253_402_300_799_000),
    *("", " ", "\ud800", "9" * 400, "nan", "\r\nX: 1", "密", "http://[", "[", "{}", [], {}, [None]),
]
"""Values that have broken some reader: each is put into every place once."""
text = st.text(max_size=12)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), text, st.integers().map(str)
)
any_json = st.recursive(
    st.one_of(scalars, st.sampled_from(NASTY)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(text, inner, max_size=3),
        inner.map(json.dumps),
    ),
    max_leaves=8,
)


def paths(value: object, so_far: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every place in a JSON value; of a list, in its first entry."""
    yield so_far
    if isinstance(value, dict):
        for name, part in value.items():
            yield from paths(part, (*so_far, name))
    elif isinstance(value, list):
        for part in value[:1]:
            yield from paths(part, (*so_far, 0))


def replaced(value: Any, path: tuple[str | int, ...], part: object) -> Any:
    """The value with another part in one place; the rest is shared with the value."""
    if not path:
        return part
    step, *rest = path
    whole = copy.copy(value)
    whole[step] = replaced(value[step], tuple(rest), part)
    return whole


def like(good: object) -> st.SearchStrategy[Any]:
    """A good value with up to two parts replaced."""

    def once(value: object) -> st.SearchStrategy[Any]:
        return st.builds(partial(replaced, value), st.sampled_from(list(paths(value))), any_json)

    return st.one_of(once(good), once(good).flatmap(once), any_json)


GOOD = finished(
    item({"origin": origin(), "720p": origin("https://v.example/b")}),
    draft_content=json.loads(body_of(FirstLastFrame(prompt="海"))["draft_content"]),
    metrics_extra={"functionMode": "multi_frame"},
    queue_info={
        "queue_idx": 1,
        "queue_length": 2,
        "polling_config": {"interval_seconds": 30, "timeout_seconds": 86400},
    },
    forecast_generate_cost=100,
    forecast_queue_cost=10,
    fail_code="2038",
    fail_starling_key="k",
)
IMAGES = finished(
    {"image": {"large_images": [{"image_url": f"{COVER}?x-expires=1790000000", "width": 1}]}},
    generate_type=12,
    draft_content=json.loads(
        body_of(ImageRequest(prompt="海", images=(b"",)), seed_chosen=True)["draft_content"]
    ),
)
IMAGES["item_list"] *= 2
STATUSES = (0, 10, 20, 30, 40, 42, 45, 50, 77, 100)


def is_task_or_error(outcome: Task | JimengError) -> bool:
    """Whether it is one, with its progress within bounds."""
    if isinstance(outcome, JimengError):
        return True
    return isinstance(outcome, Completed | CompletedImages) or 0 <= outcome.progress <= 99


def everywhere(good: object) -> Iterator[tuple[str, object]]:
    """A good value with each nasty one in each place: the place, and the value."""
    for path in paths(good):
        for nasty in NASTY:
            yield f"{nasty!r:.20} at {path}", replaced(good, path, nasty)


@each("good", [GOOD, IMAGES])
@each("status", [20, 30, 50, 77, 100])  # one of each kind
def test_nasty_values_in_every_place(status: int, good: dict[str, Any]) -> None:
    """A nasty value anywhere in a record gives a task or an error, and a row that can be sent."""
    for place, source in everywhere(good | {"status": status}):
        outcome = read_record(source, TASK_ID, CREATED + timedelta(hours=1))
        assert is_task_or_error(outcome), place
        if not isinstance(outcome, JimengError):
            row = Lookup(TASK_ID, outcome, None, CREATED).row()
            json.dumps(row, ensure_ascii=False, allow_nan=False).encode()


@settings(max_examples=100)
@given(
    source=st.tuples(st.sampled_from([GOOD, IMAGES]), st.sampled_from(STATUSES)).flatmap(
        lambda pair: like(pair[0] | {"status": pair[1]})
    ),
    days=st.integers(0, 2_000_000),
)
def test_any_record(source: object, days: int) -> None:
    """Any JSON as a record gives a task or an error, at any time."""
    assert is_task_or_error(read_record(source, TASK_ID, CREATED + timedelta(days=days)))


@given(st.one_of(st.from_regex(r"[0-9a-fA-F-]{36}|[0-9]+|cgt-.*"), st.text(max_size=150)))
def test_any_text_as_id(task_id: str) -> None:
    """Any text is an id of a known kind, or an InvalidTaskId."""
    try:
        kind = kind_of(task_id)
    except InvalidTaskId:
        return
    assert kind in IdKind
    assert canonical(canonical(task_id)) == canonical(task_id)


def answering(body: bytes, status: int = 200) -> AsyncJimeng:
    """A client of a site that responds to every request with this body."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    return AsyncJimeng("web", TOKEN, transport=transport, clock=FakeClock())


bodies = st.one_of(
    like({"ret": "0", "errmsg": "", "data": {TASK_ID: {"status": 20}}}).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"",
            b"<html>busy</html>",
            b'{"ret":"0","data":{',
            b"[" * 100_000,
            b"\xff\xfe{",
            b"9" * 9999,
        ]
    ),
)


@pytest.mark.anyio
@settings(max_examples=100)
@given(bodies, st.sampled_from([200, 200, 200, 204, 302, 403, 404, 429, 500, 502, 504]))
async def test_any_answer(body: bytes, status: int) -> None:
    """Any body as a response gives a task or an error in each call."""
    async with answering(body, status) as jimeng:
        with suppress(JimengError):
            assert is_task_or_error(await jimeng.get_video(TASK_ID))
        [found] = await jimeng.get_videos([TASK_ID])
        assert (found.task is None) != (found.error is None)
        with suppress(JimengError):
            assert isinstance(await jimeng.credits(), Credits)
        with suppress(JimengError):
            assert is_task_or_error(await jimeng.submit_video(FirstLastFrame(prompt="海")))


CLOCK = FakeClock()
STORED = ("tos-cn-i-tb4s082cfz/1-0", "tos-cn-i-tb4s082cfz/1-1")
UPLOAD_RESPONSES: dict[str, object] = {
    "get_token": json.loads(FakeSite(CLOCK).issue_token().content),
    "apply": json.loads(FakeSite(CLOCK).slots(2).content),
    "upload": {"code": 2000},
    "commit": {
        "Result": {
            "Results": [{"Uri": uri, "UriStatus": 2000} for uri in STORED],
            "PluginResult": [{"ImageUri": uri, "ImageWidth": 3} for uri in STORED],
        }
    },
    "apply_clip": json.loads(
        FakeSite(CLOCK).issue_clip_slot(httpx.Request("GET", "https://vod")).content
    ),
    "commit_clip": {
        "Result": {"Results": [{"Vid": "v1", "VideoMeta": {"Duration": 2.5, "Width": 640}}]}
    },
}


PICTURES = [read_picture(png(color), "image") for color in ("teal", "navy")]
CLIP = ClipFile(ReferenceKind.VIDEO, b"video", "mp4", 2.0, 640, 640, "its sha")


async def submit_with(step: str, answers: Iterable[object]) -> None:
    """Submit two pictures, or a video, for each of these responses to one step."""
    clock = FakeClock()
    site = FakeSite(clock)
    site.token_seconds = 0  # each submission gets another token
    request: VideoRequest = FirstLastFrame(prompt="海", first_frame=b"", last_frame=b"")
    files: list[LoadedFile] = [*PICTURES]
    if step.endswith("_clip"):
        request, files = SubjectReference(prompt="@视频1", videos=[b""]), [CLIP]
    backend = WebBackend(TOKEN, base_url=None, timeout=30, clock=clock, transport=site.transport)
    for answer in answers:
        text = json.dumps(answer)
        getattr(site, step).mock(return_value=httpx.Response(200, text=text))
        before = site.generate.call_count
        try:
            task = await backend.submit(request, lambda: nullcontext(files), TASK_ID)
        except JimengError:
            assert site.generate.call_count == before, text
        else:
            assert isinstance(task, Pending)
    await backend.aclose()


@pytest.mark.anyio
@each("step", sorted(UPLOAD_RESPONSES))
async def test_nasty_values_in_every_step_of_an_upload(step: str) -> None:
    """A nasty value anywhere in a response to an upload gives a task or an error."""
    await submit_with(step, [answer for _, answer in everywhere(UPLOAD_RESPONSES[step])])


@pytest.mark.anyio
@given(
    st.sampled_from(sorted(UPLOAD_RESPONSES)).flatmap(
        lambda step: st.tuples(st.just(step), like(UPLOAD_RESPONSES[step]))
    )
)
async def test_any_response_to_an_upload(response: tuple[str, object]) -> None:
    """Any JSON as the response to a step of an upload gives a task or an error."""
    step, answer = response
    await submit_with(step, [answer])
