import asyncio
import gzip
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import anyio
import pytest

from jimeng_core.errors import InvalidRequest
from jimeng_core.safe_fetch import fetch_bytes
from tests.each import each

pytestmark = pytest.mark.anyio

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]

LIMIT = 1000


def ok(body: bytes, *headers: str) -> bytes:
    """A whole response with a body."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to: str, status: int = 302) -> bytes:
    """A redirect to another URL."""
    return f"HTTP/1.1 {status} Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@dataclass
class Server:
    """A server on the loopback, and the heads of its requests."""

    port: int = 0
    heads: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(replies: Mapping[str, Reply]) -> AsyncIterator[Server]:
    """A server that sends each path's response, then closes the connection."""
    web = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            web.heads.append(head)
            reply = replies[head.split(" ")[1]]
            if isinstance(reply, bytes):
                writer.write(reply.replace(b"{port}", b"%d" % web.port))
            else:
                await reply(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has closed the connection
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        web.port = server.sockets[0].getsockname()[1]
        yield web


def names(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver with the same addresses for every host."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


async def get(url: str, *, timeout: float = 5, limit: int = LIMIT) -> bytes:
    """Download, also from the loopback."""
    return await fetch_bytes(url, limit=limit, timeout=timeout, allow_private=True)


async def refusal(url: str, *, timeout: float = 5) -> str:
    """The English message of a failed download; the Chinese one must exist too."""
    with pytest.raises(InvalidRequest) as caught:
        await get(url, timeout=timeout)
    assert re.search("[一-鿿]", caught.value.message_zh)
    return caught.value.message


async def test_bytes() -> None:
    """The body is returned unchanged, up to the limit itself."""
    async with serving({"/a.png?sig=1": ok(b"x" * LIMIT)}) as web:
        assert await get(web.url("/a.png?sig=1#part")) == b"x" * LIMIT


async def test_what_is_sent() -> None:
    """The server receives the host name with its port, and nothing about the user."""
    async with serving({"/": redirect("/a"), "/a": ok(b"!", "Set-Cookie: a=b")}) as web:
        url = web.url("/", "pictures.test")
        resolve = names("127.0.0.1")
        await fetch_bytes(url, limit=9, timeout=5, allow_private=True, resolve=resolve)
        for head in web.heads:
            sent = dict(line.split(": ") for line in head.strip().split("\r\n")[1:])
            assert sent == {
                "Host": f"pictures.test:{web.port}",
                "User-Agent": "jimeng-studio",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
            }
        assert len(web.heads) == 2


async def test_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment, which would bypass the address check, is not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving({"/": ok(b"direct")}) as web:
        assert await get(web.url("/")) == b"direct"


async def test_query_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """No library logs the query of a URL, which may be a signature."""
    caplog.set_level(logging.DEBUG)
    async with serving({"/?sig=hush": ok(b"!")}) as web:
        await get(web.url("/?sig=hush"))
    assert "hush" not in caplog.text


@each("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(status: int) -> None:
    """Redirects are followed, relative ones and ones with spaces too."""
    answers: dict[str, Reply] = {
        "/0": redirect("1", status),
        "/1": redirect("//127.0.0.1:{port}/2", status),
        "/2": redirect("?x", status),
        "/2?x": redirect("/3 4", status),
        "/3%204": redirect("/5", status),
        "/5": ok(b"there"),
    }
    async with serving(answers) as web:
        assert await get(web.url("/0")) == b"there"


async def test_too_many_redirects() -> None:
    """Ten redirects are followed; eleven, or a circle of them, are refused."""
    chain: dict[str, Reply] = {f"/{i}": redirect(f"/{i + 1}") for i in range(11)}
    async with serving({**chain, "/11": ok(b"!"), "/loop": redirect("/loop")}) as web:
        assert await get(web.url("/1")) == b"!"
        assert len(web.heads) == 11
        assert "more than 10 redirects" in await refusal(web.url("/0"))
        assert "more than 10 redirects" in await refusal(web.url("/loop"))
        assert len(web.heads) == 33


@each("to", ["file:///etc/passwd", "ftp://example.com/", "//[::bad", "javascript:1"])
async def test_redirect_to_something_else(to: str) -> None:
    """A redirect to anything but an http(s) URL is refused."""
    async with serving({"/": redirect(to)}) as web:
        assert web.url("/") in await refusal(web.url("/"))
        assert len(web.heads) == 1


async def test_redirect_with_password() -> None:
    """A redirect to a URL with a password is refused without showing the password."""
    async with serving({"/": redirect("http://u:hush@127.0.0.1/")}) as web:
        assert "hush" not in await refusal(web.url("/"))


async def test_next_address_is_tried() -> None:
    """If the first address refuses the connection, the next one is tried."""
    resolve = names("127.0.0.2", "127.0.0.1")
    async with serving({"/": ok(b"!")}) as web:
        url = web.url("/", "two.test")
        assert await fetch_bytes(url, limit=9, timeout=5, allow_private=True, resolve=resolve)


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"ff\r\n" + b"x" * 255 + b"\r\n")
        await writer.drain()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await anyio.sleep(0.05)


async def _silence(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        await anyio.sleep(0.05)
        writer.write(b"")


_BOMB = gzip.compress(bytes(10_000_000))


@each(
    ("reply", "words"),
    [
        (ok(b"x" * (LIMIT + 1)), "is larger than"),
        (_endless, "is larger than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "is larger than"),
        (ok(_BOMB, "Content-Encoding: gzip"), "is sent compressed"),
        (ok(b"!", "Content-Encoding: br"), "is sent compressed"),
        (ok(b"!", "Content-Encoding: aws-chunked,GZip"), "is sent compressed"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "answered with status 404"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "answered with status 204"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "answered with status 302"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nx", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nx", "broke off"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "broke off"),
        (b"", "broke off"),
    ],
)
async def test_unusable_responses(reply: Reply, words: str) -> None:
    """Each response that is not a file within the limit has its own message."""
    async with serving({"/a?hush": reply}) as web:
        sentence = await refusal(web.url("/a?hush"))
        assert sentence.startswith(web.url("/a "))
        assert words in sentence


@each("encoding", ["identity", "aws-chunked", "UTF-8", "none", ""])
async def test_no_compression(encoding: str) -> None:
    """A server may name an encoding that changes nothing, as object stores do."""
    async with serving({"/": ok(b"plain", f"Content-Encoding: {encoding}")}) as web:
        assert await get(web.url("/")) == b"plain"


@each("reply", [_drip, _silence])
async def test_deadline(reply: Reply) -> None:
    """The timeout ends a download from a server that sends nothing, or very slowly."""
    async with serving({"/": reply}) as web:
        began = monotonic()
        assert "within 0.3 seconds" in await refusal(web.url("/"), timeout=0.3)
        assert monotonic() - began < 2


async def test_deadline_of_the_resolver() -> None:
    """The timeout includes resolving the host."""

    async def sleeper(host: str, port: int) -> list[str]:
        await anyio.sleep(60)
        return []

    with pytest.raises(InvalidRequest, match=r"within 0\.1 seconds"):
        await fetch_bytes(
            "http://slow.test/", limit=9, timeout=0.1, allow_private=True, resolve=sleeper
        )


async def test_connection_refused() -> None:
    """A refused connection has its own message."""
    async with serving({}) as web:
        pass
    assert "cannot be connected to" in await refusal(web.url("/"))
