"""The upstream's clock: it decides how old a record is, since this machine's can be wrong."""

from datetime import datetime, timedelta
from typing import Final

from jimeng_core.clock import Clock

from .http import Response
from .json_reading import as_datetime

_EARLIEST: Final = 1_500_000_000
"""Unix seconds of no upstream's clock: a smaller number is not a time."""


class UpstreamClock:
    """The clock of one upstream, by what its responses say of the time.

    Args:
        clock: This machine's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: timedelta | None = None

    def observe(self, response: Response, systime: object = None) -> None:
        """Read the time of a response that came just now.

        Args:
            response: Its `Date` header counts where there is no `systime`.
            systime: The time in its body.
        """
        time = as_datetime(systime)
        if time is None or time.timestamp() < _EARLIEST:
            time = response.date
        if time:
            self._offset = time - self._clock.now()

    @property
    def offset(self) -> timedelta | None:
        """How far it is ahead of this machine's clock; None before a response named a time."""
        return self._offset

    def at(self, local: datetime) -> datetime:
        """Its time at a time of this machine's clock; the same before a response named one."""
        return local + (self._offset or timedelta(0))

    def now(self) -> datetime:
        """Its time; this machine's before a response named one."""
        return self.at(self._clock.now())

    def now_for(self, created: datetime | None, minted: datetime | None) -> datetime:
        """The time by which to judge a record.

        Where the upstream names no time, the record is no older than its id is by this machine's
        clock, which may have minted it.

        Args:
            created: When the record says that the task was created.
            minted: The time in the id.
        """
        now = self.now()
        if self._offset is None and created and minted:
            return min(now, created + abs(now - minted))
        return now
