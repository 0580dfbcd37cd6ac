"""HTTP requests to an upstream: bounded responses, and two kinds of failure.

A submission is paid for, so it matters which way it failed: after `NotSent` it may be sent again,
after `ResponseLost` it may have been carried out.
"""

import io
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import anyio
import httpx

from jimeng_core.errors import JimengError
from jimeng_core.network import Network, explain

from .json_reading import as_number, read_json

E = TypeVar("E", bound=JimengError)
T = TypeVar("T")

MAX_BODY_BYTES: Final = 32 * 2**20
"""The largest response body that is read, after decompression; 100 records are far smaller."""
NOT_SENT: Final = (
    *(httpx.ConnectError, httpx.ConnectTimeout),
    *(httpx.PoolTimeout, httpx.ProxyError),
)
"""Errors of httpx before the request is sent."""
SUBMISSIONS: Final = 32
"""Submissions of a client that are sent at once; the others wait in the order they came."""
OTHER_REQUESTS: Final = 10
"""Its other requests at once. They have slots of their own, so that look-ups do not wait for
submissions."""
_ENCODING: Final = "gzip"
"""The only content encoding that is accepted. httpx decodes more, nested ones too, and each chunk
as a whole: 64 KB may become gigabytes before their size can be checked."""
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_CHUNK_BYTES: Final = 2**16
_SECRET_LENGTH: Final = 12
"""Characters from which a credential is masked; a shorter one could be part of any word."""


class RequestFailed(Exception):
    """A request without a complete response.

    Args:
        code: What failed, in a few words.
        message: A sentence where more is known, in English.
        message_zh: The same in Chinese.
    """

    def __init__(
        self, code: str, message: str | None = None, message_zh: str | None = None
    ) -> None:
        super().__init__(code)
        self._texts = (message, message_zh)

    def as_error(self, kind: type[E]) -> E:
        """An error of the library that says what failed."""
        return kind(*self._texts, upstream_code=str(self))


class NotSent(RequestFailed):
    """No byte of the request reached the upstream."""


class ResponseLost(RequestFailed):
    """The request may have arrived, and no complete response came back."""


@dataclass(frozen=True, slots=True)
class Response:
    """A complete HTTP response."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds of `Retry-After`; None without one, or with its other form, a date."""
        seconds = as_number(self.headers.get("Retry-After"))
        return None if seconds is None else max(seconds, 0)

    @property
    def date(self) -> datetime | None:
        """The time in the `Date` header (UTC); None without one."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError, OverflowError):
            return None
        return date if date.tzinfo else date.replace(tzinfo=UTC)

    def json(self) -> object:
        """The body's JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return read_json(self.body)


