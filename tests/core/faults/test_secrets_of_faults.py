"""A walk through every fault over real connections, with an upstream that tells all it knows.

Each answer of that upstream names every credential in its headers, and in its text where that is
nobody's. Nothing of it may be read in an error, a log, a `repr`, an address or at another host.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from jimeng_core import AsyncJimeng, FirstLastFrame, JimengError
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, FaultRule, NetworkFault, Step
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport
from jimeng_core.backends.demo.transport import UPLOAD_HOST
from jimeng_core.clock import SystemClock
from tests.core.demo_tools import InstantClock
from tests.core.faults.cases import REQUESTS, WIRE, nothing_left_open
from tests.core.faults.site_server import HOST, Network, SiteServer, what_arrives
from tests.core.web.fake_site import SECRETS, TOKEN, FakeClock, FakeSite
from tests.core.web.secret_tools import LOGGERS, logged, no_secret_in, shown, told_by

pytestmark = pytest.mark.anyio
ALL = "&".join(SECRETS)
SUBMISSIONS = 4
"""How often it is tried: each time, another step may be struck."""


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log as much as there is to log."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


class Talkative(httpx.AsyncBaseTransport):
    """Has every credential in all of its answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, and say more than was asked."""
        answer = await self._inner.handle_async_request(request)
        told = [("Set-Cookie", f"sessionid={secret}; Path=/") for secret in SECRETS]
        told += [("X-Echo", ALL), ("Authorization", f"Bearer {TOKEN}")]
        if answer.is_redirect:
            told.append(("Location", f"https://elsewhere.demo.invalid/?{ALL}"))
        if "html" in answer.headers.get("Content-Type", ""):
            return httpx.Response(answer.status_code, headers=told, html=f"<html>{ALL}")
        answer.headers = httpx.Headers([*answer.headers.multi_items(), *told])
        return answer


@pytest.mark.parametrize(("trouble", "carried_out"), WIRE.values(), ids=WIRE)
async def test_no_fault_tells_a_secret(
    trouble: NetworkFault, carried_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Each step is struck once; whatever comes of it, no credential can be read."""
    plan = FaultPlan(tuple(FaultRule(step, trouble, carried_out=carried_out) for step in Step))
    site = FakeSite(FakeClock(), site=HOST, imagex=HOST)
    site.upload_host = UPLOAD_HOST
    server = SiteServer(
        Talkative(FaultyTransport(site.transport, what_arrives(plan), SystemClock()))
    )
    network = Network(plan)
    errors: list[JimengError] = []
    texts: list[str] = []
    with nothing_left_open():
        async with (
            server.running(),
            AsyncJimeng(
                "web",
                TOKEN,
                base_url=server.base_url,
                timeout=30,
                transport=network,
                clock=InstantClock(),
            ) as jimeng,
        ):
            for _ in range(SUBMISSIONS):
                try:
                    texts.append(repr(await jimeng.submit_video(REQUESTS["first_last_frame"])))
                except JimengError as error:
                    errors.append(error)
            found = await jimeng.get_videos([*site.records, "4713000000000"])
            errors += [lookup.error for lookup in found if lookup.error]
            texts += [shown(jimeng), repr(found), *(repr(lookup.row()) for lookup in found)]
    texts += [logged(caplog.records), *server.targets, *map(told_by, errors)]
    assert "receive_response_headers.complete" in texts[-len(errors) - len(server.targets) - 1]
    for text in texts:
        no_secret_in(text)
    assert network.hosts == {HOST}
    for route in (site.apply, site.upload, site.commit):  # what was set is sent to nobody
        assert all("cookie" not in call.request.headers for call in route.calls)
        assert all(TOKEN not in str(call.request.headers.raw) for call in route.calls)


BROKEN = {
    "no status line": f"{ALL}\r\n\r\n",
    "a status that is none": f"HTTP/1.1 {ALL}\r\n\r\n",
    "a header that is none": f"HTTP/1.1 200 OK\r\n{ALL} \r\n\r\n",
    "a reason": f"HTTP/1.1 200 {ALL}\r\nContent-Length: 2\r\n\r\n" + "{}",
    "a place that is none": f"HTTP/1.1 302 No\r\nLocation: http://[{ALL}\r\n\r\n",
    "a length that is none": f"HTTP/1.1 200 OK\r\nContent-Length: {ALL}\r\n\r\n",
    "a chunk that is none": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{ALL}\r\n",
    "a packing that is none": f"HTTP/1.1 200 OK\r\nContent-Encoding: {ALL}\r\n\r\n" + "{}",
}


@asynccontextmanager
async def parrot(answer: str) -> AsyncIterator[str]:
    """The address of a server that answers everything with these bytes."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(reply, HOST, 0)
    try:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_http(answer: str, caplog: pytest.LogCaptureFixture) -> None:
    """What breaks the protocol is not quoted by the error that says so, nor by a log."""
    async with (
        parrot(answer) as address,
        AsyncJimeng("web", TOKEN, base_url=address, clock=InstantClock()) as jimeng,
    ):
        [found] = await jimeng.get_videos(["4713000000000"])
        with pytest.raises(JimengError) as caught:
            await jimeng.submit_video(FirstLastFrame(prompt="海"))
    assert found.error
    for text in (told_by(found.error), told_by(caught.value), logged(caplog.records)):
        no_secret_in(text)
