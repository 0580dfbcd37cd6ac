"""A limit of the endpoint calls that Gradio's queue begins at a time: each takes long to begin.

The limit of the calls of one visitor is in `jimeng_app.visitor_limits`.
"""

import asyncio
from collections import deque
from typing import Final

from .background_tasks import call_later

AT_ONCE: Final = 2
"""Calls that Gradio begins at a time: the page's own events come between them."""
MAX_WAITING: Final = 300
"""Calls that wait to begin."""
GIVE_UP_SECONDS: Final = 10.0
"""Seconds after which a call that has not begun counts as if it had: it may never begin."""


class CallLimiter:
    """Lets calls begin, a few at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._beginning: deque[asyncio.TimerHandle] = deque()
        self._waiting = 0

    async def wait(self) -> bool:
        """Wait until a call may begin; False at once if too many wait."""
        if self._waiting >= MAX_WAITING:
            return False
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._beginning.append(call_later(GIVE_UP_SECONDS, self.begun))
        return True

    def begun(self) -> None:
        """Report that a call has begun, the one that has waited longest."""
        if self._beginning:
            self._beginning.popleft().cancel()
            self._free.release()
