"""Limits of the calls that wait at a time, by visitor and in all; beyond them a call is refused."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jimeng_core.errors import TooManyRunning

ALL_SLOTS: Final = 300
"""Calls that wait at a time. Gradio runs `jimeng_app.server.MAX_CONCURRENT_CALLS` events at once:
the difference is left for the page's own."""
VISITOR_SLOTS: Final = 100
"""Those of one visitor."""
PAGE_SLOTS: Final = 100
"""Submissions of the page at a time: calls at the endpoints, however many wait, take none."""


class VisitorLimits:
    """The slots of one server, one for each call that waits.

    Args:
        of_all: Their number.
        of_visitor: How many one visitor may have.
    """

    def __init__(self, *, of_all: int = ALL_SLOTS, of_visitor: int = VISITOR_SLOTS) -> None:
        self._of_all = of_all
        self._of_visitor = of_visitor
        self._taken: Counter[str] = Counter()

    @contextmanager
    def slot(self, visitor: str) -> Iterator[None]:
        """Take a slot for the duration of the block.

        Args:
            visitor: Who calls; empty for the server's owner, whom only the limit of all concerns.

        Raises:
            TooManyRunning: There is no slot.
        """
        own = self._taken[visitor] if visitor else 0
        if own >= self._of_visitor or self._taken.total() >= self._of_all:
            raise TooManyRunning(
                "This server has too many calls to wait for; try again in a minute.",
                "服务器正在等待的调用过多，请一分钟后再试。",
            )
        self._taken[visitor] += 1
        try:
            yield
        finally:
            self._taken[visitor] -= 1
            self._taken += Counter()  # forgets visitors of nothing
