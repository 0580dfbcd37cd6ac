"""A rate limiter whose waits are bounded."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from jimeng_core.clock import Clock
from jimeng_core.errors import RateLimited


class RateLimiter:
    """At most one request every `seconds`, in the order of arrival.

    Args:
        clock: Measures time and sleeps.
        seconds: From one request to the next.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._next = clock.monotonic()
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def turn(self, timeout: float) -> AsyncIterator[Callable[[], None]]:
        """Wait until a request may be sent; a cancelled wait delays no other.

        Args:
            timeout: Maximum wait in seconds.

        Yields:
            To be called when the request leaves, which may be later: the time to the next one
            begins then, or at the end if it never leaves.

        Raises:
            RateLimited: The wait would be longer; raised at once.
        """
        ahead = self._lock.statistics().tasks_waiting + self._lock.locked()
        wait = max(self._next - self._clock.monotonic(), 0) + ahead * self._seconds
        if wait > timeout:
            raise RateLimited(
                f"Ark takes one list a second, and {wait:.0f} s of them are ahead of this one;"
                " ask again later, or for fewer ids at a time.",
                f"方舟每秒只接受一次列表查询，前面的查询还需要 {wait:.0f} 秒；请稍后再查，"
                "或减少一次查询的 ID。",
            )
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._lock)
            pause = self._next - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)

            def leave() -> None:
                self._next = self._clock.monotonic() + self._seconds
                turn.pop_all()
                self._lock.release()

            yield leave
