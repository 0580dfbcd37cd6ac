"""The network for every HTTP client: TLS that trusts the same certificates, and the proxies."""

import os
import socket
import ssl
from functools import cached_property, lru_cache
from typing import Final, Self

import httpx

from .errors import InvalidRequest
from .proxies import Proxies

SEND_BUFFER_BYTES: Final = 2**18


def tls_context() -> ssl.SSLContext:
    """The TLS context, which all clients of the process share: reading certificates takes 20 ms.

    It trusts `SSL_CERT_FILE` and `SSL_CERT_DIR`, or without them the certificates of `certifi`.

    Raises:
        InvalidRequest: One of the variables names no certificates.
    """
    return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=4)
def _tls_context(file: str | None, folder: str | None) -> ssl.SSLContext:
    if not file and not folder:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except OSError:  # no such file, or no certificate in it
        raise InvalidRequest(
            "SSL_CERT_FILE names no readable file with certificates in PEM format; correct it, or"
            " unset it.",
            "SSL_CERT_FILE 指向的不是可读的 PEM 证书文件，请改正或取消该变量。",
        ) from None


class Network(httpx.AsyncBaseTransport):
    """A transport with pooled connections.

    Args:
        limits: The limits of the connections; for each proxy too.
        use_proxies: Whether requests go through the proxies of the environment.
    """

    def __init__(self, limits: httpx.Limits | None = None, *, use_proxies: bool = True) -> None:
        self._limits = limits or httpx.Limits()
        self._use_proxies = use_proxies
        self._transports: dict[str | None, httpx.AsyncHTTPTransport] = {}

    @cached_property
    def _environment(self) -> tuple[Proxies, ssl.SSLContext]:
        proxies = Proxies.from_environment() if self._use_proxies else Proxies({})
        return proxies, tls_context()

    def check(self) -> Self:
        """Read the environment now instead of at the first request; returns the transport.

        Raises:
            InvalidRequest: A variable of a proxy or of the certificates is unusable.
        """
        _ = self._environment
        return self

    def proxy_for(self, url: httpx.URL) -> str | None:
        """The URL of the proxy for a URL; None if its requests are sent directly.

        Raises:
            InvalidRequest: As `check`.
        """
        return self._environment[0].proxy_for(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, through the proxy for its URL if there is one.

        Raises:
            InvalidRequest: As `check`.
            httpx.ProxyError: The proxy could not be reached, or refused. Nothing was sent.
            httpx.TransportError: As httpx's own transport.
        """
        proxy = self.proxy_for(request.url)
        if proxy not in self._transports:
            self._transports[proxy] = self._open(proxy)
        try:
            return await self._transports[proxy].handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if proxy is None or _untrusted(error):
                raise
            raise httpx.ProxyError(type(error).__name__, request=request) from error

    def _open(self, proxy: str | None) -> httpx.AsyncHTTPTransport:
        _, tls = self._environment
        tls_of_proxy = tls if proxy and proxy.lower().startswith("https:") else None
        return httpx.AsyncHTTPTransport(
            verify=tls,
            trust_env=False,
            limits=self._limits,
            # What lies in the system's buffer at the end of an upload counts as sent: it must not
            # be more than a thin line sends while the response is waited for.
            socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)],
            proxy=httpx.Proxy(proxy, ssl_context=tls_of_proxy) if proxy else None,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()


def explain(error: httpx.TransportError) -> tuple[str, str] | None:
    """Sentences about a failed connection, in English and Chinese; None if the cause is unknown."""
    if untrusted := _untrusted(error):
        en = (
            f"The server's certificate is not trusted ({untrusted}); behind a company's proxy set"
            " SSL_CERT_FILE to its CA certificates (docs/troubleshooting.md)."
        )
        zh = (
            f"服务器的证书不受信任（{untrusted}）；若使用公司代理，请把 SSL_CERT_FILE"
            " 设为其 CA 证书文件（见 docs/troubleshooting.zh.md）。"
        )
    elif isinstance(error, httpx.ProxyError):
        en = (
            "The proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be reached or refuses;"
            " start it, or correct or unset the variable (docs/troubleshooting.md)."
        )
        zh = (
            "HTTP_PROXY、HTTPS_PROXY 或 ALL_PROXY 指定的代理无法连接或拒绝了请求；"
            "请启动代理，或改正、取消该变量（见 docs/troubleshooting.zh.md）。"
        )
    else:
        return None
    return en, zh


def tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error that caused another error, if one did."""
    for _ in range(20):  # a chain of errors may be a circle
        if error is None or isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _untrusted(error: BaseException) -> str | None:
    """Why a certificate is not trusted, in OpenSSL's words; None for any other error."""
    cause = tls_error(error)
    return cause.verify_message[:100] if isinstance(cause, ssl.SSLCertVerificationError) else None
