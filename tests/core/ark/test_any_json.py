"""Any JSON from Ark becomes a task or a `JimengError`, and no create is sent twice."""

import json
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimeng_core import AsyncJimeng, FirstLastFrame, JimengError, Lookup
from jimeng_core.backends.ark.error_mapping import map_error
from jimeng_core.backends.ark.matching import SentCreate, match_create
from jimeng_core.backends.ark.records import read_record
from tests.core.ark.fake_ark import ID, KEY, START, record, succeeded
from tests.core.web.fake_site import FakeClock
from tests.core.web.test_any_json import any_json, everywhere, is_task_or_error, like
from tests.each import each

pytestmark = pytest.mark.untraced

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "expired", "upscaling")
GOOD = succeeded(error={"code": "InternalServiceError", "message": "No."})
SENT = SentCreate({"model": "x", "duration": 5, "execution_expires_after": 171_000}, "海", START)
REFUSAL = {"error": {"code": "QuotaExceeded", "message": "queue", "param": "", "type": ""}}


@each("status", STATUSES)
def test_nasty_values_in_every_place(status: str) -> None:
    """A nasty value anywhere in a record gives a task or an error, and a row that can be sent."""
    for place, source in everywhere(GOOD | {"status": status}):
        outcome = read_record(source, ID, START + timedelta(hours=1))
        assert is_task_or_error(outcome), place
        error = outcome if isinstance(outcome, JimengError) else None
        row = Lookup(ID, None if error else outcome, error, START).row()  # type: ignore[arg-type]
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode()


@settings(max_examples=200)
@given(
    source=st.sampled_from(STATUSES).flatmap(lambda status: like(GOOD | {"status": status})),
    days=st.integers(0, 2_000_000),
)
def test_any_record(source: object, days: int) -> None:
    """Any JSON as a record gives a task or an error, at any time."""
    assert is_task_or_error(read_record(source, ID, START + timedelta(days=days)))


@given(st.lists(like(record("queued", age=0)), max_size=3))
def test_any_list(items: list[object]) -> None:
    """From any records, one with an id that can be looked up is matched, or none."""
    found = match_create([item for item in items if isinstance(item, dict)], SENT, set(), [])
    assert found is None or str(found["id"]).startswith("cgt-")


@given(st.one_of(like(REFUSAL), any_json), st.integers(100, 599))
def test_any_refusal(body: object, status: int) -> None:
    """Any JSON as a refusal is an error with a short code."""
    error = map_error(status, body)
    assert error.upstream_code
    assert len(error.upstream_code) <= 100


answers = st.one_of(
    like({"id": ID, "total": 1, "items": [GOOD], "status": "queued"} | REFUSAL).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=40),
    st.sampled_from([b"", b"<html>busy</html>", b'{"id":', b"[" * 100_000, b"\xff\xfe{"]),
)
STATUS_CODES = [200, 200, 200, 204, 302, 400, 401, 403, 404, 408, 429, 500, 502, 504]


@pytest.mark.anyio
@settings(max_examples=100)
@given(answers, st.sampled_from(STATUS_CODES))
async def test_any_answer(body: bytes, status: int) -> None:
    """Any body as a response gives a task or an error in each call; a create is sent once."""
    posts: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(request)
        return httpx.Response(status, content=body)

    transport = httpx.MockTransport(reply)
    async with AsyncJimeng("ark", KEY, transport=transport, clock=FakeClock()) as jimeng:
        with suppress(JimengError):
            assert is_task_or_error(await jimeng.get_video(ID))
        for found in await jimeng.get_videos([ID, "cgt-20260901200000-bbbbb"]):
            assert (found.task is None) != (found.error is None)
        with suppress(JimengError):
            await jimeng.delete_video(ID)
        with suppress(JimengError):
            assert is_task_or_error(await jimeng.submit_video(FirstLastFrame(prompt="海")))
    assert len(posts) == 1
