"""Reading one file from the web, so that a caller's URL cannot reach into the private network.

The name is resolved once and every address it has must be a public one; the connection then goes
to that very address, so a second answer of the name server (DNS rebinding) changes nothing. A
redirect is a new URL and is checked like the first.

Requests go through httpx's transport and not its client: the client would add cookies, `.netrc`
and proxies, and log the whole URL, whose query may be a signature. `safehttpx` is not used: its
transport loses the time-outs and the port, sends names that are not ASCII as they are, and its
address check lets 100.64.0.0/10, fec0::/10 and 6to4 through.
"""

import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cache

import anyio
import anyio.to_thread
import httpx

from jimeng_core.errors import InvalidRequest

MAX_REDIRECTS = 3
"""How often a URL may send on to another."""

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name, for connections to a port. Raises OSError when there are none."""

_MAX_ADDRESSES = 4


_SHOWN = 80  # characters of a URL in a message


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


_HEADERS = {"User-Agent": "jimeng-studio", "Accept": "*/*", "Accept-Encoding": "identity"}

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


_NOT_PUBLIC = (
    # What is_global calls global, in one Python or another, and is not for us.
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments; metadata services too
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.ip_network("2002::/16"),  # 6to4, which carries IPv4 addresses inside
)


async def system_addresses(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows, best first, without doubles.

    Raises:
        OSError: The name has no address.
        UnicodeError: It cannot be a name.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's: not private, local, shared or reserved.

    Of IPv6 only global unicast is (2000::/3); that leaves out NAT64, site-local and mapped private
    addresses in one rule, whatever this Python's own tables know.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped
        if mapped is None and ip not in _GLOBAL_UNICAST:
            return False
        ip = mapped or ip
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    return not any(ip in network for network in _NOT_PUBLIC)


async def fetch_bytes(
    url: str,
    *,
    limit: int,
    timeout: float,
    allow_private: bool,
    resolve: Resolver = system_addresses,
) -> bytes:
    """The file at a URL.

    Args:
        url: Where it is, http or https, without user name and password.
        limit: The most bytes it may have.
        timeout: Seconds for all of it: resolving, connecting, redirects, reading.
        allow_private: Whether addresses of private networks may be connected to.
        resolve: Who knows the addresses of a name.

    Raises:
        InvalidRequest: It cannot be had. The sentence shows no query and no password.
    """
    target = _parsed(url, None)
    try:
        with anyio.fail_after(timeout):
            for _ in range(MAX_REDIRECTS + 1):
                addresses = await _checked_addresses(target, resolve, allow_private=allow_private)
                got = await _ask(target, addresses, limit=limit, seconds=timeout)
                if isinstance(got, bytes):
                    return got
                target = got
    except (TimeoutError, httpx.TimeoutException):
        raise _refused(
            target,
            f"was not read within {timeout:g} seconds; try again, or give the file itself.",
            f"在 {timeout:g} 秒内没有读完，请重试，或直接提供图片文件。",
        ) from None
    except httpx.HTTPError as error:
        raise _refused(target, *_what_broke(error)) from None
    raise _refused(
        target,
        f"is behind more than {MAX_REDIRECTS} redirects; give the final address.",
        f"重定向超过 {MAX_REDIRECTS} 次，请填写最终的网址。",
    )


def _parsed(text: str, origin: httpx.URL | None) -> httpx.URL:
    """A URL that may be asked; `origin` is the URL whose redirect named it."""
    try:
        url = httpx.URL(text) if origin is None else origin.join(text)
    except (httpx.InvalidURL, ValueError):  # ValueError: of half a character (a lone surrogate)
        raise _refused(
            origin, "is not a valid web address; correct it.", "不是有效的网址，请改正。"
        ) from None
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise _refused(
            origin,
            "does not lead to an http:// or https:// address with a host; give one that does.",
            "不是带主机名的 http:// 或 https:// 网址，请改正。",
        )
    if url.userinfo:
        raise _refused(
            url,
            "holds a user name or password; give an address that opens without.",
            "包含用户名或密码，请提供无需登录即可打开的网址。",
        )
    if url.port is not None and not 0 < url.port < 1 << 16:
        raise _refused(url, "has an impossible port; correct it.", "端口号无效，请改正。")
    if origin is not None and origin.scheme == "https" and url.scheme == "http":
        raise _refused(
            origin,
            "redirects from https to http; give an address that stays on https.",
            "从 https 重定向到了 http，请提供始终使用 https 的网址。",
        )
    return url


async def _checked_addresses(
    url: httpx.URL, resolve: Resolver, *, allow_private: bool
) -> Sequence[str]:
    """The addresses of a URL's host, all of them public unless private ones are allowed."""
    try:
        addresses = await resolve(url.raw_host.decode("ascii"), _port(url))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise _refused(
            url,
            "names a host that cannot be found; check the address.",
            "的主机名无法解析，请检查网址。",
        )
    # One private address among public ones is enough to refuse: which one is used is not ours
    # to choose on the next try.
    if not allow_private and not all(is_public(address) for address in addresses):
        raise _refused(
            url,
            "leads to a private or reserved network address; give a public address, or the file"
            " itself.",
            "指向内网或保留地址，请提供公网网址，或直接提供图片文件。",
        )
    return addresses[:_MAX_ADDRESSES]


