"""Every network fault over real connections, with an upstream that leaks credentials.

Its answers have every credential in their headers, and in the text of gateway pages. None may
appear in an error, a log, a `repr` or a URL, or reach another host.
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
from jimeng_core.backends.demo.upload_stores import UPLOAD_HOST
from jimeng_core.clock import SystemClock
from tests.core.demo_tools import InstantClock
from tests.core.faults.cases import REQUESTS, WIRE, nothing_left_open
from tests.core.faults.site_server import HOST, Network, SiteServer, server_plan
from tests.core.web.fake_site import SECRETS, TOKEN, FakeClock, FakeSite
from tests.core.web.secret_tools import LOGGERS, assert_no_secret, logged, shown, text_of
from tests.each import each

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
ALL = "&".join(SECRETS)
SUBMISSIONS = 4
"""Number of submissions: each may meet the fault at another step."""


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Log at level DEBUG."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


class LeakyTransport(httpx.AsyncBaseTransport):
    """Adds every credential to the answers of another transport."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with credentials."""
        answer = await self._inner.handle_async_request(request)
        leaked = [("Set-Cookie", f"sessionid={secret}; Path=/") for secret in SECRETS]
        leaked += [("X-Echo", ALL), ("Authorization", f"Bearer {TOKEN}")]
        if answer.is_redirect:
            leaked.append(("Location", f"https://elsewhere.demo.invalid/?{ALL}"))
        if "html" in answer.headers.get("Content-Type", ""):
            return httpx.Response(answer.status_code, headers=leaked, html=f"<html>{ALL}")
        answer.headers = httpx.Headers([*answer.headers.multi_items(), *leaked])
        return answer


@each(("fault", "carried_out"), WIRE.values())
async def test_no_fault_leaks_a_secret(
    fault: NetworkFault, carried_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """With a fault at each step, no credential appears anywhere."""
    plan = FaultPlan(tuple(FaultRule(step, fault, carried_out=carried_out) for step in Step))
    site = FakeSite(FakeClock(), site=HOST, imagex=HOST)
    site.upload_host = UPLOAD_HOST
    server = SiteServer(
        LeakyTransport(FaultyTransport(site.transport, server_plan(plan), SystemClock()))
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
    texts += [logged(caplog.records), *server.targets, *map(text_of, errors)]
    assert "receive_response_headers.complete" in texts[-len(errors) - len(server.targets) - 1]
    for text in texts:
        assert_no_secret(text)
    assert network.hosts == {HOST}
    for route in (
        site.apply,
        site.upload,
        site.commit,
    ):  # cookies that the upstream sets are not sent
        assert all("cookie" not in call.request.headers for call in route.calls)
        assert all(TOKEN not in str(call.request.headers.raw) for call in route.calls)


BROKEN = {
    "no status line": f"{ALL}\r\n\r\n",
    "a malformed status": f"HTTP/1.1 {ALL}\r\n\r\n",
    "a malformed header": f"HTTP/1.1 200 OK\r\n{ALL} \r\n\r\n",
    "a reason": f"HTTP/1.1 200 {ALL}\r\nContent-Length: 2\r\n\r\n" + "{}",
    "a malformed location": f"HTTP/1.1 302 No\r\nLocation: http://[{ALL}\r\n\r\n",
    "a malformed length": f"HTTP/1.1 200 OK\r\nContent-Length: {ALL}\r\n\r\n",
    "a malformed chunk": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{ALL}\r\n",
    "an unknown encoding": f"HTTP/1.1 200 OK\r\nContent-Encoding: {ALL}\r\n\r\n" + "{}",
}


@asynccontextmanager
async def raw_server(answer: str) -> AsyncIterator[str]:
    """The address of a server that answers every request with these bytes."""

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


@each("answer", BROKEN.values())
async def test_invalid_http(answer: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither errors nor logs quote an answer that is not HTTP."""
    async with (
        raw_server(answer) as address,
        AsyncJimeng("web", TOKEN, base_url=address, clock=InstantClock()) as jimeng,
    ):
        [found] = await jimeng.get_videos(["4713000000000"])
        with pytest.raises(JimengError) as caught:
            await jimeng.submit_video(FirstLastFrame(prompt="海"))
    assert found.error
    for text in (text_of(found.error), text_of(caught.value), logged(caplog.records)):
        assert_no_secret(text)
