import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509

from jimeng_core.errors import InvalidRequest
from jimeng_core.safe_fetch import fetch_bytes
from tests.core.certificates import write_certificate

pytestmark = pytest.mark.anyio

NAME = "pictures.test"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of `NAME`, with its key, as one PEM file."""
    return write_certificate(tmp_path / "certificate.pem", x509.DNSName(NAME))


@dataclass
class Server:
    port: int = 0
    names: list[str | None] = field(default_factory=list)
    """The server names of the TLS handshakes."""


@asynccontextmanager
async def serving(certificate: Path | None) -> AsyncIterator[Server]:
    """A server that responds with "!", in plain HTTP if it has no certificate."""
    web = Server()
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _, name, __: web.names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        web.port = server.sockets[0].getsockname()[1]
        yield web


async def get(port: int, host: str = NAME) -> bytes:
    """Download from the loopback server by a host name."""

    async def loopback(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    url = f"https://{host}:{port}/"
    return await fetch_bytes(url, limit=9, timeout=100, allow_private=True, resolve=loopback)


async def test_certificate_is_checked_by_name(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to an address, but the certificate must be that of the host name."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with serving(certificate) as web:
        assert await get(web.port) == b"!"
        with pytest.raises(InvalidRequest, match="no valid TLS connection"):
            await get(web.port, "other.test")
        assert web.names == [NAME, "other.test"]


async def test_unknown_issuer(certificate: Path) -> None:
    """A certificate of an unknown issuer is refused."""
    async with serving(certificate) as web:
        with pytest.raises(InvalidRequest, match="no valid TLS connection"):
            await get(web.port)


async def test_no_tls_at_all() -> None:
    """A server with plain HTTP at an https URL is refused."""
    async with serving(None) as web:
        with pytest.raises(InvalidRequest, match="no valid TLS connection"):
            await get(web.port)
