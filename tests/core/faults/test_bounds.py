"""How long a call takes while others hang, in virtual time."""

from datetime import timedelta
from functools import partial
from typing import Any, cast

import anyio
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, JimengError, NetworkError, new_task_id
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, FaultRule, NetworkFault, Step
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport
from jimeng_core.backends.web.uploads.token import UploadTokens
from jimeng_core.backends.web.wire import UploadScene
from jimeng_core.concurrency import gather
from tests.core.faults.cases import nothing_left_open
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeSite

pytestmark = pytest.mark.anyio
TIMEOUT = 30
HANGING = FaultRule(Step.LOOK_UP, NetworkFault.HANG, times=None)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on a loop with virtual time."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


def client(*rules: FaultRule) -> AsyncJimeng:
    """A client of a site that hangs."""
    clock = VirtualClock()
    transport = FaultyTransport(FakeSite(clock).transport, FaultPlan(rules), clock)
    return AsyncJimeng("web", TOKEN, timeout=TIMEOUT, transport=transport, clock=clock)


def old_ids(number: int) -> list[str]:
    """Ids that were minted an hour ago."""
    return [new_task_id(VirtualClock().now() - timedelta(hours=1)) for _ in range(number)]


async def seconds_of(jimeng: AsyncJimeng, task_id: str) -> float:
    """How long one look-up takes to fail."""
    start = anyio.current_time()
    with pytest.raises(NetworkError) as caught:
        await jimeng.get_video(task_id)
    assert caught.value.task_id == task_id
    return anyio.current_time() - start


async def test_one_look_up_behind_many() -> None:
    """However many look-ups of one client hang, each ends within the timeout."""
    with nothing_left_open():
        async with client(HANGING) as jimeng:
            took = await gather([partial(seconds_of, jimeng, one) for one in old_ids(100)])
            assert max(took) <= TIMEOUT + 0.001


async def test_one_look_up_behind_a_batch() -> None:
    """A batch that hangs does not delay another look-up beyond its timeout."""
    with nothing_left_open():
        async with client(HANGING) as jimeng, anyio.create_task_group() as tasks:
            tasks.start_soon(jimeng.get_videos, old_ids(5000))
            await anyio.sleep(1)
            assert await seconds_of(jimeng, old_ids(1)[0]) <= TIMEOUT + 0.001


async def test_submissions_behind_a_batch() -> None:
    """A lost submission is confirmed or given up in time while a batch hangs."""
    lost = FaultRule(Step.GENERATE, NetworkFault.RESET, times=None)
    with nothing_left_open():
        async with client(lost, HANGING) as jimeng, anyio.create_task_group() as tasks:
            tasks.start_soon(jimeng.get_videos, old_ids(5000))
            await anyio.sleep(1)
            start = anyio.current_time()
            with pytest.raises(JimengError):
                await jimeng.submit_video(FirstLastFrame(prompt="海"))
            assert anyio.current_time() - start <= 5 * TIMEOUT + 15 + 0.001


class HangingSite:
    """A site that answers the fourth request for an upload token."""

    def __init__(self) -> None:
        self.requests = 0

    async def post(self, path: str, body: object) -> dict[str, object]:
        """Answer, or time out."""
        self.requests += 1
        if self.requests <= 3:
            await anyio.sleep(TIMEOUT)
            raise NetworkError(upstream_code="ReadTimeout")
        return {"data": FakeSite(VirtualClock()).token}


async def test_side_by_side_without_a_token() -> None:
    """Callers that wait for one upload token fail together; the next call requests another."""
    site = HangingSite()
    tokens = UploadTokens(cast("Any", site), VirtualClock(), UploadScene.PICTURES)
    errors: list[NetworkError] = []

    async def fail() -> None:
        with pytest.raises(NetworkError) as caught:
            await tokens.current()
        errors.append(caught.value)

    start = anyio.current_time()
    await gather([fail] * 5)
    assert anyio.current_time() - start <= 3 * TIMEOUT + 5
    assert [error.upstream_code for error in errors] == ["ReadTimeout"] * 5
    assert site.requests == 3
    assert await tokens.current() == await tokens.current()
    assert site.requests == 4
