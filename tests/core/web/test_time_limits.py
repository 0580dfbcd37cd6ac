"""How long a call may take: on an event loop whose time jumps instead of passing."""

from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    NetworkError,
    SubmitUnconfirmed,
    new_task_id,
)
from tests.core.virtual_time import VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeClock, FakeSite

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海")
TIMEOUT = 30


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run these tests on that loop."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class WarningFilter:
    """Answers that do not come, and how often one was asked for."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Let the caller wait."""
        self.count += 1
        await anyio.sleep(100 * TIMEOUT)
        raise AssertionError("nobody gave up")


def old_ids(clock: FakeClock, number: int) -> list[str]:
    """Ids that were minted an hour ago."""
    return [new_task_id(clock.now() - timedelta(hours=1)) for _ in range(number)]


async def test_one_look_up(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """`get_video` gives up after the timeout, having asked once."""
    silence = WarningFilter()
    site.look_up.mock(side_effect=silence)
    start = anyio.current_time()
    with pytest.raises(NetworkError):
        await jimeng.get_video(old_ids(clock, 1)[0])
    assert anyio.current_time() - start == pytest.approx(TIMEOUT)
    assert silence.count == 1


async def test_a_chunk_that_is_never_answered(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """A chunk that times out is tried once more; its look-ups then are network errors."""
    silence = WarningFilter()
    site.look_up.mock(side_effect=silence)
    start = anyio.current_time()
    found = await jimeng.get_videos(old_ids(clock, 3))
    assert anyio.current_time() - start == pytest.approx(2 * TIMEOUT)
    assert silence.count == 2
    assert all(isinstance(lookup.error, NetworkError) for lookup in found)


async def test_many_chunks_that_are_never_answered(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """However many ids there are, the whole call ends within three timeouts, with all of them."""
    silence = WarningFilter()
    site.look_up.mock(side_effect=silence)
    ids = old_ids(clock, 3000)
    start = anyio.current_time()
    found = await jimeng.get_videos(ids)
    assert anyio.current_time() - start == pytest.approx(3 * TIMEOUT)
    assert [lookup.id for lookup in found] == ids
    assert all(isinstance(lookup.error, NetworkError) for lookup in found)
    assert silence.count == 24  # two tries of the first eight, one of the next


async def test_what_came_in_time_counts(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """Chunks that are answered are answered, whatever becomes of the others."""
    ids = old_ids(clock, 300)
    site.records |= {task_id: {"status": 42} for task_id in ids}

    async def reply(request: httpx.Request) -> httpx.Response:
        slow = ids[150] in request.content.decode()
        return await WarningFilter()(request) if slow else site.find(request)

    site.look_up.mock(side_effect=reply)
    found = await jimeng.get_videos(ids)
    assert [lookup.task is not None for lookup in found] == [
        *[True] * 100,
        *[False] * 100,
        *[True] * 100,
    ]


async def test_an_answer_that_trickles(site: FakeSite, clock: FakeClock) -> None:
    """The timeout is for a whole answer: one that comes drop by drop has no more time."""

    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            for _ in range(1000):
                yield b" "
                await anyio.sleep(TIMEOUT / 10)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Trickle()))
    start = anyio.current_time()
    async with AsyncJimeng("web", TOKEN, transport=transport, clock=clock) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.get_video(old_ids(clock, 1)[0])
    assert anyio.current_time() - start == pytest.approx(TIMEOUT)


async def test_a_submission_that_is_never_answered(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A submission without an answer is looked up after the timeout, and was sent once."""
    silence = WarningFilter()

    async def reply(request: httpx.Request) -> httpx.Response:
        site.accept(request)
        return await silence(request)

    site.generate.mock(side_effect=reply)
    task = await jimeng.submit_video(REQUEST)
    assert [task.id] == list(site.records)
    assert silence.count == 1


class DeadEnd(httpx.AsyncBaseTransport):
    """An address that takes no connection and refuses none, as a firewall makes it."""

    tries = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait as long as a connection may take."""
        self.tries += 1
        await anyio.sleep(request.extensions["timeout"]["connect"])
        raise httpx.ConnectTimeout("no connection")


async def test_a_host_that_cannot_be_reached(clock: FakeClock) -> None:
    """A submission that found no connection was not sent: a network error, nothing to look up."""
    transport = DeadEnd()
    async with AsyncJimeng("web", TOKEN, transport=transport, clock=clock) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.submit_video(REQUEST)
    assert 1 <= transport.tries <= 3


@pytest.mark.parametrize("timeout", [1.5, 120])
async def test_the_timeout_is_the_callers(site: FakeSite, clock: FakeClock, timeout: float) -> None:
    """The timeout is the one that was asked for."""
    site.look_up.mock(side_effect=WarningFilter())
    site.generate.mock(side_effect=WarningFilter())
    start = anyio.current_time()
    async with AsyncJimeng(
        "web", TOKEN, timeout=timeout, transport=site.transport, clock=clock
    ) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.get_video(old_ids(clock, 1)[0])
        assert anyio.current_time() - start == pytest.approx(timeout)
        with pytest.raises(SubmitUnconfirmed):
            await jimeng.submit_video(REQUEST)
