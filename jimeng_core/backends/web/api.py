"""The site's endpoints: one signed POST, with refusals mapped to errors."""

import json
import secrets

import httpx

from jimeng_core.backends import logid
from jimeng_core.backends.http import HttpClient, NotSent, Response, ResponseLost
from jimeng_core.backends.json_reading import Json, as_object, as_text
from jimeng_core.backends.retries import retry_unsent
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.clock import Clock
from jimeng_core.errors import (
    NetworkError,
    RateLimited,
    SubmitUnconfirmed,
    UpstreamError,
    UpstreamUnreadable,
)

from . import signing
from .error_mapping import map_error


class SiteApi:
    """A session with the site.

    Args:
        token: The account's `sessionid`, sent in the cookie only.
        client: Sends the requests.
        base_url: The site's address.
        clock: This machine's clock.

    Attributes:
        clock: The site's clock: it dates the signatures, and decides how old a record is.
    """

    def __init__(self, token: str, client: HttpClient, base_url: str, clock: Clock) -> None:
        self.clock = UpstreamClock(clock)
        self._token = token
        self._client = client
        self._base_url = base_url
        # Any 19 digits do, as long as cookie and query agree (protocol 2 and 12).
        self._web_id = str(10**18 * 7 + secrets.randbelow(10**18))

    async def post(self, path: str, body: Json) -> Json:
        """Send a request that costs nothing and return the response's envelope.

        Raises:
            NetworkError: No connection, a broken one, or no response in time.
            UpstreamUnreadable: The response is not the site's.
            JimengError: The site refused it, by its `ret`.
        """
        try:
            return self._open_envelope(await self._exchange(path, body))
        except (NotSent, ResponseLost) as error:
            raise error.as_error(NetworkError) from error

    async def submit(self, path: str, body: Json, task_id: str) -> Json:
        """Send a request that costs credits and return the response's envelope.

        It is retried only while nothing was sent.

        Raises:
            NetworkError: It was not sent.
            SubmitUnconfirmed: It may have arrived: no response, a 5xx, or an unreadable one.
            JimengError: The site refused it, by its `ret`.
        """
        try:
            response = await retry_unsent(lambda: self._exchange(path, body, submission=True))
            status = response.status
            if not httpx.codes.is_server_error(status) and not httpx.codes.is_redirect(status):
                return self._open_envelope(response)
            lost = f"HTTP {status}"
        except NotSent as error:
            raise error.as_error(NetworkError) from error
        except ResponseLost as error:
            raise SubmitUnconfirmed(upstream_code=str(error), task_id=task_id) from error
        except UpstreamUnreadable as error:
            raise SubmitUnconfirmed(upstream_code=error.code, task_id=task_id) from error
        raise SubmitUnconfirmed(upstream_code=lost, task_id=task_id)

    def _open_envelope(self, response: Response) -> Json:
        """The JSON object around a response's data.

        The site answers even a refusal with 200 (protocol 5); any other status is a gateway's.
        """
        if response.status == httpx.codes.TOO_MANY_REQUESTS:
            limited = RateLimited(upstream_code=f"HTTP {response.status}")
            limited.retry_after = response.retry_after
            raise limited
        if not httpx.codes.is_success(response.status):
            raise UpstreamError(upstream_code=f"HTTP {response.status}")
        try:
            envelope = as_object(response.json())
        except ValueError as error:
            raise UpstreamUnreadable(upstream_code="not JSON") from error
        self.clock.observe(response, envelope.get("systime"))
        logid.note(as_text(envelope.get("logid")))
        ret = as_text(envelope.get("ret"))
        if ret is None:
            raise UpstreamUnreadable(upstream_code="no ret")
        if ret != "0":
            raise map_error(envelope)
        return envelope

    async def _exchange(self, path: str, body: Json, *, submission: bool = False) -> Response:
        def sign(request: httpx.Request) -> httpx.Request:
            request.headers.update(signing.headers(path, int(self.clock.now().timestamp())))
            return request

        response = await self._client.exchange(
            "POST",
            self._base_url + path,
            submission=submission,
            params=signing.query(self._web_id),
            headers={
                "Content-Type": "application/json",
                "Cookie": signing.cookie(self._token, self._web_id),
            },
            content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            auth=sign,
        )
        self.clock.observe(response)  # a gateway's refusal names the time too
        return response
