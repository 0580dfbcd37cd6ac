"""One poller an account: it looks all running tasks up together, and wakes those that ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from jimeng_core import Clock, InvalidTaskId, Lookup, NotFound, Unauthorized
from jimeng_core.errors import NoSuchTask
from jimeng_core.polling import INTERVAL_GROWTH, MAX_INTERVAL, MIN_INTERVAL, next_interval

log = logging.getLogger(__name__)

MISSING_SECONDS: Final = 600.0
"""How long an accepted task may be missing from the upstream's look-ups (protocol 9)."""


class Poller:
    """The look-ups of one account's running tasks, for the event loop that it is made in.

    Args:
        look_up: One round: returns a `Lookup` for each of the ids; never raises.
        clock: The source of time.
        on_unauthorized: Called when a round says that the credential has expired.
    """

    def __init__(
        self,
        look_up: Callable[[Sequence[str]], Awaitable[list[Lookup]]],
        clock: Clock,
        on_unauthorized: Callable[[Unauthorized], Awaitable[None]],
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._on_unauthorized = on_unauthorized
        self._waiting: dict[str, asyncio.Future[Lookup]] = {}
        self._missing_since: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._interval = MIN_INTERVAL

    async def wait(self, task_id: str) -> Lookup:
        """The last look-up of a task: it has ended, or is gone from the upstream.

        Raises:
            Exception: A round of look-ups ended by an unexpected error.
        """
        future = self._waiting.get(task_id)
        if future is None:
            future = self._waiting[task_id] = asyncio.get_running_loop().create_future()
        self._interval = MIN_INTERVAL
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._waiting:
            await self._clock.sleep(self._interval)
            self._interval *= INTERVAL_GROWTH
            lookups = await self._look_up(list(self._waiting))
            longest = next_interval(lookups, default=MAX_INTERVAL) or MAX_INTERVAL
            self._interval = min(self._interval, longest)
            for lookup in lookups:
                if self._is_last(lookup) and (future := self._waiting.pop(lookup.id, None)):
                    self._missing_since.pop(lookup.id, None)
                    if not future.done():
                        future.set_result(lookup)
            first = next((each.error for each in lookups if each.error), None)
            if isinstance(first, Unauthorized):
                self._interval = MAX_INTERVAL
                await self._on_unauthorized(first)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let who waits have the unexpected error."""
        if not task.cancelled() and (error := task.exception()):
            waiting, self._waiting = self._waiting, {}
            for future in waiting.values():
                if not future.done():
                    future.set_exception(error)

    def _is_last(self, lookup: Lookup) -> bool:
        if lookup.ended or isinstance(lookup.error, InvalidTaskId):
            return True
        if not isinstance(lookup.error, NoSuchTask):
            self._missing_since.pop(lookup.id, None)
            return False
        if not isinstance(lookup.error, NotFound):
            return True
        now = self._clock.monotonic()
        return now - self._missing_since.setdefault(lookup.id, now) > MISSING_SECONDS

    async def aclose(self) -> None:
        """Stop looking up; who waits is cancelled."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for future in self._waiting.values():
            future.cancel()