class HttpClient:
    """A client of one upstream. It stores no cookies and follows no redirects.

    Args:
        timeout: Maximum duration of one request in seconds. It begins again with each piece of a
            large body, so that what limits an upload is a line that stands still, not a thin one.
        transport: Replaces the network; None for the network itself.
        use_proxies: Whether requests go through the proxies of the environment.

    Raises:
        InvalidRequest: A variable of a proxy or of the certificates is unusable.
    """

    def __init__(
        self,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        use_proxies: bool = True,
    ) -> None:
        self._timeout = timeout
        self._submissions = anyio.Semaphore(SUBMISSIONS, fast_acquire=True)
        self._others = anyio.Semaphore(OTHER_REQUESTS, fast_acquire=True)
        # The slots limit the connections, not the pool, for which waiting is a part of a request.
        limits = httpx.Limits(max_keepalive_connections=SUBMISSIONS + OTHER_REQUESTS)
        self._client = httpx.AsyncClient(
            # A connect timeout is reached before the whole time is up: then nothing was sent, and
            # a submission is not unconfirmed.
            timeout=httpx.Timeout(timeout, connect=timeout / 3),
            headers={"Accept-Encoding": _ENCODING},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            transport=transport or Network(limits, use_proxies=use_proxies).check(),
            trust_env=False,
        )

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        submission: bool = False,
        on_slot: Callable[[], None] | None = None,
        on_sent: Callable[[int], None] | None = None,
        **request: Any,  # noqa: ANN401
    ) -> Response:
        """Wait for a free slot, send a request and read its response.

        The timeout begins when the slot is free, and so does `auth`, which may sign the time.

        Args:
            method: The HTTP method.
            url: The URL.
            submission: Whether the request submits a task, which has slots of its own.
            on_slot: Called when the slot is free.
            on_sent: Called with the number of bytes of a large body that were sent, as it grows.
            request: Further arguments of httpx.

        Raises:
            NotSent: No connection could be made, the proxy refused, or the client is closed.
            ResponseLost: The connection broke, or the timeout was reached.
        """
        async with self._submissions if submission else self._others:
            if on_slot:
                on_slot()
            return await self._exchange(method, url, request, on_sent or (lambda _: None))

    async def _exchange(
        self, method: str, url: str, request: dict[str, Any], on_sent: Callable[[int], None]
    ) -> Response:
        if self._client.is_closed:
            raise NotSent("closed")
        try:
            with anyio.fail_after(self._timeout) as scope:
                content = request.get("content")
                if isinstance(content, bytes) and len(content) > _CHUNK_BYTES:
                    length = {"Content-Length": str(len(content))}
                    request["headers"] = {**request.get("headers", {}), **length}
                    request["content"] = _Pieces(content, scope, self._timeout, on_sent)
                async with self._client.stream(method, url, **request) as response:
                    body = _masked(await _read_body(response), response.request.headers)
                    return Response(response.status_code, response.headers, body)
        except NOT_SENT as error:
            raise NotSent(type(error).__name__, *(explain(error) or ())) from error
        except httpx.RemoteProtocolError as error:
            broken = type(error).__name__
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as error:
            raise ResponseLost(type(error).__name__) from error
        # Raised outside of the handler: the error quotes what came, which may name a credential,
        # and must not be in the chain.
        raise ResponseLost(broken)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


class _Pieces(httpx.AsyncByteStream):
    """A request's body in pieces; sending one extends the deadline of the request."""

    def __init__(
        self,
        body: bytes,
        scope: anyio.CancelScope,
        seconds: float,
        on_sent: Callable[[int], None],
    ) -> None:
        self._body = body
        self._scope = scope
        self._seconds = seconds
        self._on_sent = on_sent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces; resumed when one was sent."""
        for start in range(0, len(self._body), _CHUNK_BYTES):
            yield self._body[start : start + _CHUNK_BYTES]
            self._scope.deadline = anyio.current_time() + self._seconds
            self._on_sent(min(start + _CHUNK_BYTES, len(self._body)))


def _masked(body: bytes, headers: httpx.Headers) -> bytes:
    """A body without the credentials of its request: codes in it are shown to callers."""
    secrets = (
        headers.get("Authorization", "").partition("Bearer ")[2],
        headers.get("Cookie", "").partition("sessionid=")[2].partition(";")[0],
        headers.get("X-Amz-Security-Token", ""),
    )
    for secret in {*secrets, *map(unquote, secrets)}:
        if len(secret) >= _SECRET_LENGTH:
            body = body.replace(secret.encode(), b"***")
    return body


async def _read_body(response: httpx.Response) -> bytes:
    """The body of a response, decompressed piece by piece.

    It is empty when it cannot be decompressed or is too large. That is an unreadable response and
    no fault of the network, since the same request would get the same response.
    """
    compressed = response.headers.get("Content-Encoding", "").strip().lower() == _ENCODING
    decompressor = zlib.decompressobj(_GZIP_WINDOW) if compressed else None
    body = io.BytesIO()
    # Not by `aiter_raw`, which rejects the responses of transports that hold them in memory.
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for mypy
    async for chunk in response.stream:
        try:
            for part in _decompress(decompressor, chunk) if decompressor else [chunk]:
                body.write(part)
                if body.tell() > MAX_BODY_BYTES:
                    return b""
        except zlib.error:
            return b""
    return body.getvalue()  # the buffer itself, not a copy


def _decompress(decompressor: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """Decompress a chunk in small parts, however large the result is."""
    part = chunk
    while part and not decompressor.eof:
        part = decompressor.decompress(chunk, _CHUNK_BYTES)
        chunk = decompressor.unconsumed_tail
        yield part
