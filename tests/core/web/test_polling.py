from collections.abc import Awaitable, Callable

import anyio
import anyio.lowlevel
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    Failed,
    FirstLastFrame,
    JimengError,
    NotFound,
    RiskControl,
    Task,
    Unauthorized,
    WaitTimeout,
    new_task_id,
    polling,
)
from tests.core.web.fake_site import Answer, FakeClock, FakeSite, envelope, in_turn, sent_json
from tests.core.web.record_tools import Json, finished, item, origin

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")
DONE = finished(item({"origin": origin()}))


@pytest.fixture
def task_id(site: FakeSite, clock: FakeClock) -> str:
    """The id of a pending task."""
    made = new_task_id(clock.now())
    site.records[made] = {"status": 20}
    return made


def running(interval: object = None) -> Json:
    """A record of a running task, with the poll interval that the site names."""
    polling = {} if interval is None else {"polling_config": {"interval_seconds": interval}}
    return {"status": 42, "queue_info": polling}


def ends_after(site: FakeSite, task_id: str, *records: object) -> None:
    """Let the look-ups find these records in turn, and the last one from then on."""
    answers = [envelope({task_id: record}) for record in records]
    site.look_up.mock(side_effect=in_turn(*answers))


async def test_until_it_is_done(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, task_id: str
) -> None:
    """It polls after 2 s, then 1.5 times later each time, and returns the finished task."""
    ends_after(site, task_id, {"status": 20}, running(), running(), running(), DONE)
    task = await jimeng.wait_video(task_id, timeout=600)
    assert isinstance(task, Completed)
    assert clock.sleeps == [2, 3, 4.5, 6.75, 10.125]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (None, [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30]),
        (30, [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30]),
        (300, [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30]),
        (5, [2, 3, 4.5, 5, 5, 5, 5, 5, 5]),
        ("5", [2, 3, 4.5, 5, 5, 5, 5, 5, 5]),
        (1, [2, 2, 2, 2, 2, 2, 2, 2, 2]),
        (-7, [2, 2, 2, 2, 2, 2, 2, 2, 2]),
        (0, [2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30]),
    ],
)
async def test_pauses(
    jimeng: AsyncJimeng,
    site: FakeSite,
    clock: FakeClock,
    task_id: str,
    interval: object,
    expected: list[float],
) -> None:
    """Pauses grow up to the interval that the site names, from 2 s to 30 s."""
    ends_after(site, task_id, *[running(interval)] * 8, DONE)
    await jimeng.wait_video(task_id, timeout=600)
    assert clock.sleeps == expected


async def test_a_failed_task_ends_the_wait(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str
) -> None:
    """A failed task ends the wait, and is returned like a finished one."""
    ends_after(site, task_id, {"status": 30, "fail_code": "2038"})
    assert isinstance(await jimeng.wait_video(task_id, timeout=600), Failed)
    assert site.look_up.call_count == 1


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("c"),
        httpx.ReadTimeout("t"),
        httpx.Response(502),
        httpx.Response(200, text="<html>"),
        envelope(None, "1057"),
        envelope({}),
    ],
)
async def test_a_temporary_error(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, fault: Answer
) -> None:
    """A look-up that fails with a temporary error does not end the wait."""
    site.look_up.mock(side_effect=in_turn(fault, fault, envelope({task_id: DONE})))
    assert isinstance(await jimeng.wait_video(task_id, timeout=600), Completed)


@pytest.mark.parametrize(
    ("ret", "error"), [("1015", Unauthorized), ("1019", RiskControl), ("-4", RiskControl)]
)
async def test_a_permanent_error(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, ret: str, error: type[JimengError]
) -> None:
    """A dead session and risk control end the wait at once, with the id."""
    site.look_up.mock(side_effect=lambda _: envelope(None, ret))
    with pytest.raises(error) as caught:
        await jimeng.wait_video(task_id, timeout=600)
    assert caught.value.task_id == task_id
    assert site.look_up.call_count == 1


