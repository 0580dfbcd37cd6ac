"""Seats for calls that wait: they are limited by visitor and in all, and refused beyond that."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jimeng_core.errors import TooManyRunning

ALL_SEATS: Final = 300
"""Calls that wait at a time. Gradio runs `jimeng_app.server.MAX_CONCURRENT_CALLS` events at once:
the difference is left for the page's own, which never wait for a seat."""
VISITOR_SEATS: Final = 100
"""Those of one visitor."""


class Seats:
    """The seats of one server."""

    def __init__(self, *, of_all: int = ALL_SEATS, of_visitor: int = VISITOR_SEATS) -> None:
        self._of_all = of_all
        self._of_visitor = of_visitor
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, visitor: str) -> Iterator[None]:
        """Take a seat for the duration of the block.

        Args:
            visitor: Who calls; empty for the server's owner, whom only the limit of all concerns.

        Raises:
            TooManyRunning: There is no seat.
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
