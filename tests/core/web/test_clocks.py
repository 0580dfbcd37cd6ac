"""A wrong clock of this machine: the site's own time counts, for records and requests."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    ErrorCode,
    Expired,
    Failed,
    FirstLastFrame,
    JimengError,
    NotFound,
    Pending,
    Processing,
    new_task_id,
)
from jimeng_core.backends.web.signing import sign
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite, WrongClock, in_turn, png
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
ERRORS = [8 * HOUR, -8 * HOUR, timedelta(days=400), timedelta(days=-9000), timedelta(minutes=7)]
SHORT = {"queue_info": {"polling_config": {"timeout_seconds": 3600}}}
"""A deadline of an hour."""


@pytest.fixture(params=ERRORS, ids=str)
def wrong(request: pytest.FixtureRequest, clock: FakeClock) -> WrongClock:
    """This machine's clock; the site's is right."""
    return WrongClock(clock, request.param)


@pytest.fixture
async def jimeng(site: FakeSite, wrong: WrongClock) -> AsyncIterator[AsyncJimeng]:
    """A client on this machine."""
    async with AsyncJimeng("web", TOKEN, transport=site.transport, clock=wrong) as client:
        yield client


def without_systime(site: FakeSite, date: str | None) -> None:
    """Let the responses to look-ups not say the time, except by a header."""
    headers = {"Date": date} if date is not None else {}

    def reply(request: httpx.Request) -> httpx.Response:
        body = site.find(request).json() | {"systime": "0"}
        return httpx.Response(200, json=body, headers=headers)

    site.look_up.mock(side_effect=reply)


@pytest.mark.parametrize("status", [0, 20, 42, 45, 77])
async def test_running_task(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, status: int
) -> None:
    """A task of just now is running, with the progress and the rest that it has by the site."""
    task = await jimeng.submit_video(FirstLastFrame(prompt="a"))
    clock.passed += 60
    forecast = {"forecast_generate_cost": 100}
    site.records[task.id] = {
        "status": status,
        "created_time": clock.now().timestamp() - 60,
        **SHORT,
        **forecast,
    }
    found = await jimeng.get_video(task.id)
    assert isinstance(found, Pending | Processing)
    assert found.eta_seconds == 40
    if isinstance(found, Processing):
        assert found.progress == 48


async def test_overdue_task(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """A task that is past its deadline by the site's clock has failed."""
    task_id = new_task_id(clock.now() - HOUR)
    created = clock.now().timestamp() - 3601
    site.records[task_id] = {"status": 42, "created_time": created, **SHORT}
    found = await jimeng.get_video(task_id)
    assert isinstance(found, Failed)
    assert found.failure.code is ErrorCode.GENERATION_TIMEOUT


@pytest.mark.parametrize(("age", "state"), [(599, Processing), (601, Failed)])
async def test_finished_without_url(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, age: int, state: type[object]
) -> None:
    """The ten minutes for a URL are the site's."""
    task_id = new_task_id(clock.now() - HOUR)
    done = clock.now().timestamp() - age
    site.records[task_id] = {
        "status": 50,
        "generate_type": 10,
        "task": {"finish_time": done},
        "created_time": done - 60,
    }
    assert isinstance(await jimeng.get_video(task_id), state)


