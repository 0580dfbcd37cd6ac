"""The states of one task during network and record faults, in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    Completed,
    Failed,
    FirstLastFrame,
    JimengError,
    NotFound,
    RateLimited,
    Task,
    WaitTimeout,
)
from jimeng_core.backends.demo.faults.fault_plan import (
    FaultPlan,
    FaultRule,
    NetworkFault,
    RecordFault,
    Step,
)
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport
from tests.core.faults.cases import nothing_left_open
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeSite
from tests.core.web.record_tools import finished, item, origin
from tests.each import each

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")
QUEUED, RUNNING = 60, 400
"""Seconds after submission at which a task starts, and completes."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on a loop with virtual time."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@asynccontextmanager
async def client(*rules: FaultRule) -> AsyncIterator[AsyncJimeng]:
    """A client behind a plan, of a site whose tasks wait, run and end."""
    clock = VirtualClock()
    site = FakeSite(clock)

    def find(request: httpx.Request) -> httpx.Response:
        for task_id, known in site.records.items():
            assert isinstance(known, dict)
            created = known["created_time"]
            age = clock.now().timestamp() - created
            status = 20 if age < QUEUED else 42
            task = {"status": status, "finish_time": 0}
            new = {"status": status, "created_time": created, "item_list": [], "task": task}
            if age >= RUNNING:
                new = finished(item({"origin": origin()}), created_time=created)
                new["task"] = {"status": 50, "finish_time": int(created + RUNNING)}
            site.records[task_id] = new
        return site.find(request)

    site.look_up.mock(side_effect=find)
    transport = FaultyTransport(site.transport, FaultPlan(rules), clock)
    with nothing_left_open():
        async with AsyncJimeng("web", TOKEN, transport=transport, clock=clock) as jimeng:
            yield jimeng


async def seen(jimeng: AsyncJimeng, task_id: str, *moments: int) -> list[str]:
    """The state or the error code at some times, in seconds from now."""
    states, start = [], anyio.current_time()
    for moment in moments:
        await anyio.sleep(max(start + moment - anyio.current_time(), 0))
        try:
            states.append(str((await jimeng.get_video(task_id)).state))
        except JimengError as error:
            states.append(str(error.code))
    return states


@each(
    ("rules", "states"),
    [
        ((), "pending processing processing completed"),
        ((FaultRule(Step.LOOK_UP, RecordFault.ABSENT),), "pending processing processing completed"),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.ABSENT, 3),),
            "pending processing not_found completed",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.BACK_TO_QUEUE, 3),),
            "pending processing pending completed",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.UNKNOWN_STATUS, 1, None),),
            "processing processing processing processing",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.NO_URL, 1, None),),
            "pending processing processing processing",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.NO_ORIGIN, 1, None),),
            "pending processing processing completed",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.OTHER_TYPES, 1, None),),
            "pending processing processing completed",
        ),
        (
            (FaultRule(Step.LOOK_UP, RecordFault.FAILED_BY_KEY, 4),),
            "pending processing processing failed",
        ),
        (
            (FaultRule(Step.LOOK_UP, NetworkFault.HTTP_502, 2, 2),),
            "pending upstream_error upstream_error completed",
        ),
    ],
)
async def test_states(rules: tuple[FaultRule, ...], states: str) -> None:
    """At 10, 70, 300 and 401 s, a look-up returns the state of the record or its own error."""
    async with client(*rules) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        assert await seen(jimeng, task.id, 10, 70, 300, 401) == states.split()


async def test_finished_without_url_for_too_long() -> None:
    """A task that ended without a URL is `failed` after ten minutes, and not before."""
    async with client(FaultRule(Step.LOOK_UP, RecordFault.NO_URL, times=None)) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        moments = (RUNNING, RUNNING + 600, RUNNING + 601)
        assert await seen(jimeng, task.id, *moments) == ["processing", "processing", "failed"]


@each(
    "rule",
    [
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, times=3),
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, first=12, times=4),
        FaultRule(Step.LOOK_UP, RecordFault.BACK_TO_QUEUE, first=12, times=2),
        FaultRule(Step.LOOK_UP, RecordFault.OTHER_TYPES, times=None),
        *[
            FaultRule(Step.LOOK_UP, fault, first=4, times=9)
            for fault in NetworkFault
            if fault not in (NetworkFault.HUGE, NetworkFault.GZIP_BOMB)
        ],
    ],
)
async def test_a_wait_outlives_it(rule: FaultRule) -> None:
    """A wait ends with the video, whatever a few look-ups returned before.

    A record can vanish and come back: that was observed (protocol 9).
    """
    updates: list[Task] = []
    async with client(rule) as jimeng:
        done = await jimeng.generate_video(REQUEST, timeout=2000, on_update=updates.append)
    assert isinstance(done, Completed)
    assert not any(isinstance(task, Failed) for task in updates)
    assert {task.id for task in updates} == {done.id}


async def test_gone_for_good() -> None:
    """A record that never comes back ends a wait at its timeout; the error has the id."""
    async with client(FaultRule(Step.LOOK_UP, RecordFault.ABSENT, first=9, times=None)) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        with pytest.raises(WaitTimeout) as caught:
            await jimeng.wait_video(task.id, timeout=1000)
        assert caught.value.task_id == task.id


@each("age", [0, 500])
async def test_never_there(age: int) -> None:
    """A task whose record never appears ends a wait with `not_found`."""
    async with client(FaultRule(Step.LOOK_UP, RecordFault.ABSENT, times=None)) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        await anyio.sleep(age)
        with pytest.raises(NotFound):
            await jimeng.wait_video(task.id, timeout=1000)


async def test_retry_after() -> None:
    """The error of a 429 has the seconds of its `Retry-After`."""
    limited = FaultRule(Step.LOOK_UP, NetworkFault.RATE_LIMITED, times=None, retry_after=600)
    async with client(limited) as jimeng:
        task = await jimeng.submit_video(REQUEST)
        with pytest.raises(RateLimited) as caught:
            await jimeng.get_video(task.id)
        [found] = await jimeng.get_videos([task.id])
    assert (caught.value.retry_after, caught.value.task_id) == (600, task.id)
    assert isinstance(found.error, RateLimited)
    assert (found.error.retry_after, found.error.task_id) == (600, task.id)
