"""The demo site behind a local socket, with the faults of a plan in between."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import httpx

from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, NetworkFault
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport
from jimeng_core.backends.demo.site import DemoSite
from jimeng_core.backends.demo.transport import DemoTransport
from jimeng_core.backends.demo.upload_stores import UPLOAD_HOST
from jimeng_core.clock import SystemClock

HOST: Final = "127.0.0.1"
HANG_SECONDS: Final = 0.25
"""How long a client waits for an answer that never arrives."""
_RESET: Final = struct.pack("ii", 1, 0)
"""The SO_LINGER value with which closing a connection resets it."""


class SiteServer:
    """An HTTP/1.1 server that answers as a transport does, and resets where that raises.

    Args:
        transport: The demo site, with or without faults.

    Attributes:
        open: The number of open connections.
        targets: The target of each request, in order.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._port = 0
        self.open = 0
        self.targets: list[str] = []

    @property
    def base_url(self) -> str:
        """The address of the server."""
        return f"http://{HOST}:{self._port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen on a free port, and check that the clients close every connection."""
        server = await asyncio.start_server(self._serve, HOST, 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield
            with anyio.fail_after(100):
                while self.open:  # noqa: ASYNC110 - no event says that a connection was closed
                    await anyio.sleep(0.005)
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._answer_one(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self.open -= 1

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; False when the connection ends."""
        request = await self._read(reader)
        try:
            answer = await self._transport.handle_async_request(request)
        except httpx.ReadError:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            return False
        except httpx.ReadTimeout:
            await reader.read()  # until the client closes
            return False
        body = b"".join([piece async for piece in answer.stream])  # type: ignore[union-attr]
        body = body.replace(UPLOAD_HOST.encode(), f"{HOST}:{self._port}".encode())
        head = [f"HTTP/1.1 {answer.status_code} Answer", f"Content-Length: {len(body)}"]
        head += [
            f"{name}: {value}"
            for name, value in answer.headers.items()
            if name not in ("content-length", "transfer-encoding")
        ]
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        return True

    async def _read(self, reader: asyncio.StreamReader) -> httpx.Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        method, target, _ = head[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        length = next((int(headers[key]) for key in headers if key.lower() == "content-length"), 0)
        body = await reader.readexactly(length)
        host = UPLOAD_HOST if target.startswith("/upload/v1/") else HOST
        self.targets.append(target)
        return httpx.Request(
            method,
            f"https://{host}{target}",
            headers=headers,
            content=body,
            extensions={"timeout": {"read": 0}},
        )


class Network(httpx.AsyncBaseTransport):
    """The real network, with the refused and the hanging requests of a plan.

    Args:
        plan: Its `REFUSED` rules lead to a closed local port; requests that its `HANG` rules
            affect time out after `HANG_SECONDS`.

    Attributes:
        hosts: The hosts of all requests.
    """

    def __init__(self, plan: FaultPlan) -> None:
        self._wire = httpx.AsyncHTTPTransport(trust_env=False)
        self._refusing, self._hanging = (
            FaultyTransport(self._wire, _only(plan, fault), SystemClock())
            for fault in (NetworkFault.REFUSED, NetworkFault.HANG)
        )
        self.hosts: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or fail as planned."""
        self.hosts.add(request.url.host)
        if self._refusing.next_fault(request):
            request.url = request.url.copy_with(port=_closed_port())
        elif self._hanging.next_fault(request):
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": HANG_SECONDS}
        return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()


def server_plan(plan: FaultPlan) -> FaultPlan:
    """The plan of the server: without refused requests, which do not reach it."""
    return FaultPlan(tuple(rule for rule in plan.rules if rule.what is not NetworkFault.REFUSED))


def _only(plan: FaultPlan, fault: NetworkFault) -> FaultPlan:
    return FaultPlan(tuple(rule for rule in plan.rules if rule.what is fault))


def _closed_port() -> int:
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])


@asynccontextmanager
async def serving(folder: Path, plan: FaultPlan) -> AsyncIterator[tuple[SiteServer, Network]]:
    """A site over a folder behind a socket, and the network to it."""
    clock = SystemClock()
    site = DemoSite(folder / "demo", lambda: clock.now().timestamp())
    demo = DemoTransport(site, visitor=None, pace=0, media_base="/media")
    server = SiteServer(FaultyTransport(demo, server_plan(plan), clock))
    network = Network(plan)
    try:
        async with server.running():
            yield server, network
    finally:
        await anyio.to_thread.run_sync(site.close)
