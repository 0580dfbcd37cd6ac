"""Changes to a Python process, chosen by variables; Python imports this file from PYTHONPATH.

`SHIM_CLOCK_AHEAD` is how many seconds the machine's clock is ahead. `SHIM_NO_PASSWD` hides the
entries of users, as in a container that runs as an arbitrary user.
"""

import datetime as dt
import os
import time
from datetime import datetime as _datetime

ahead = float(os.environ.get("SHIM_CLOCK_AHEAD", "0"))
_time, _time_ns = time.time, time.time_ns


class _Dates(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _datetime)


class _AheadOfTime(_datetime, metaclass=_Dates):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> _datetime:  # type: ignore[override]
        return _datetime.now(tz) + dt.timedelta(seconds=ahead)


def _no_entry(_uid: int) -> None:
    raise KeyError


if ahead:
    time.time = lambda: _time() + ahead
    time.time_ns = lambda: _time_ns() + int(ahead * 1e9)
    dt.datetime = _AheadOfTime  # type: ignore[misc]
if os.environ.get("SHIM_NO_PASSWD"):
    import pwd

    pwd.getpwuid = _no_entry  # type: ignore[assignment]
