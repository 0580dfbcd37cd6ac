"""Turns: so many seconds between two requests, whoever of the client's asks."""

import anyio

from jimeng_core.clock import Clock
from jimeng_core.errors import RateLimited


class RateLimiter:
    """Lets one request go, and the next only so many seconds later, in the order they came.

    Whoever is cancelled while waiting takes nobody's turn.

    Args:
        clock: Tells the time and waits.
        seconds: From one turn to the next.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._next = clock.monotonic()
        self._line = anyio.Lock()

    def wait(self) -> float:
        """Seconds until whoever asks now has its turn."""
        ahead = self._line.statistics().tasks_waiting + self._line.locked()
        return max(self._next - self._clock.monotonic(), 0) + ahead * self._seconds

    async def acquire(self, timeout: float) -> None:
        """Wait for a turn.

        Args:
            timeout: Maximum wait in seconds.

        Raises:
            RateLimited: It would take longer. Nobody has waited then.
        """
        wait = self.wait()
        if wait > timeout:
            raise RateLimited(
                f"Ark takes one list a second, and {wait:.0f} s of them are ahead of this one;"
                " ask again later, or for fewer ids at a time.",
                f"方舟每秒只接受一次列表查询，前面的查询还需要 {wait:.0f} 秒；请稍后再查，"
                "或减少一次查询的 ID。",
            )
        async with self._line:
            pause = self._next - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            self._next = self._clock.monotonic() + self._seconds
