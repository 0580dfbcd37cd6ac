"""Ids that are made before anything is sent under them."""

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    InvalidRequest,
    Pending,
    SubmitUnconfirmed,
    submissions,
)
from tests.core.web.fake_site import FakeClock, FakeSite, sent_json

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")


async def test_sent_at_once(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """The first submission under a reserved id is sent without a look-up."""
    task_id = jimeng.reserve()
    assert not site.requests
    task = await jimeng.submit_video(REQUEST, task_id=task_id)
    assert isinstance(task, Pending)
    assert task.id == task_id
    assert [request.url.path for request in site.requests] == ["/mweb/v1/aigc_draft/generate"]
    assert sent_json(site.generate.calls.last.request)["submit_id"] == task_id
    assert not clock.sleeps


async def test_at_once_only_the_first_time(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """The second submission under it looks first, as with any id, and makes no second task."""
    task_id = jimeng.reserve()
    await jimeng.submit_video(REQUEST, task_id=task_id)
    again = await jimeng.submit_video(REQUEST, task_id=task_id.upper())
    assert again.id == task_id
    assert site.generate.call_count == 1


async def test_refused_before_it_is_sent(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A request that is refused here was not sent: the id is still unused."""
    task_id = jimeng.reserve()
    with pytest.raises(InvalidRequest):
        await jimeng.submit_video(FirstLastFrame(prompt=""), task_id=task_id)
    await jimeng.submit_video(REQUEST, task_id=task_id)
    assert not site.look_up.called


async def test_lost_response_keeps_the_id(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """If the response is lost, the error has the reserved id."""
    site.generate.mock(return_value=httpx.Response(504))
    task_id = jimeng.reserve()
    with pytest.raises(SubmitUnconfirmed) as caught:
        await jimeng.submit_video(REQUEST, task_id=task_id)
    assert caught.value.task_id == task_id


async def test_bounded(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """Only the latest unused ids are remembered; older ones are looked up first."""
    oldest = jimeng.reserve()
    newest = [jimeng.reserve() for _ in range(submissions.MAX_RESERVED)][-1]
    await jimeng.submit_video(REQUEST, task_id=newest)
    assert not site.look_up.called
    await jimeng.submit_video(REQUEST, task_id=oldest)
    assert site.look_up.called
