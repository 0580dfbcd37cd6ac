"""Many submissions of one client at once: they wait for their turn, and none is unconfirmed."""

import re
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, TaskState
from jimeng_core.backends.http import OTHER_REQUESTS, SUBMISSIONS
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeSite

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
TIMEOUT = 5
REQUEST = FirstLastFrame(prompt="海")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run these tests on a loop whose time jumps."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class SlowSite(httpx.AsyncBaseTransport):
    """A site that takes a second for each request.

    Attributes:
        order: The numbers in the prompts of the submissions, as they arrived.
        most: The largest number of requests at once.
        signed: How old each request's signature was on arrival, in seconds.
    """

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._site = FakeSite(self._clock)
        self._running = 0
        self.order: list[int] = []
        self.most = 0
        self.signed: set[int] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer after a second."""
        now = int(self._clock.now().timestamp())
        self.signed.add(now - int(request.headers["Device-Time"]))
        if number := re.search(r"number (\d+)", request.content.decode()):
            self.order.append(int(number[1]))
        self._running += 1
        self.most = max(self.most, self._running)
        await anyio.sleep(1)
        self._running -= 1
        return await self._site.transport.handle_async_request(request)


async def test_all_are_accepted() -> None:
    """All submissions are accepted in the order they were made, however long they wait."""
    site, number = SlowSite(), 400

    async def submit(jimeng: AsyncJimeng, index: int) -> None:
        task = await jimeng.submit_video(FirstLastFrame(prompt=f"number {index}"))
        assert task.state is TaskState.PENDING

    async with (
        AsyncJimeng("web", TOKEN, transport=site, clock=VirtualClock(), timeout=TIMEOUT) as jimeng,
        anyio.create_task_group() as tasks,
    ):
        for index in range(number):
            tasks.start_soon(submit, jimeng, index)
    assert site.order == [*range(number)]
    assert site.most == SUBMISSIONS
    assert site.signed == {0}


async def test_look_ups_do_not_wait() -> None:
    """Look-ups are answered while hundreds of submissions wait."""
    site = SlowSite()
    async with (
        AsyncJimeng("web", TOKEN, transport=site, clock=VirtualClock(), timeout=TIMEOUT) as jimeng,
        anyio.create_task_group() as tasks,
    ):
        first = await jimeng.submit_video(REQUEST)
        for _ in range(300):
            tasks.start_soon(jimeng.submit_video, REQUEST)
        await anyio.sleep(0.5)
        start = anyio.current_time()
        assert (await jimeng.get_video(first.id)).state is TaskState.PENDING
        found = await jimeng.get_videos([jimeng.reserve() for _ in range(2500)])
        assert all(lookup.task for lookup in found)
        assert anyio.current_time() - start == pytest.approx(1 + 3)
    assert site.most == SUBMISSIONS + OTHER_REQUESTS
