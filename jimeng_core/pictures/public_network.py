"""The network without private addresses (SSRF), for URLs that an upstream has chosen."""

from collections.abc import Sequence

import anyio
import httpx

from jimeng_core.network import Network
from jimeng_core.safe_fetch import Resolver, is_public, system_addresses


class PrivateAddress(Exception):
    """A URL leads to an address that is not on the public internet."""


class PublicNetwork(httpx.AsyncBaseTransport):
    """A transport that connects to public addresses only, also after a redirect.

    The host is resolved once and all its addresses must be public; the connection goes to one of
    these, so that a second DNS response has no effect. A proxy of the environment resolves names
    itself: it gets those that are public or unknown here.

    Args:
        allow_private: Whether private addresses are allowed as well.
        resolve: Resolves hosts.
    """

    def __init__(self, *, allow_private: bool, resolve: Resolver = system_addresses) -> None:
        # A pooled connection would be used for another host at the same address, without a check
        # of its certificate.
        once = httpx.Limits(max_keepalive_connections=0)
        self._network = Network(once)
        self._direct = Network(once, use_proxies=False)
        self._allow_private = allow_private
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            PrivateAddress: It leads to a private address.
            InvalidRequest: A variable of a proxy or of the certificates is unusable.
            httpx.TransportError: As httpx's own transport.
        """
        proxied = self._network.proxy_for(request.url) is not None
        if self._allow_private:
            return await self._network.handle_async_request(request)
        addresses = await self._addresses(request)
        if not all(map(is_public, addresses)):
            raise PrivateAddress
        if proxied:
            return await self._network.handle_async_request(request)
        return await self._connect(request, addresses)

    async def _addresses(self, request: httpx.Request) -> Sequence[str]:
        """The addresses of a request's host; none if it is unknown."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            with anyio.fail_after(request.extensions["timeout"]["connect"]):
                return await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError):  # TimeoutError too
            return ()

    async def _connect(self, request: httpx.Request, addresses: Sequence[str]) -> httpx.Response:
        """The response of the first address that accepts a connection."""
        error = httpx.ConnectError("unknown host", request=request)
        name = request.url.raw_host.decode("ascii").rstrip(".")
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # `Host` is among them
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": name},
            )
            try:
                return await self._direct.handle_async_request(pinned)
            except httpx.ConnectError as refused:
                error = refused
        raise error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._network.aclose()
        await self._direct.aclose()
