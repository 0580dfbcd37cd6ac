"""A fake site behind a socket of this machine, over HTTP or TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from jimeng_core.clock import Clock
from tests.core.web.fake_site import FakeSite

HOST = "127.0.0.1"
GENERATE = "/mweb/v1/aigc_draft/generate"


class Served:
    """A fake site behind a socket.

    Attributes:
        cut: After how many bytes the response to generate breaks off; None for never.
    """

    def __init__(self, site: FakeSite) -> None:
        self.site = site
        self.cut: int | None = None
        self.base_url = ""

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Respond to one request and close the connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        method, target, _ = head[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("Content-Length", "0")))
        request = httpx.Request(method, self.base_url + target, headers=headers, content=body)
        response = await self.site.router.async_handler(request)
        length = len(response.content)
        answer = b"HTTP/1.1 %d OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (
            response.status_code,
            length,
        )
        answer += response.content
        writer.write(answer[: self.cut] if request.url.path == GENERATE else answer)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def serving(clock: Clock, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Serve a site on a free port, by TLS if there is a context with a certificate."""
    served = Served(FakeSite(clock, site=HOST, imagex=HOST))
    server = await asyncio.start_server(served.respond, HOST, 0, ssl=tls)
    address = f"{HOST}:{server.sockets[0].getsockname()[1]}"
    served.base_url = f"{'https' if tls else 'http'}://{address}"
    served.site.upload_host = address
    yield served
    server.close()
    await server.wait_closed()
