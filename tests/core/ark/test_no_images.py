"""Ark makes videos only (Ark protocol A2): images are refused here before any request."""

from contextlib import nullcontext

import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, ImageRequest, InvalidRequest
from jimeng_core.backends.ark.backend import ArkBackend
from tests.core.ark.fake_ark import KEY, FakeArk, ark_id
from tests.core.web.fake_site import FakeClock, png

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "request_",
    [
        ImageRequest(prompt="海"),
        ImageRequest(prompt="海", images=(png(),), model="doubao-seedream-4-0-250828"),
    ],
)
async def test_refused(jimeng: AsyncJimeng, ark: FakeArk, request_: ImageRequest) -> None:
    """Every call says which backends have images; nothing is sent."""
    [found] = await jimeng.check(request_)
    calls = (
        jimeng.submit_image(request_),
        jimeng.submit_image(request_, task_id=ark_id(1)),
        jimeng.generate_image(request_, timeout=60),
    )
    for call in calls:
        with pytest.raises(InvalidRequest) as caught:
            await call
        assert caught.value.problems == (found,)
        for sentence in (caught.value.message, caught.value.message_zh):
            assert "ark" in sentence
            assert "demo" in sentence
            assert "web" in sentence
    assert (found.field, str(found.code)) == ("mode", "invalid_request")
    assert ark.requests == []


async def test_refused_by_the_backend_itself(ark: FakeArk, clock: FakeClock) -> None:
    """A request that was not checked is refused as well, and nothing is sent."""
    backend = ArkBackend(KEY, base_url=None, timeout=30, clock=clock, transport=ark.transport)
    with pytest.raises(InvalidRequest):
        await backend.submit(ImageRequest(prompt="海"), lambda: nullcontext(()), "id")
    await backend.aclose()
    assert ark.requests == []


async def test_no_upload_is_reported(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """Pictures are inside Ark's request, so `on_upload` is never called."""
    calls: list[tuple[int, int]] = []
    request = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))
    await jimeng.submit_video(request, on_upload=lambda *counts: calls.append(counts))
    assert calls == []
    assert len(ark.requests) == 1
