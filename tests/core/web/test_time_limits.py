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


class NoResponse:
    """A reply that never comes, and how often it was requested."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Let the caller wait."""
        self.count += 1
        await anyio.sleep(100 * TIMEOUT)
        raise AssertionError("no timeout")


def old_ids(clock: FakeClock, number: int) -> list[str]:
    """Ids that were made an hour ago."""
    return [new_task_id(clock.now() - timedelta(hours=1)) for _ in range(number)]


async def test_one_look_up(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """`get_video` gives up after the timeout, with one request."""
    no_response = NoResponse()
    site.look_up.mock(side_effect=no_response)
    start = anyio.current_time()
    with pytest.raises(NetworkError):
        await jimeng.get_video(old_ids(clock, 1)[0])
    assert anyio.current_time() - start == pytest.approx(TIMEOUT)
    assert no_response.count == 1


async def test_a_chunk_without_a_response(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """A chunk that times out is tried once more; its look-ups are network errors."""
    no_response = NoResponse()
    site.look_up.mock(side_effect=no_response)
    start = anyio.current_time()
    found = await jimeng.get_videos(old_ids(clock, 3))
    assert anyio.current_time() - start == pytest.approx(2 * TIMEOUT)
    assert no_response.count == 2
    assert all(isinstance(lookup.error, NetworkError) for lookup in found)


async def test_many_chunks_without_a_response(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """For any number of ids, the whole call ends within three timeouts, with all of them."""
    no_response = NoResponse()
    site.look_up.mock(side_effect=no_response)
    ids = old_ids(clock, 3000)
    start = anyio.current_time()
    found = await jimeng.get_videos(ids)
    assert anyio.current_time() - start == pytest.approx(3 * TIMEOUT)
    assert [lookup.id for lookup in found] == ids
    assert all(isinstance(lookup.error, NetworkError) for lookup in found)
    assert no_response.count == 30  # two tries of the first ten, one of the next


async def test_what_came_in_time_counts(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock
) -> None:
    """Chunks with a response have their results, whatever happens to the others."""
    ids = old_ids(clock, 300)
    site.records |= {task_id: {"status": 42} for task_id in ids}

    async def reply(request: httpx.Request) -> httpx.Response:
        slow = ids[150] in request.content.decode()
        return await NoResponse()(request) if slow else site.find(request)

    site.look_up.mock(side_effect=reply)
    found = await jimeng.get_videos(ids)
    assert [lookup.task is not None for lookup in found] == [
        *[True] * 100,
        *[False] * 100,
        *[True] * 100,
    ]


async def test_a_response_that_trickles(site: FakeSite, clock: FakeClock) -> None:
    """The timeout covers the whole response: one that trickles has no more time."""

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


async def test_a_submission_without_a_response(jimeng: AsyncJimeng, site: FakeSite) -> None:
    """A submission without a response is looked up after the timeout, and sent once."""
    no_response = NoResponse()

    async def reply(request: httpx.Request) -> httpx.Response:
        site.accept(request)
        return await no_response(request)

    site.generate.mock(side_effect=reply)
    task = await jimeng.submit_video(REQUEST)
    assert [task.id] == list(site.records)
    assert no_response.count == 1


class DeadEnd(httpx.AsyncBaseTransport):
    """An address that neither accepts nor refuses a connection, as behind a firewall."""

    tries = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait as long as a connection may take."""
        self.tries += 1
        await anyio.sleep(request.extensions["timeout"]["connect"])
        raise httpx.ConnectTimeout("no connection")


async def test_a_host_that_cannot_be_reached(clock: FakeClock) -> None:
    """A submission without a connection was not sent: a network error, without a look-up."""
    transport = DeadEnd()
    async with AsyncJimeng("web", TOKEN, transport=transport, clock=clock) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.submit_video(REQUEST)
    assert 1 <= transport.tries <= 3


@pytest.mark.parametrize("timeout", [1.5, 120])
async def test_the_timeout_is_the_callers(site: FakeSite, clock: FakeClock, timeout: float) -> None:
    """The timeout is the client's own."""
    site.look_up.mock(side_effect=NoResponse())
    site.generate.mock(side_effect=NoResponse())
    start = anyio.current_time()
    async with AsyncJimeng(
        "web", TOKEN, timeout=timeout, transport=site.transport, clock=clock
    ) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.get_video(old_ids(clock, 1)[0])
        assert anyio.current_time() - start == pytest.approx(timeout)
        with pytest.raises(SubmitUnconfirmed):
            await jimeng.submit_video(REQUEST)
