"""Ark's four calls over HTTP (Ark protocol A2), its refusals named."""

import httpx
import stamina

from jimeng_core.backends.http import Answer, NotSent, ResponseLost, exchange
from jimeng_core.backends.json_reading import Json, as_number, as_object, as_text, read_json
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
from .error_mapping import map_error, says_unknown_task
from .rate_limiter import RateLimiter
from .records import is_task_id, items_of

QueryParams = dict[str, int | list[str]]
"""Parameters of a list; a list of values repeats the key."""


class Api:
    """An account's API.

    Args:
        key: The API key. It goes into the Authorization header, and nowhere else.
        client: Sends the requests; whoever made it closes it.
        base_url: The API's address, the version included.
        timeout: Seconds that one request may take; a list waits twice as long for its turn.
        clock: Paces the lists.
    """

    def __init__(
        self, key: str, client: httpx.AsyncClient, base_url: str, timeout: float, clock: Clock
    ) -> None:
        self._headers = {"Authorization": f"Bearer {key}"}
        self._client = client
        self._tasks = base_url + wire.TASKS
        self._timeout = timeout
        self._list_limiter = RateLimiter(clock, wire.LIST_SECONDS)

    async def create(self, body: bytes) -> str:
        """Create a task; gives its id.

        Only a connection that never came about is tried again, since then no byte left: Ark knows
        no key by which it could tell a repetition (Ark protocol 0.6).

        Raises:
            NetworkError: It surely was not sent.
            SubmitUnconfirmed: It may have arrived: no answer, a 5xx, or one that cannot be read.
            JimengError: Ark's refusal.
        """
        try:
            # Its log tells no arguments: a body holds what its author wrote.
            async for attempt in stamina.retry_context(
                on=NotSent, attempts=3, timeout=15, wait_initial=0.2, wait_max=2
            ):
                with attempt:
                    answer = await self._exchange("POST", self._tasks, body)
        except NotSent as error:
            raise NetworkError(upstream_code=str(error)) from error
        except ResponseLost as error:
            raise unconfirmed(str(error)) from error
        if httpx.codes.is_client_error(answer.status) and answer.status != _TIMED_OUT:
            raise _refusal(answer)
        name = as_text(as_object(_json(answer)).get("id"))
        if not httpx.codes.is_success(answer.status) or name is None:
            raise unconfirmed(f"HTTP {answer.status}")
        if not is_task_id(name):
            raise unconfirmed(f"id {name[:60]}")
        return name

    async def get(self, task_id: str) -> object:
        """The record of a task, as it came; None when Ark does not know the id.

        Raises:
            NetworkError: No connection, a broken one, or no answer in time.
            UpstreamUnreadable: The answer is not Ark's.
            JimengError: Ark's refusal.
        """
        answer = await self._ask("GET", f"{self._tasks}/{task_id}")
        body = _json(answer)
        if says_unknown_task(answer.status, body):
            return None
        return _success_body(answer, body)

    async def listed(self, task_ids: list[str]) -> list[Json]:
        """The records of these ids, as far as Ark knows them, when the list has its turn.

        Raises:
            RateLimited: Its turn is too far off; nothing was asked.
            JimengError: As in `get`.
        """
        query: QueryParams = {
            "page_num": 1,
            "page_size": len(task_ids),
            "filter.task_ids": task_ids,
        }
        return await self._list(query)

    async def newest(self) -> list[Json]:
        """The records of one page of the largest size.

        That the newest tasks stand on the first page is a guess: no order is documented (Ark
        protocol F3). An account with fewer tasks a week than a page holds does not depend on it.

        Raises:
            JimengError: As in `listed`.
        """
        return await self._list({"page_num": 1, "page_size": wire.LIST_PAGE})

    async def delete(self, task_id: str) -> None:
        """Cancel a queued task, or erase the record of one that ended: Ark decides (A2).

        Raises:
            NotFound: Ark does not know the id.
            JimengError: As in `get`.
        """
        answer = await self._ask("DELETE", f"{self._tasks}/{task_id}")
        if says_unknown_task(answer.status, _json(answer)):
            raise NotFound(task_id=task_id)
        if not httpx.codes.is_success(answer.status):
            raise _refusal(answer)

    async def _list(self, query: QueryParams) -> list[Json]:
        await self._list_limiter.acquire(2 * self._timeout)
        answer = await self._ask("GET", self._tasks, query)
        items = items_of(_success_body(answer, _json(answer)))
        if items is None:
            raise UpstreamUnreadable(upstream_code="no items")
        return items

    async def _ask(self, method: str, url: str, query: QueryParams | None = None) -> Answer:
        try:
            return await self._exchange(method, url, params=query)
        except (NotSent, ResponseLost) as error:
            raise NetworkError(upstream_code=str(error)) from error

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        params: QueryParams | None = None,
    ) -> Answer:
        kind = {"Content-Type": "application/json"} if body is not None else {}
        return await exchange(
            self._client,
            method,
            url,
            timeout=self._timeout,
            headers={**self._headers, **kind},
            content=body,
            params=params,
        )


_TIMED_OUT = httpx.codes.REQUEST_TIMEOUT


def unconfirmed(upstream_code: str) -> SubmitUnconfirmed:
    """The error of a create whose answer was lost. No id is known that could find its task."""
    return SubmitUnconfirmed(
        "The answer to the submission was lost and the task may exist; look for it among the newest"
        " tasks in the Ark console before you submit again.",
        "提交后没有收到回应，任务可能已经存在；请先在火山方舟控制台查看最新任务，不要重复提交。",
        upstream_code=upstream_code,
    )


def _json(answer: Answer) -> object:
    """The JSON of an answer; None where it is none."""
    try:
        return read_json(answer.body)
    except (ValueError, RecursionError):
        return None


def _success_body(answer: Answer, body: object) -> Json:
    """The object that a successful answer holds."""
    if not httpx.codes.is_success(answer.status):
        raise _refusal(answer)
    if not isinstance(body, dict):
        raise UpstreamUnreadable(upstream_code="no object")
    return body


def _refusal(answer: Answer) -> JimengError:
    error = map_error(answer.status, _json(answer))
    if isinstance(error, RateLimited):
        seconds = as_number(answer.headers.get("Retry-After"))
        error.retry_after = max(seconds, 0) if seconds is not None else None
    return error
