"""The poller: who is woken, and when."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import anyio
import pytest

from jimeng_app.batch.poller import MISSING_SECONDS, Poller
from jimeng_core import (
    AsyncJimeng,
    Clock,
    Expired,
    InvalidTaskId,
    JimengError,
    Lookup,
    NetworkError,
    NotFound,
    Unauthorized,
    new_task_id,
)
from jimeng_core.tasks import Completed, Processing, Task, Video
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite
from tests.core.web.record_tools import finished, item, origin

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 9, 1, tzinfo=UTC)


class QuickClock(Clock):
    """A clock that advances in sleeps only."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


class Script:
    """A poller whose look-ups are scripted: an answer a round, the last one for good."""

    def __init__(self, *answers: Task | JimengError) -> None:
        self.clock = QuickClock()
        self.answers = list(answers)
        self.refused: list[Unauthorized] = []
        self.rounds: list[int] = []
        self.broken = False
        self.poller = Poller(self._look_up, self.clock, self._unauthorized)

    async def _look_up(self, ids: Sequence[str]) -> list[Lookup]:
        self.rounds.append(len(ids))
        if self.broken:
            self.broken = False
            raise KeyError
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, JimengError):
            return [Lookup(each, None, answer, NOW) for each in ids]
        return [Lookup(each, answer, None, NOW) for each in ids]

    async def _unauthorized(self, error: Unauthorized) -> None:
        self.refused.append(error)


def running() -> Processing:
    """A running task."""
    return Processing(id="t", mode=None, created_at=NOW, progress=10)


def completed() -> Completed:
    """A completed task."""
    video = Video("https://example.com/v.mp4")
    return Completed(id="t", mode=None, created_at=NOW, completed_at=NOW, video=video)


async def test_all_wait_in_one_round() -> None:
    """Who waits for the same or for other tasks is woken by one round of look-ups."""
    script = Script(running(), completed())
    ids = [new_task_id() for _ in range(3)]
    results: list[Lookup] = []
    async with anyio.create_task_group() as tasks:
        for task_id in [*ids, ids[0]]:
            tasks.start_soon(append, results, script.poller, task_id)
    assert script.rounds == [3, 3]
    assert all(lookup.ended for lookup in results)
    assert len(results) == 4


async def append(results: list[Lookup], poller: Poller, task_id: str) -> None:
    """Wait for a task."""
    results.append(await poller.wait(task_id))


async def test_a_thousand_tasks_at_the_site() -> None:
    """A round asks for 1,000 running tasks in 10 requests, at the site's own interval."""
    clock = FakeClock()
    site = FakeSite(clock)
    ids = [new_task_id(NOW) for _ in range(1000)]
    going_on = {"status": 42, "queue_info": {"polling_config": {"interval_seconds": 5}}}
    site.records = dict.fromkeys(ids, going_on)
    results: list[Lookup] = []
    async with AsyncJimeng("web", TOKEN, transport=site.transport, clock=clock) as client:

        async def look_up(wanted: Sequence[str]) -> list[Lookup]:
            if len(clock.sleeps) == 6:
                site.records = dict.fromkeys(ids[:-1], finished(item({"origin": origin()})))
                site.records[ids[-1]] = {"status": 30, "fail_code": "2038"}
            return await client.get_many(wanted)

        poller = Poller(look_up, clock, Script(running())._unauthorized)
        async with anyio.create_task_group() as tasks:
            for task_id in ids:
                tasks.start_soon(append, results, poller, task_id)
        await poller.aclose()
    assert all(lookup.ended for lookup in results)
    assert len(results) == 1000
    assert clock.sleeps == [2, 3, 4.5, 5, 5, 5]
    assert [len(each) for each in site.looked_up()] == [100] * 60


async def test_a_missing_task_is_waited_for() -> None:
    """A task that the upstream does not know is looked up for ten minutes; a network is no end."""
    script = Script(NotFound(), NetworkError(), NotFound())
    lookup = await script.poller.wait(new_task_id())
    assert isinstance(lookup.error, NotFound)
    assert script.clock.seconds > MISSING_SECONDS


async def test_an_expired_record_is_the_end() -> None:
    """A record that was deleted will not come back."""
    lookup = await Script(Expired()).poller.wait(new_task_id())
    assert isinstance(lookup.error, Expired)


async def test_an_expired_session_is_told() -> None:
    """An expired session stops nobody's wait; the account is told, and asked less often."""
    script = Script(Unauthorized(), completed())
    lookup = await script.poller.wait(new_task_id())
    assert lookup.ended
    assert len(script.refused) == 1
    assert script.clock.seconds >= 30


async def test_an_unexpected_error() -> None:
    """Whoever waits gets such an error of a round; the next wait begins again."""
    script = Script(completed())
    script.broken = True
    with pytest.raises(KeyError):
        await script.poller.wait(new_task_id())
    assert (await script.poller.wait(new_task_id())).ended


async def test_an_id_that_cannot_be_looked_up() -> None:
    """An id of no known shape is waited for no longer than one round."""
    lookup = await Script(InvalidTaskId()).poller.wait("x")
    assert isinstance(lookup.error, InvalidTaskId)


async def test_closing_ends_the_waits() -> None:
    """Who waits while the poller is closed is cancelled."""
    script = Script(running())
    waiting = asyncio.create_task(script.poller.wait(new_task_id()))
    while not script.rounds:
        await anyio.lowlevel.checkpoint()
    await script.poller.aclose()
    with pytest.raises(asyncio.CancelledError), anyio.fail_after(1):
        await waiting
