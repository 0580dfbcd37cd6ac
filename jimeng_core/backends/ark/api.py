"""Ark's four calls over HTTP (Ark protocol A2), with refusals mapped to errors."""

from collections.abc import Callable

import httpx

from jimeng_core.backends.http import HttpClient, NotSent, Response, ResponseLost
from jimeng_core.backends.json_reading import Json, as_object, as_text
from jimeng_core.backends.retries import retry_unsent
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.clock import Clock
from jimeng_core.errors import (
    JimengError,
    NetworkError,
    NotFound,
    RateLimited,
    SubmitUnconfirmed,
    UpstreamUnreadable,
)

from . import wire
from .error_mapping import is_unknown_task, map_error
from .rate_limiter import RateLimiter
from .records import is_task_id, records_of

QueryParams = dict[str, int | str | list[str]]
"""Query parameters; a list repeats the key."""


class ArkApi:
    """The API of one account.

    Args:
        key: The API key, sent in the Authorization header only.
        client: Sends the requests.
        base_url: The API's address including the version.
        timeout: Timeout of one request in seconds; a list waits up to twice as long for its turn.
        clock: Times the list requests.

    Attributes:
        clock: Ark's clock.
    """

    def __init__(
        self, key: str, client: HttpClient, base_url: str, timeout: float, clock: Clock
    ) -> None:
        self.clock = UpstreamClock(clock)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._client = client
        self._tasks = base_url + wire.TASKS
        self._max_wait = 2 * timeout
        self._list_limiter = RateLimiter(clock, wire.LIST_SECONDS)

    async def create(self, body: bytes) -> str:
        """Create a task and return its id.

        It is retried only while nothing was sent: Ark has no idempotency key (Ark protocol 0.6).

        Raises:
            NetworkError: It was not sent.
            SubmitUnconfirmed: It may have arrived: no response, a 5xx, or an unreadable one.
            JimengError: Ark refused it.
        """
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            response = await retry_unsent(
                lambda: self._client.exchange(
                    "POST", self._tasks, submission=True, headers=headers, content=body
                )
            )
        except NotSent as error:
            raise error.as_error(NetworkError) from error
        except ResponseLost as error:
            raise _unconfirmed(str(error)) from error
        self.clock.observe(response)
        status = response.status
        if httpx.codes.is_client_error(status) and status != httpx.codes.REQUEST_TIMEOUT:
            raise _refusal(response)
        task_id = as_text(as_object(_json(response)).get("id"))
        if not httpx.codes.is_success(status) or task_id is None:
            raise _unconfirmed(f"HTTP {status}")
        if not is_task_id(task_id):
            raise _unconfirmed(f"id {task_id[:60]}")
        return task_id

    async def get(self, task_id: str) -> object:
        """The record of a task as received; None if Ark does not know the id.

        Raises:
            NetworkError: No connection, a broken one, or no response in time.
            UpstreamUnreadable: The response is not Ark's.
            JimengError: Ark refused it.
        """
        response = await self._request("GET", f"{self._tasks}/{task_id}")
        if is_unknown_task(response.status, _json(response)):
            return None
        return _success_body(response)

    async def list_tasks(self, task_ids: list[str], tier: str = "") -> list[Json]:
        """The records of the ids that Ark knows.

        Args:
            task_ids: The ids.
            tier: Their `service_tier`; a list has only tasks of one (Ark protocol A2, likely).

        Raises:
            RateLimited: The wait for its turn would be too long; nothing was sent.
            JimengError: As for `get`.
        """
        size = len(task_ids)
        query: QueryParams = {"page_num": 1, "page_size": size, "filter.task_ids": task_ids}
        return await self._list(query, tier)

    async def list_newest(self, tier: str = "") -> list[Json]:
        """The records of the first page, at the largest size.

        That it holds the newest tasks is a guess: no order is documented (Ark protocol F3). It does
        not matter for an account with fewer tasks a week than the page holds.

        Raises:
            JimengError: As for `list_tasks`.
        """
        return await self._list({"page_num": 1, "page_size": wire.LIST_PAGE}, tier)

    async def delete(self, task_id: str) -> None:
        """Cancel a queued task, or erase the record of a finished one (Ark protocol A2).

        Raises:
            NotFound: Ark does not know the id.
            JimengError: As for `get`.
        """
        response = await self._request("DELETE", f"{self._tasks}/{task_id}")
        if is_unknown_task(response.status, _json(response)):
            raise NotFound(task_id=task_id)
        if not httpx.codes.is_success(response.status):
            raise _refusal(response)

    async def _list(self, query: QueryParams, tier: str) -> list[Json]:
        if tier:
            query["filter.service_tier"] = tier
        async with self._list_limiter.turn(self._max_wait) as leave:
            response = await self._request("GET", self._tasks, query, leave)
        records = records_of(_success_body(response))
        if records is None:
            raise UpstreamUnreadable(upstream_code="no items")
        return records

    async def _request(
        self,
        method: str,
        url: str,
        query: QueryParams | None = None,
        on_slot: Callable[[], None] | None = None,
    ) -> Response:
        try:
            response = await self._client.exchange(
                method, url, on_slot=on_slot, headers=self._headers, params=query
            )
        except (NotSent, ResponseLost) as error:
            raise error.as_error(NetworkError) from error
        self.clock.observe(response)
        return response


def _unconfirmed(upstream_code: str) -> SubmitUnconfirmed:
    """The error of a create whose response was lost; no id is known that could find its task."""
    return SubmitUnconfirmed(
        "The answer to the submission was lost and the task may exist; look for it among the newest"
        " tasks in the Ark console before you submit again.",
        "提交后没有收到回应，任务可能已经存在；请先在火山方舟控制台查看最新任务，不要重复提交。",
        upstream_code=upstream_code,
    )


def _json(response: Response) -> object:
    """The JSON of a response; None if it is not JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def _success_body(response: Response) -> Json:
    """The object in a successful response."""
    if not httpx.codes.is_success(response.status):
        raise _refusal(response)
    body = _json(response)
    if not isinstance(body, dict):
        raise UpstreamUnreadable(upstream_code="no object")
    return body


def _refusal(response: Response) -> JimengError:
    error = map_error(response.status, _json(response))
    if isinstance(error, RateLimited):
        error.retry_after = response.retry_after
    return error