async def test_a_task_that_is_not_there(jimeng: AsyncJimeng) -> None:
    """There is no wait for an unknown id."""
    with pytest.raises(NotFound):
        await jimeng.wait_video("4713000000000", timeout=600)


@pytest.mark.parametrize("timeout", [0, -1, 1, 5, 60])
async def test_timeout(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, task_id: str, timeout: float
) -> None:
    """After the timeout, the error is a TimeoutError too and has the id; the task continues."""
    with pytest.raises(WaitTimeout) as caught:
        await jimeng.wait_video(task_id, timeout=timeout)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.task_id == task_id
    assert caught.value.retryable
    assert clock.passed == max(timeout, 0)
    assert {request.url.path for request in site.requests} <= {"/mweb/v1/get_history_by_ids"}


async def test_the_last_moment_counts(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, task_id: str
) -> None:
    """The last look-up is at the timeout, and a task that has ended by then is returned."""
    ends_after(site, task_id, running(), running(), DONE)
    assert isinstance(await jimeng.wait_video(task_id, timeout=6), Completed)
    assert clock.sleeps == [2, 3, 1]


def recording(seen: list[Task], *, asynchronous: bool) -> Callable[[Task], Awaitable[None] | None]:
    """An `on_update` of either kind that records its tasks."""

    async def later(task: Task) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(task)

    return later if asynchronous else seen.append


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_generate(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, *, asynchronous: bool
) -> None:
    """`generate_video` submits, reports every step, and returns the finished task."""
    steps = in_turn(*[httpx.Response(200, json=state) for state in (20, 42, 42, 50)])

    def reply(request: httpx.Request) -> httpx.Response:
        [task_id] = sent_json(request)["submit_ids"]
        answer = steps(request)
        assert isinstance(answer, httpx.Response)
        return envelope({task_id: DONE | {"status": answer.json()}})

    site.look_up.mock(side_effect=reply)
    seen: list[Task] = []
    on_update = recording(seen, asynchronous=asynchronous)
    task = await jimeng.generate_video(REQUEST, timeout=600, on_update=on_update)
    assert isinstance(task, Completed)
    states = [update.state.value for update in seen]
    assert states == ["pending", "pending", "processing", "processing", "completed"]
    assert {update.id for update in seen} == {task.id}
    assert clock.sleeps == [2, 3, 4.5, 6.75]
    assert site.generate.call_count == 1


async def test_generate_gives_up(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """After the timeout, the error has the id under which the task continues."""
    with pytest.raises(WaitTimeout) as caught:
        await jimeng.generate_video(REQUEST, timeout=20)
    assert [caught.value.task_id] == list(site.records)
    assert clock.passed == 20
    assert site.generate.call_count == 1


async def test_the_timeout_holds_for_both_parts(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """The timeout includes the time of the submission."""
    site.generate.mock(side_effect=site.accept_and_lose(httpx.Response(504)))
    looks = in_turn(*[httpx.Response(502)] * 4, httpx.Response(200))

    def reply(request: httpx.Request) -> httpx.Response:
        answer = looks(request)
        assert isinstance(answer, httpx.Response)
        return answer if answer.is_error else site.find(request)

    site.look_up.mock(side_effect=reply)
    with pytest.raises(WaitTimeout):
        await jimeng.generate_video(REQUEST, timeout=20)
    assert clock.passed == 20


async def test_look_up_that_hangs(
    jimeng: AsyncJimeng, site: FakeSite, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site without a response does not hold a wait longer than its timeout."""
    monkeypatch.setattr(polling, "LAST_LOOKUP_SECONDS", 0.01)

    async def hang(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    site.look_up.mock(side_effect=hang)
    with pytest.raises(WaitTimeout) as caught:
        await jimeng.wait_video(task_id, timeout=1)
    assert caught.value.task_id == task_id
