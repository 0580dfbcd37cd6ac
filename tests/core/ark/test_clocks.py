"""A wrong clock of this machine: Ark's `Date` header decides how old a record is."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    ErrorCode,
    Expired,
    Failed,
    FirstLastFrame,
    NotFound,
    Pending,
    Processing,
)
from tests.core.ark.fake_ark import ID, KEY, START, FakeArk, ark_id, record, succeeded
from tests.core.web.fake_site import FakeClock, WrongClock

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


class DatedArk(httpx.AsyncBaseTransport):
    """A fake Ark whose responses have a `Date`."""

    def __init__(self, ark: FakeArk, clock: FakeClock) -> None:
        self._ark = ark
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._ark.handle(request)
        response.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
        return response


@pytest.fixture(params=[8 * HOUR, -8 * HOUR, 400 * 24 * HOUR, -9000 * 24 * HOUR], ids=str)
async def jimeng(
    ark: FakeArk, clock: FakeClock, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncJimeng]:
    """A client on a machine whose clock is wrong."""
    wrong = WrongClock(clock, request.param)
    async with AsyncJimeng("ark", KEY, transport=DatedArk(ark, clock), clock=wrong) as client:
        yield client


async def test_running_task(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task of a minute ago is running, with the progress of a minute."""
    ark.records[ID] = record(age=60, execution_expires_after=3600)
    found = await jimeng.get_video(ID)
    assert isinstance(found, Processing)
    assert found.progress == 40


async def test_overdue_task(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A task past its deadline by Ark's clock has failed, one of a list too."""
    ark.records[ID] = record(age=3601, execution_expires_after=3600)
    for lookup in await jimeng.get_videos([ID, ark_id(2)]):
        if lookup.id == ID:
            assert isinstance(lookup.task, Failed)
            assert lookup.task.failure.code is ErrorCode.GENERATION_TIMEOUT


async def test_video_without_a_url(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """The ten minutes for a URL and the day that Ark keeps videos are Ark's."""
    ark.records[ID] = succeeded(age=100, content=None)
    assert isinstance(await jimeng.get_video(ID), Processing)
    ark.records[ID] = succeeded(age=700, content=None)
    assert isinstance(await jimeng.get_video(ID), Failed)
    ark.records[ID] = succeeded(age=25 * 3600, content=None)
    with pytest.raises(Expired):
        await jimeng.get_video(ID)


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (1 / 60 * HOUR, None),
        (HOUR, NotFound),
        (6.9 * 24 * HOUR, NotFound),
        (7.1 * 24 * HOUR, Expired),
    ],
)
async def test_unknown_id(
    jimeng: AsyncJimeng, age: timedelta, outcome: type[Exception] | None
) -> None:
    """Ark made the id, so its age is by Ark's clock."""
    [found, _] = await jimeng.get_videos([ark_id(1, age), ark_id(2)])
    assert isinstance(found.task, Pending) if outcome is None else type(found.error) is outcome


async def test_lost_response(jimeng: AsyncJimeng, ark: FakeArk) -> None:
    """A create whose response was lost is found among the newest tasks, whatever our clock says."""
    ark.create.mock(side_effect=ark.accept_and_lose(httpx.ReadTimeout))
    task = await jimeng.submit_video(FirstLastFrame(prompt="a"))
    assert task.id in ark.records
    assert len(ark.bodies) == 1
    assert task.created_at == START


async def test_creation_time(jimeng: AsyncJimeng) -> None:
    """A new task was created when Ark says so."""
    assert (await jimeng.submit_video(FirstLastFrame(prompt="a"))).created_at == START
