"""Response bodies: decompressed within bounds, and only as requested."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from jimeng_core.backends.http import MAX_BODY_BYTES, HttpClient, Response
from tests.each import each

pytestmark = pytest.mark.anyio
WORDS = json.dumps({"ret": "0", "data": {"words": "海" * 1000}}).encode()
RANDOM = json.dumps({str(n): n * 2654435761 % 2**32 for n in range(20_000)}).encode()


class Pieces(httpx.AsyncByteStream):
    """A body that arrives in pieces of a size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body = body
        self._size = size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]


async def response_of(body: bytes, encoding: str | None, size: int = 2**16) -> Response:
    """The response that is read for this body."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    sent: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, headers=headers, stream=Pieces(body, size))

    client = HttpClient(5, httpx.MockTransport(reply))
    answer = await client.exchange("GET", "https://x.example/")
    await client.aclose()
    assert sent[0].headers["accept-encoding"] == "gzip"
    return answer


@each("size", [1, 7, 1000, 2**16])
@each("body", [b"", b"{}", WORDS, RANDOM[:5000]])
async def test_compressed_or_not(body: bytes, size: int) -> None:
    """A body is the same compressed or not, in pieces of any size."""
    assert (await response_of(body, None, size)).body == body
    assert (await response_of(body, "identity", size)).body == body
    assert (await response_of(gzip.compress(body), "gzip", size)).body == body
    assert (await response_of(gzip.compress(body), " GZIP ", size)).body == body


@each("extra", [0, 1, 2**16, 2**16 + 1, 2**17 - 1])
async def test_large_and_compressed(extra: int) -> None:
    """Nothing of a large body is lost between two parts."""
    body = RANDOM + b"." * (5_000_000 + extra)
    assert (await response_of(gzip.compress(body), "gzip")).body == body


@each("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x-unknown", "identity, gzip"])
async def test_other_encodings(encoding: str) -> None:
    """An encoding that was not requested is not decoded: nested ones could hold anything."""
    body = gzip.compress(gzip.compress(bytes(10**6)))
    assert (await response_of(body, encoding)).body == body


@each("body", [b"no gzip", gzip.compress(WORDS)[:10] + b"\xff" * 100])
async def test_invalid_compression(body: bytes) -> None:
    """What cannot be decompressed is a response without a body."""
    response = await response_of(body, "gzip")
    assert (response.status, response.body) == (200, b"")


async def test_compressed_and_cut_off() -> None:
    """Of a compressed body that breaks off, the beginning is read; it is not JSON."""
    body = (await response_of(gzip.compress(RANDOM)[:-100], "gzip")).body
    assert body
    assert RANDOM.startswith(body)


@each("extra", [0, 1])
@each("encoding", [None, "gzip"])
async def test_the_largest_body(extra: int, encoding: str | None) -> None:
    """A body of the limit is read, and one byte more is not."""
    size = MAX_BODY_BYTES + extra
    body = gzip.compress(bytes(size), 1) if encoding else bytes(size)
    assert len((await response_of(body, encoding)).body) == (0 if extra else MAX_BODY_BYTES)


async def test_memory_of_a_bomb() -> None:
    """A body that expands a thousandfold takes no more memory than the limit."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = packer.compress(bytes(2**27)) + packer.flush()
    tracemalloc.start()
    try:
        response = await response_of(bomb, "gzip", len(bomb))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert response.body == b""
    assert peak < MAX_BODY_BYTES + 8 * 2**20