async def _ask(
    url: httpx.URL, addresses: Sequence[str], *, limit: int, seconds: float
) -> bytes | httpx.URL:
    """One request: the body, or the URL it redirects to."""
    context = await anyio.to_thread.run_sync(_tls_context)
    # A transport of its own for each hop: a kept connection would be taken again for another
    # name at the same address, whose certificate nobody looked at.
    async with httpx.AsyncHTTPTransport(verify=context) as transport:
        response = await _first_answer(transport, url, addresses, seconds)
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return _parsed(response.headers["location"], url)
            return await _body(url, response, limit)
        finally:
            await response.aclose()


@cache
def _tls_context() -> ssl.SSLContext:
    """Whom to trust. Reading the certificates takes a while: once, and not in the event loop."""
    return httpx.create_ssl_context()


async def _first_answer(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[str], seconds: float
) -> httpx.Response:
    """The answer of the first address that can be connected to."""
    connect = seconds / len(addresses)  # one dead address must not use up the whole time
    requests = [_request(url, address, connect) for address in addresses]
    for request in requests[:-1]:
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await transport.handle_async_request(request)
    return await transport.handle_async_request(requests[-1])


def _request(url: httpx.URL, address: str, connect: float) -> httpx.Request:
    """A request that goes to `address`, while the server and its certificate are asked by name."""
    return httpx.Request(
        "GET",
        url.copy_with(host=address),
        headers={"Host": url.netloc.decode("ascii"), **_HEADERS},
        extensions={
            "sni_hostname": url.raw_host.decode("ascii").rstrip("."),
            "timeout": {"connect": connect},
        },
    )


async def _body(url: httpx.URL, response: httpx.Response, limit: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise _refused(
            url,
            f"answered with status {response.status_code}; check that it opens without a login.",
            f"返回了状态码 {response.status_code}，请确认无需登录即可打开。",
        )
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # It was asked for plain. Unpacking could turn a few bytes into gigabytes.
        raise _refused(
            url,
            "is sent compressed; give an address that sends the plain file, or the file itself.",
            "以压缩编码返回，请提供直接返回原文件的网址，或直接提供图片文件。",
        )
    body = bytearray()
    # Of a length that is announced, h11 has checked that it is a number of at most 20 digits.
    too_large = int(response.headers.get("content-length", "0")) > limit
    if not too_large:
        async for chunk in response.aiter_raw():
            body += chunk
            if too_large := len(body) > limit:
                break
    if too_large:
        most = f"{limit / (1 << 20):.3g} MB"
        raise _refused(
            url,
            f"is larger than {most}; give a smaller file.",
            f"超过 {most}，请提供更小的文件。",
        )
    return bytes(body)


def _what_broke(error: httpx.HTTPError) -> tuple[str, str]:
    """What a failed exchange means, in English and Chinese."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return (
                "offers no valid TLS connection; check its certificate, or give the file itself.",
                "的 TLS 连接或证书无效，请检查网址，或直接提供图片文件。",
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return (
            "cannot be connected to; check the address, or give the file itself.",
            "无法连接，请检查网址，或直接提供图片文件。",
        )
    return (
        "broke off or did not answer in HTTP; try again, or give the file itself.",
        "连接中断或返回的不是 HTTP，请重试，或直接提供图片文件。",
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx.URL) -> str:
    """What may stand in a message: no user, no password, no query, and not too long."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    text = f"{url.scheme}://{url.netloc.decode('ascii')}{path}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _refused(url: httpx.URL | None, en: str, zh: str) -> InvalidRequest:
    """The error about a URL, or about one that cannot even be shown."""
    if url is None:
        return InvalidRequest(f"the address {en}", f"该网址{zh}")
    return InvalidRequest(f"{_shown(url)} {en}", f"{_shown(url)} {zh}")
