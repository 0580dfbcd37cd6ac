import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from jimeng_app import connection_limits
from jimeng_app.connection_limits import FirstOfAMinute, LimitedProtocol
from jimeng_app.startup import available_port
from tests.each import each

pytestmark = pytest.mark.anyio


async def respond(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Respond with two bytes."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def server() -> AsyncIterator[int]:
    """A server with the limits; gives its port."""
    port = available_port("127.0.0.1", 0)
    running = uvicorn.Server(
        uvicorn.Config(
            respond, port=port, http=LimitedProtocol, lifespan="off", log_level="error"
        )
    )  # fmt: skip
    running.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        running.should_exit = True
        await serving


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short time for the head."""
    monkeypatch.setattr(connection_limits, "HEAD_SECONDS", 0.1)


@pytest.mark.usefixtures("_short")
@each("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-A: "])
async def test_connection_without_a_request(sent: bytes) -> None:
    """A connection that sends no head of a request, or a part of one, is closed."""
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        async with asyncio.timeout(100):
            with suppress(ConnectionError):
                assert not await reader.read()
        writer.close()


@pytest.mark.usefixtures("_short")
async def test_second_request() -> None:
    """A second request of a connection has the same time for its head."""
    async with server() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(100):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await reader.readuntil(b"ok")
            writer.write(b"GET / HT")
            with suppress(ConnectionError):
                assert not await reader.read()
        writer.close()


@pytest.mark.usefixtures("_short")
async def test_pause_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a response, a connection may pause for longer than the head of a request may take."""
    monkeypatch.setattr(connection_limits, "KEEP_ALIVE_SECONDS", 0.4)
    async with server() as port, asyncio.timeout(100):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await reader.readuntil(b"ok")
        start = asyncio.get_running_loop().time()
        with suppress(ConnectionError):
            assert not await reader.read()
        assert asyncio.get_running_loop().time() - start > 0.3
        writer.close()


async def test_too_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the oldest connection that says nothing is closed; the newest is served."""
    monkeypatch.setattr(LimitedProtocol, "limit", 2)
    async with server() as port, asyncio.timeout(100):
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = pairs[2]
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200" in await reader.readline()
        with suppress(ConnectionError):
            assert not await pairs[0][0].read()
        for _, each in pairs:
            each.close()


async def test_log_of_missing_descriptors() -> None:
    """That there are no descriptors is logged once a minute, in one line."""
    lines = [
        logging.LogRecord(
            "asyncio", logging.ERROR, "", 0, "socket.accept() out of system resource\nsocket: 5",
            (), (OSError, OSError(), None),
        )
        for _ in range(3)
    ]  # fmt: skip
    only_one = FirstOfAMinute()
    assert [only_one.filter(line) for line in lines] == [True, False, False]
    assert lines[0].exc_info is None
    assert "\n" not in lines[0].getMessage()
    assert only_one.filter(logging.LogRecord("asyncio", logging.ERROR, "", 0, "other", (), None))
