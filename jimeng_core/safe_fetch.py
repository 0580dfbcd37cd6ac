"""Download of a caller's URL that cannot reach into a private network (SSRF).

The host is resolved once and all its addresses must be public; the connection goes to one of these
addresses, so that a second DNS response (rebinding) has no effect. Redirects are checked likewise.

Requests use httpx's transport, not its client, which would add cookies, `.netrc` and proxies, and
log the whole URL, whose query may be a signature. `safehttpx` is not used: its transport drops
time-outs and the port and does not encode names that are not ASCII, and its address check accepts
100.64.0.0/10, fec0::/10 and 6to4.
"""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import anyio
import anyio.to_thread
import httpx

from jimeng_core.errors import InvalidRequest
from jimeng_core.network import tls_context, tls_error

MAX_REDIRECTS = 10

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host, for connections to a port; raises OSError if unknown."""

_MAX_ADDRESSES = 4
_MAX_SHOWN = 80
"""Characters of a URL in a message."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"})
"""Encodings that change a body; object stores name others that do not (`aws-chunked`, `utf-8`)."""
_LINE_BREAKS = str.maketrans("", "", "\t\r\n")
_HEADERS = {"User-Agent": "jimeng-studio", "Accept": "*/*", "Accept-Encoding": "identity"}
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = (
    # Global by `is_global` of some Python version, but not public.
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments; metadata services too
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.ip_network("2002::/16"),  # 6to4, which carries IPv4 addresses inside
)


async def system_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver, best first, without duplicates.

    Raises:
        OSError: The host has no address.
        UnicodeError: It is not a valid name.
    """
    infos = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet: not private, local, shared or reserved.

    Of IPv6 only global unicast is (2000::/3), which excludes NAT64, site-local and mapped private
    addresses in every Python version.
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
    """Download a file.

    Args:
        url: An http or https URL without user name and password.
        limit: The largest size, in bytes.
        timeout: Seconds for the whole download: resolving, connecting, redirects, reading.
        allow_private: Whether addresses of private networks are allowed.
        resolve: Resolves the host.

    Raises:
        InvalidRequest: The download failed. The message contains no query and no password.
    """
    target = parse_url(url)
    try:
        with anyio.fail_after(timeout):
            for _ in range(MAX_REDIRECTS + 1):
                addresses = await _checked_addresses(target, resolve, allow_private=allow_private)
                response = await _get(target, addresses, limit=limit, seconds=timeout)
                if isinstance(response, bytes):
                    return response
                target = response
    except (TimeoutError, httpx.TimeoutException):
        raise _refused(
            target,
            f"was not read within {timeout:g} seconds; try again, or give the file itself.",
            f"在 {timeout:g} 秒内没有读完，请重试，或直接提供文件。",
        ) from None
    except httpx.HTTPError as error:
        raise _refused(target, *_why_broken(error)) from None
    raise _refused(
        target,
        f"is behind more than {MAX_REDIRECTS} redirects; give the final address.",
        f"重定向超过 {MAX_REDIRECTS} 次，请填写最终的网址。",
    )


def parse_url(text: str, origin: httpx.URL | None = None) -> httpx.URL:
    """Parse and check a URL, or a redirect from the URL `origin`.

    Like browsers, drops line breaks and tabs, and encodes spaces.

    Raises:
        InvalidRequest: It cannot be fetched.
    """
    text = text.strip().translate(_LINE_BREAKS)
    try:
        url = httpx.URL(text) if origin is None else origin.join(text)
    except (httpx.InvalidURL, ValueError):  # ValueError: a lone surrogate
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
    """Resolve the host of a URL; all addresses must be public unless private ones are allowed."""
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        addresses = await resolve(url.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise _refused(
            url,
            "names a host that cannot be found; check the address.",
            "的主机名无法解析，请检查网址。",
        )
    # One private address is enough to refuse: another connection could use it.
    if not allow_private and not all(is_public(address) for address in addresses):
        raise _refused(
            url,
            "leads to a private or reserved network address; give a public address, or the file"
            " itself.",
            "指向内网或保留地址，请提供公网网址，或直接提供文件。",
        )
    return addresses[:_MAX_ADDRESSES]


async def _get(
    url: httpx.URL, addresses: Sequence[str], *, limit: int, seconds: float
) -> bytes | httpx.URL:
    """Make one request; returns the body, or the URL of a redirect."""
    context = await anyio.to_thread.run_sync(tls_context)  # it may have to be read
    # Each redirect has its own transport: a pooled connection would be reused for another host at
    # the same address, without a check of its certificate.
    async with httpx.AsyncHTTPTransport(verify=context, trust_env=False) as transport:
        response = await _first_response(transport, url, addresses, seconds)
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return parse_url(response.headers["location"], url)
            return await _body(url, response, limit)
        finally:
            await response.aclose()


async def _first_response(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[str], seconds: float
) -> httpx.Response:
    """The response of the first address that accepts a connection."""
    connect = seconds / len(addresses)  # an unreachable address must not use up the timeout
    requests = [_request(url, address, connect) for address in addresses]
    for request in requests[:-1]:
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await transport.handle_async_request(request)
    return await transport.handle_async_request(requests[-1])


def _request(url: httpx.URL, address: str, connect: float) -> httpx.Request:
    """A request to `address`, with the host name in its header and its TLS handshake."""
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
    encodings = re.split(r"[\s,]+", response.headers.get("content-encoding", "").lower())
    if not _COMPRESSED.isdisjoint(encodings):
        # Identity was requested: a few compressed bytes could become gigabytes.
        raise _refused(
            url,
            "is sent compressed; give an address that sends the plain file, or the file itself.",
            "以压缩编码返回，请提供直接返回原文件的网址，或直接提供文件。",
        )
    body = bytearray()
    # h11 has checked that Content-Length is a number of at most 20 digits.
    too_large = int(response.headers.get("content-length", "0")) > limit
    if not too_large:
        async for chunk in response.aiter_raw():
            body += chunk
            if too_large := len(body) > limit:
                break
    if too_large:
        size = f"{limit / (1 << 20):.3g} MB"
        raise _refused(
            url, f"is larger than {size}; give a smaller file.", f"超过 {size}，请提供更小的文件。"
        )
    return bytes(body)


def _why_broken(error: httpx.HTTPError) -> tuple[str, str]:
    """The sentences of a failed request, in English and Chinese."""
    if tls_error(error):
        return (
            "offers no valid TLS connection; check its certificate, or give the file itself.",
            "的 TLS 连接或证书无效，请检查网址，或直接提供文件。",
        )
    if isinstance(error, httpx.ConnectError):
        return (
            "cannot be connected to; check the address, or give the file itself.",
            "无法连接，请检查网址，或直接提供文件。",
        )
    return (
        "broke off or did not answer in HTTP; try again, or give the file itself.",
        "连接中断或返回的不是 HTTP，请重试，或直接提供文件。",
    )


def _shown(url: httpx.URL) -> str:
    """A URL as messages show it: without user, password and query, and shortened."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    text = f"{url.scheme}://{url.netloc.decode('ascii')}{path}"
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def _refused(url: httpx.URL | None, en: str, zh: str) -> InvalidRequest:
    """The error of a URL; None: of one that cannot be parsed."""
    if url is None:
        return InvalidRequest(f"The address {en}", f"该网址{zh}")
    return InvalidRequest(f"{_shown(url)} {en}", f"{_shown(url)} {zh}")
