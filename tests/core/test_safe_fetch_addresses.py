import re
import socket
from collections.abc import AsyncIterator, Sequence

import anyio
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jimeng_core import safe_fetch
from jimeng_core.errors import InvalidRequest
from jimeng_core.safe_fetch import Resolver, fetch_bytes, is_public, system_addresses
from tests.each import each


class FakeResolver:
    """A resolver with fixed addresses, which records the hosts it resolves."""

    def __init__(self, known: dict[str, list[str]]) -> None:
        self.known = known
        self.resolved: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append((host, port))
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.known[host]


class Connections:
    """Replaces the network: records each request, and returns a fixed response per host."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: dict[str, httpx.Response] = {}

    async def handle(self, _: object, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers[request.url.host]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Replaces httpx's transport, so that no test opens a connection."""
    made = Connections()

    async def handle(transport: object, request: httpx.Request) -> httpx.Response:
        return await made.handle(transport, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    return made


async def get(url: str, resolve: Resolver, *, allow_private: bool = False) -> bytes:
    """Download from public addresses only."""
    return await fetch_bytes(url, limit=99, timeout=5, allow_private=allow_private, resolve=resolve)


def answer(status: int = 200, body: bytes = b"!", **headers: str) -> httpx.Response:
    """A response whose body has not been read yet."""

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    return httpx.Response(status, headers=headers, content=chunks())


PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8"]
NOT_PUBLIC = [
    *("0.0.0.0", "10.0.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1"),  # noqa: S104 - nothing is bound here
    *("192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("192.0.0.8", "192.0.0.9", "192.0.0.192", "192.88.99.1"),
    *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("ff0e::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.100.100.200"),
    *("2002:7f00:1::", "2002:808:808::1", "2001::1", "2001:0:53aa:64c::1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"),
    *("", "localhost", "127.1", "8.8.8.8.8"),
]


@each("address", PUBLIC)
def test_public(address: str) -> None:
    """Addresses of the public internet are public."""
    assert is_public(address)


@each("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    """Private, local, shared and reserved addresses, and those that embed another, are not."""
    assert not is_public(address)


@pytest.mark.anyio
async def test_address_that_was_checked(connections: Connections) -> None:
    """The host is resolved once, and the connection goes to that address with that name."""
    names = FakeResolver({"a.test": ["8.8.8.8"]})
    connections.answers["8.8.8.8"] = answer()
    await get("https://a.test:8443/b?c", names)
    assert names.resolved == [("a.test", 8443)]
    (request,) = connections.requests
    assert request.url == "https://8.8.8.8:8443/b?c"
    assert request.headers["host"] == "a.test:8443"
    assert request.extensions["sni_hostname"] == "a.test"


@pytest.mark.anyio
async def test_name_that_is_not_ascii(connections: Connections) -> None:
    """A Chinese host name is resolved, and sent to the server, in its ASCII form."""
    names = FakeResolver({"xn--fiqs8s.test": ["2606:4700::1111"]})
    connections.answers["2606:4700::1111"] = answer()
    await get("http://中国.test/", names)
    assert names.resolved == [("xn--fiqs8s.test", 80)]
    assert connections.requests[0].headers["host"] == "xn--fiqs8s.test"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::1", "2606:4700::1111"]]
)
async def test_one_private_address(connections: Connections, addresses: list[str]) -> None:
    """A host with one private address is refused: nothing is sent to any of its addresses."""
    with pytest.raises(InvalidRequest, match="leads to a private or reserved"):
        await get("http://mixed.test/", FakeResolver({"mixed.test": addresses}))
    assert not connections.requests


@pytest.mark.anyio
async def test_redirect_to_a_private_address(connections: Connections) -> None:
    """Redirects are checked too: a public server cannot lead to a private address."""
    names = FakeResolver({"outside.test": ["8.8.8.8"], "inside.test": ["10.0.0.1"]})
    connections.answers["8.8.8.8"] = answer(302, location="http://inside.test/")
    with pytest.raises(InvalidRequest, match=r"^http://inside\.test/ leads to a private"):
        await get("http://outside.test/", names)
    assert [request.url.host for request in connections.requests] == ["8.8.8.8"]


@pytest.mark.anyio
async def test_name_that_turns_private(connections: Connections) -> None:
    """A host whose address becomes private between two redirects is refused at the second."""
    names = FakeResolver({"turning.test": ["8.8.8.8"]})

    async def resolve(host: str, port: int) -> Sequence[str]:
        found = await names(host, port)
        names.known = {"turning.test": ["192.168.0.1"]}
        return found

    connections.answers["8.8.8.8"] = answer(301, location="/again")
    with pytest.raises(InvalidRequest, match="leads to a private"):
        await get("http://turning.test/", resolve)
    assert len(connections.requests) == 1


@pytest.mark.anyio
async def test_redirect_from_https_to_http(connections: Connections) -> None:
    """A redirect from https to http is refused."""
    connections.answers["8.8.8.8"] = answer(302, location="http://a.test/")
    with pytest.raises(InvalidRequest, match="redirects from https to http"):
        await get("https://a.test/", FakeResolver({"a.test": ["8.8.8.8"]}))
    assert len(connections.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0"),
        *("localhost", "localhost.", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]"),
        *("[0:0:0:0:0:ffff:7f00:1]", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1"),
        *("169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "[fe80::1]"),
    ],
)
async def test_spellings_of_private_addresses(connections: Connections, host: str) -> None:
    """A private address is refused in every spelling that the system's resolver knows."""
    with pytest.raises(InvalidRequest):
        await get(f"http://{host}/", system_addresses)
    assert not connections.requests


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".test", "a..b", "%00"])
async def test_unknown_name(connections: Connections, host: str) -> None:
    """A host that does not exist, or is not a valid name, is refused."""
    with pytest.raises(InvalidRequest, match=r"cannot be found|not a valid web address"):
        await get(f"http://{host}/", system_addresses)


@pytest.mark.anyio
async def test_system_addresses() -> None:
    """The system's resolver returns each address once."""
    assert await system_addresses("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "does not lead to an http"),
        ("ftp://example.com/", "does not lead to an http"),
        ("file:///etc/passwd", "does not lead to an http"),
        ("//example.com/", "does not lead to an http"),
        ("http:///a.png", "does not lead to an http"),
        ("http://[::1/", "not a valid web address"),
        ("http://a.test:99999/", "impossible port"),
        ("http://a.test:0/", "impossible port"),
        ("http://a.test:port/", "not a valid web address"),
        ("http://user:hush@a.test/", "user name or password"),
        ("http://hush@a.test/?hush", "user name or password"),
        ("http://a.test/" + "long/" * 99 + "?hush", "cannot be found"),
    ],
)
async def test_refused_urls(connections: Connections, url: str, words: str) -> None:
    """Anything but a plain http(s) URL is refused in a short message without its secrets."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        await get(url, FakeResolver({}), allow_private=True)
    assert re.search("[一-鿿]", caught.value.message_zh)
    for sentence in (caught.value.message, caught.value.message_zh):
        assert len(sentence) < 200
        assert "hush" not in sentence
    assert not connections.requests


@pytest.mark.anyio
async def test_address_that_cannot_be_written() -> None:
    """An address with a scope (of one network interface) is refused too."""
    with pytest.raises(InvalidRequest):
        await get("http://a.test/", FakeResolver({"a.test": ["fe80::1%lo"]}), allow_private=True)


async def loopback(host: str, port: int) -> Sequence[str]:
    """A resolver with the loopback address for every host."""
    return ["127.0.0.1"]


@settings(max_examples=150)
@given(
    st.text()
    | st.builds("{}://{}{}".format, st.sampled_from(["http", "HTTPS"]), st.text(), st.text())
    | st.from_regex(r"https?://[a-z0-9.\-@:\[\]%]{1,20}(:[0-9]{1,6})?/?.{0,9}", fullmatch=True)
)
@example("http://\ud800/")
@example("http://a.test/?\ud800")
@example("http://xn--a/")
@example("http://a.test:" + "9" * 5000)
def test_any_url(url: str) -> None:
    """Any text is refused with a message, before any connection is opened."""

    async def ask() -> None:
        with pytest.raises(InvalidRequest) as caught:
            await get(url, loopback)
        caught.value.message.encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(safe_fetch, "_get")
        anyio.run(ask)
