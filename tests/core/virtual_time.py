"""An event loop whose time jumps instead of passing: long waits are over at once, and are measured.

For code without threads: while one works, nothing is ready, and the loop would jump to the next
timer.
"""

import asyncio
import selectors
from datetime import UTC, datetime, timedelta

import anyio


class VirtualSelector(selectors.DefaultSelector):
    """Where nothing is ready, it jumps over the time that it was to wait."""

    jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; waits only where no timer would end the wait."""
        if timeout is None:
            return super().select()
        ready = super().select(0)
        if not ready:
            self.jumped += max(timeout, 0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop without waiting."""

    def __init__(self) -> None:
        self._jumping = VirtualSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """The seconds that were jumped over, and no others."""
        return self._jumping.jumped


class VirtualClock:
    """The time of such a loop."""

    def now(self) -> datetime:
        """A fixed start, and the seconds that were jumped over."""
        return datetime(2026, 9, 1, 12, tzinfo=UTC) + timedelta(seconds=anyio.current_time())

    def monotonic(self) -> float:
        """The loop's own seconds."""
        return anyio.current_time()

    async def sleep(self, seconds: float) -> None:
        """Let the loop jump."""
        await anyio.sleep(seconds)
