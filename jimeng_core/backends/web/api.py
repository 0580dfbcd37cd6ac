"""The site's own endpoints: one signed POST, its envelope opened, its refusals named."""

import json
import secrets

import httpx
import stamina

from jimeng_core.backends.http import Answer, NotSent, ResponseLost, exchange
from jimeng_core.backends.json_reading import Json, as_number, as_object, as_text, read_json
from jimeng_core.clock import Clock
from jimeng_core.errors import (
    NetworkError,
    RateLimited,
    SubmitUnconfirmed,
    UpstreamError,
    UpstreamUnreadable,
)

from . import signing, wire
from .error_mapping import map_error


class SiteApi:
    """A session with the site.

    Args:
        token: The account's `sessionid`. It goes into the cookie, and nowhere else.
        client: Sends the requests; whoever made it closes it.
        base_url: The site's address.
        timeout: Seconds that one request may take.
        clock: Where the time of a signature comes from.
    """

    def __init__(
        self, token: str, client: httpx.AsyncClient, base_url: str, timeout: float, clock: Clock
    ) -> None:
        self._token = token
        self._client = client
        self._base_url = base_url
        self._timeout = timeout
        self._clock = clock
        # Any 19 digits do, as long as cookie and query agree (protocol 2 and 12).
        self._web_id = str(10**18 * 7 + secrets.randbelow(10**18))

    async def ask(self, path: str, body: Json) -> Json:
        """POST something that may be asked as often as one likes; gives the answer's envelope.

        Raises:
            NetworkError: No connection, a broken one, or no answer in time.
            UpstreamUnreadable: The answer is not the site's.
            JimengError: The site's refusal, by its `ret`.
        """
        try:
            answer = await self._post(path, body)
        except (NotSent, ResponseLost) as error:
            raise NetworkError(upstream_code=str(error)) from error
        _judge_status(answer)
        return _open(answer)

    async def send(self, path: str, body: Json, task_id: str) -> Json:
        """POST something that costs; gives the answer's envelope.

        Only a connection that never came about is tried again, since then no byte left.

        Raises:
            NetworkError: It surely was not sent.
            SubmitUnconfirmed: It may have arrived: no answer, a 5xx, or one that cannot be read.
            JimengError: The site's refusal, by its `ret`.
        """
        try:
            # Its log tells no arguments: a draft holds what its author wrote.
            async for attempt in stamina.retry_context(
                on=NotSent, attempts=3, timeout=15, wait_initial=0.2, wait_max=2
            ):
                with attempt:
                    answer = await self._post(path, body)
        except NotSent as error:
            raise NetworkError(upstream_code=str(error)) from error
        except ResponseLost as error:
            raise SubmitUnconfirmed(upstream_code=str(error), task_id=task_id) from error
        if httpx.codes.is_server_error(answer.status) or httpx.codes.is_redirect(answer.status):
            raise SubmitUnconfirmed(upstream_code=f"HTTP {answer.status}", task_id=task_id)
        try:
            _judge_status(answer)
            return _open(answer)
        except UpstreamUnreadable as error:
            raise SubmitUnconfirmed(upstream_code=error.code, task_id=task_id) from error

    async def _post(self, path: str, body: Json) -> Answer:
        seconds = int(self._clock.now().timestamp())
        return await exchange(
            self._client,
            "POST",
            self._base_url + path,
            timeout=self._timeout,
            params=signing.query(self._web_id),
            headers={
                **signing.headers(path, seconds, wire.SITE),
                "Content-Type": "application/json",
                "Cookie": signing.cookie(self._token, self._web_id),
            },
            content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        )


def _judge_status(answer: Answer) -> None:
    """The site answers 200 even to what it refuses (protocol 5); all else is a gateway's word."""
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        limited = RateLimited(upstream_code=f"HTTP {answer.status}")
        limited.retry_after = _retry_after(answer)
        raise limited
    if not httpx.codes.is_success(answer.status):  # another 2xx is judged by its body
        raise UpstreamError(upstream_code=f"HTTP {answer.status}")


def _retry_after(answer: Answer) -> float | None:
    """Seconds, where the header gives them; its other form, a date, is not seen of gateways."""
    seconds = as_number(answer.headers.get("Retry-After"))
    return max(seconds, 0) if seconds is not None else None


def _open(answer: Answer) -> Json:
    try:
        envelope = as_object(read_json(answer.body))
    except (ValueError, RecursionError) as error:
        raise UpstreamUnreadable(upstream_code="not JSON") from error
    ret = as_text(envelope.get("ret"))
    if ret is None:
        raise UpstreamUnreadable(upstream_code="no ret")
    if ret != "0":
        raise map_error(envelope)
    return envelope
