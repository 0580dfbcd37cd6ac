"""Submissions and look-ups over real connections to a server on this machine."""

import logging
import socket
from collections.abc import AsyncIterator

import pytest

from jimeng_core import AsyncJimeng, Completed, FirstLastFrame, NetworkError
from tests.core.web.fake_site import SECRETS, TOKEN, FakeClock, png, sent_json
from tests.core.web.record_tools import finished, item, origin
from tests.core.web.socket_site import HOST, Served, serving

pytestmark = pytest.mark.anyio
REQUEST = FirstLastFrame(prompt="海", first_frame=png(), last_frame=png("navy"))


@pytest.fixture
async def served(clock: FakeClock) -> AsyncIterator[Served]:
    """A server on a free port."""
    async with serving(clock) as served:
        yield served


@pytest.fixture
async def over_sockets(served: Served, clock: FakeClock) -> AsyncIterator[AsyncJimeng]:
    """A client of that server."""
    async with AsyncJimeng("web", TOKEN, base_url=served.base_url, clock=clock) as client:
        yield client


async def test_submit_and_look_up(
    over_sockets: AsyncJimeng, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """A submission and its look-up work over real connections, and no log has a credential."""
    for name in ("", "httpx", "httpcore", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)
    task = await over_sockets.submit_video(REQUEST)
    served.site.records[task.id] = finished(item({"origin": origin()}))
    assert isinstance(await over_sockets.get_video(task.id), Completed)
    assert [call.request.content for call in served.site.upload.calls] == [png(), png("navy")]
    logged = "\n".join(f"{one.getMessage()} {vars(one)!r}" for one in caplog.records)
    assert "httpcore.http11" in logged
    assert [secret for secret in SECRETS if secret in logged] == []


@pytest.mark.parametrize("cut", [0, 10, -5])
async def test_the_connection_breaks(
    over_sockets: AsyncJimeng, served: Served, clock: FakeClock, cut: int
) -> None:
    """After a broken response the task is looked up by its id, and nothing is sent again."""
    served.cut = cut
    task = await over_sockets.submit_video(REQUEST)
    assert [task.id] == list(served.site.records)
    assert served.site.generate.call_count == 1
    assert sent_json(served.site.look_up.calls.last.request) == {"submit_ids": [task.id]}
    assert clock.sleeps == [0]


async def test_a_closed_port(clock: FakeClock) -> None:
    """A closed port is a network error, for look-ups and submissions."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    async with AsyncJimeng("web", TOKEN, base_url=f"http://{HOST}:{port}", clock=clock) as jimeng:
        with pytest.raises(NetworkError):
            await jimeng.submit_video(FirstLastFrame(prompt="海"))
        with pytest.raises(NetworkError):
            await jimeng.get_video("4713000000000")
    assert clock.sleeps == []
