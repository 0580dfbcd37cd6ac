"""One HTTP request and its whole answer, or which of two ways it went wrong.

The difference matters for a submission that is paid for: `NotSent` may be tried again, `Lost` may
have been carried out.
"""

from dataclasses import dataclass
from typing import Any

import anyio
import httpx

ANSWER_LIMIT = 32 * 2**20
"""Bytes of an answer that are read at the most, after decompression: a hundred records stay well
under it."""


class NotSent(Exception):
    """No byte of the request left this machine."""


class Lost(Exception):
    """The request may have arrived, and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that was read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    timeout: float,
    **request: Any,  # noqa: ANN401 - passed on to httpx as it is
) -> Answer:
    """Send a request and read its answer, within `timeout` seconds in all.

    Redirects are not followed: a request with a cookie goes where it was sent, or nowhere.

    Raises:
        NotSent: No connection could be made.
        Lost: The connection broke, the time was up, or the answer was too large.
    """
    try:
        with anyio.fail_after(timeout):
            async with client.stream(method, url, **request) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT:
                        raise Lost(f"an answer of more than {ANSWER_LIMIT} bytes")
                return Answer(response.status_code, response.headers, bytes(body))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotSent(type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError) as error:
        raise Lost(type(error).__name__) from error