async def test_completed(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A video is a video at any time."""
    task_id = new_task_id()
    site.records[task_id] = finished(item({"origin": origin()}))
    assert isinstance(await jimeng.get_video(task_id), Completed)


async def test_unknown_id_of_this_machine(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """An id that was made here a moment ago is pending, and after two minutes not found."""
    task = await jimeng.submit_video(FirstLastFrame(prompt="a"))
    site.records.clear()
    clock.passed += 100
    assert isinstance(await jimeng.get_video(task.id), Pending)
    clock.passed += 30
    if abs(jimeng._clock.now() - clock.now()) < timedelta(days=60):
        with pytest.raises(NotFound):
            await jimeng.get_video(task.id)
    [found] = await jimeng.get_videos([task.id])
    assert found.error


@pytest.mark.parametrize(
    ("age", "outcome"),
    [(60, None), (180, NotFound), (59 * 86400, NotFound), (61 * 86400, Expired)],
)
async def test_unknown_id_of_another_machine(
    jimeng: AsyncJimeng, clock: FakeClock, age: int, outcome: type[Exception] | None
) -> None:
    """The age of an id that was made by a right clock is the site's time minus it."""
    [found] = await jimeng.get_videos([new_task_id(clock.now() - timedelta(seconds=age))])
    if outcome is None:
        assert isinstance(found.task, Pending)
    else:
        assert type(found.error) is outcome


async def test_signatures(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, wrong: WrongClock
) -> None:
    """Requests are dated and signed by the site's time as soon as a response has named it."""
    await jimeng.credits()
    clock.passed += 60
    task = await jimeng.submit_video(FirstLastFrame(prompt="a", first_frame=png()))
    await jimeng.get_video(task.id)
    first, *others = (one for one in site.requests if "device-time" in one.headers)
    assert first.headers["device-time"] == str(int((wrong.now() - HOUR / 60).timestamp()))
    seconds = int(clock.now().timestamp())
    assert [one.headers["device-time"] for one in others] == [str(seconds)] * 3
    assert [one.headers["sign"] for one in others] == [
        sign(one.url.path, "8.4.0", seconds) for one in others
    ]


@pytest.mark.parametrize("status", [403, 429, 502])
async def test_a_refusal_tells_the_time(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, status: int
) -> None:
    """The header `Date` of a gateway's refusal counts for the next request."""
    date = format_datetime(clock.now(), usegmt=True)
    refusal = httpx.Response(status, headers={"Date": date})
    site.look_up.mock(side_effect=in_turn(refusal, site.find))
    for _ in range(2):
        with suppress(JimengError):
            await jimeng.get_video(new_task_id(clock.now()))
    assert site.requests[-1].headers["device-time"] == str(int(clock.now().timestamp()))


async def test_creation_time(jimeng: AsyncJimeng, clock: FakeClock) -> None:
    """A new task was created when the site says so."""
    task = await jimeng.submit_video(FirstLastFrame(prompt="a"))
    assert task.created_at == clock.now()


async def test_date_header(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Without the time in the body, that of the header `Date` counts."""
    task_id = new_task_id(clock.now())
    site.records[task_id] = {"status": 42, "created_time": clock.now().timestamp() - 60, **SHORT}
    without_systime(site, "Tue, 01 Sep 2026 12:00:00 GMT")
    assert isinstance(await jimeng.get_video(task_id), Processing)
    site.records[task_id] = {"status": 42, "created_time": clock.now().timestamp() - 3601, **SHORT}
    assert isinstance(await jimeng.get_video(task_id), Failed)


@pytest.mark.parametrize("date", [None, "yesterday", ""])
async def test_no_time_at_all(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, wrong: WrongClock, date: str | None
) -> None:
    """Where the site names no time, a task is no older than its id is by the clock that made it."""
    task_id = new_task_id(wrong.now())
    site.records[task_id] = {"status": 42, "created_time": clock.now().timestamp(), **SHORT}
    without_systime(site, date)
    clock.passed += 600
    assert isinstance(await jimeng.get_video(task_id), Processing)
    clock.passed += 3600
    found = await jimeng.get_video(task_id)
    assert isinstance(found, Failed) or wrong.error < timedelta(0)


async def test_record_without_a_time(
    jimeng: AsyncJimeng, site: FakeSite, wrong: WrongClock
) -> None:
    """The time in an id, which any clock can have made, is no ground for a failure."""
    task_id = new_task_id(wrong.now() - timedelta(days=3))
    site.records[task_id] = {"status": 42}
    assert isinstance(await jimeng.get_video(task_id), Processing)
