"""One HTTP request and its whole answer, or which of two ways it went wrong.

The difference matters for a submission that is paid for: `NotSent` may be tried again, while
after `ResponseLost` the request may have been carried out.
"""

import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import anyio
import httpx

ANSWER_LIMIT: Final = 32 * 2**20
"""Bytes of an answer that are read at the most, after decompression: a hundred records stay well
under it."""


ENCODINGS: Final = "gzip"
"""What answers may be packed with. httpx unpacks more kinds, one in another, and each piece that
arrives as a whole: 64 KB may become gigabytes before anybody can count them."""


_GZIP: Final = 16 + zlib.MAX_WBITS


_PART: Final = 2**16
"""Bytes that are unpacked at a time."""


class NotSent(Exception):
    """No byte of the request left this machine."""


class ResponseLost(Exception):
    """The request may have arrived, and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that was read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes


def no_cookies() -> CookieJar:
    """A jar that stays empty: what an upstream sets is neither kept nor sent anywhere."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str],
    **request: Any,  # noqa: ANN401 - passed on to httpx as it is
) -> Answer:
    """Send a request and read its answer, within `timeout` seconds in all.

    Redirects are not followed: a request with a cookie goes where it was sent, or nowhere.

    Raises:
        NotSent: No connection could be made, or the client is closed.
        Lost: The connection broke, or the time was up.
    """
    if client.is_closed:  # a call that goes on after its program has said goodbye
        raise NotSent("closed")
    try:
        with anyio.fail_after(timeout):
            async with client.stream(
                method, url, headers={**headers, "Accept-Encoding": ENCODINGS}, **request
            ) as response:
                return Answer(response.status_code, response.headers, await _body(response))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotSent(type(error).__name__) from error
    except httpx.RemoteProtocolError as error:
        broken = type(error).__name__
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as error:
        raise ResponseLost(type(error).__name__) from error
    # Out here the error is in no chain: it quotes what came, which may name a credential.
    raise ResponseLost(broken)


async def _body(response: httpx.Response) -> bytes:
    """The body of an answer, unpacked piece by piece.

    It is empty when it cannot be unpacked or is too large: so it is nonsense to whoever reads it,
    and not a fault of the network, because the same would come for the same question.
    """
    packed = response.headers.get("Content-Encoding", "").strip().lower() == ENCODINGS
    unpacker = zlib.decompressobj(_GZIP) if packed else None
    body = io.BytesIO()
    async for piece in _pieces(response):
        try:
            for part in _unpacked(unpacker, piece) if unpacker else [piece]:
                body.write(part)
                if body.tell() > ANSWER_LIMIT:
                    return b""
        except zlib.error:
            return b""
    return body.getvalue()  # the buffer itself, not a copy


def _unpacked(unpacker: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    """What a piece comes to, in parts that are small however much it is."""
    part = b"."
    while not unpacker.eof and (piece or part):
        part = unpacker.decompress(piece, _PART)
        piece = unpacker.unconsumed_tail
        yield part


def _pieces(response: httpx.Response) -> httpx.AsyncByteStream:
    """What arrives, as it arrives."""
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the client is async
    return response.stream
