"""Checked requests between the two steps of a submission, limited for each visitor and in all."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple
from weakref import WeakValueDictionary

import anyio
from cachetools import TTLCache

from jimeng_app.background_tasks import call_later
from jimeng_app.call_context import CallContext
from jimeng_app.page.i18n import TEXTS
from jimeng_core import InvalidRequest
from jimeng_core.requests import AnyRequest
from jimeng_core.submissions import PreparedRequest

CHECKED_SECONDS = 60
"""How long a checked request waits for the browser, which answers within a moment or never."""

MAX_CHECKED_BYTES = 64 * 2**20
"""The size of all checked requests; the oldest are dropped beyond it."""

MAX_VISITOR_BYTES = 16 * 2**20
"""The size of a visitor's; a request with larger pictures waits without them."""

REQUEST_BYTES = 2**18
"""What a request counts besides its pictures, so that there are 256 at most, 64 of a visitor."""


LOADED = 8
"""Requests whose files are loaded at a time; the others wait in order."""

LOADED_OF_VISITOR = 2
"""Those of a visitor, so that he holds up himself before others."""


class CheckedSubmission(NamedTuple):
    """A request that may be sent, and who sends it: the form may have changed since."""

    call: CallContext
    request: PreparedRequest | AnyRequest
    """With its pictures, or without: they are then read again."""

    @property
    def size(self) -> int:
        """Bytes that this counts."""
        pictures = self.request.size if isinstance(self.request, PreparedRequest) else 0
        return pictures + REQUEST_BYTES


class PendingSubmissions:
    """Checked submissions by the id that the browser stores."""

    def __init__(self) -> None:
        self._pending: TTLCache[str, CheckedSubmission] = TTLCache(
            MAX_CHECKED_BYTES, CHECKED_SECONDS, getsizeof=lambda checked: checked.size
        )

        self._places = anyio.Semaphore(LOADED, fast_acquire=True)
        self._places_of: WeakValueDictionary[str, anyio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def loading(self, visitor: str) -> AsyncIterator[None]:
        """Wait for a place to load the files of a visitor's request, and hold it for the block."""
        own = self._places_of.get(visitor)
        if own is None:
            own = self._places_of[visitor] = anyio.Semaphore(LOADED_OF_VISITOR, fast_acquire=True)
        async with own, self._places:
            yield

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, task_id: str, call: CallContext, prepared: PreparedRequest) -> None:
        """Store a submission for `CHECKED_SECONDS`."""
        checked = CheckedSubmission(call, prepared)
        if checked.size > MAX_VISITOR_BYTES:
            checked = CheckedSubmission(call, prepared.request)
        own = {
            key: each.size
            for key, each in self._pending.items()
            if each.call.caller.visitor == call.caller.visitor
        }
        while own and sum(own.values()) + checked.size > MAX_VISITOR_BYTES:
            oldest = next(iter(own))
            del self._pending[oldest], own[oldest]
        self._pending[task_id] = checked
        # A cache forgets what has expired only when it is used.
        call_later(CHECKED_SECONDS + 1, self._pending.expire)

    def pop(self, task_id: str) -> CheckedSubmission | None:
        """Take a submission out, if it is still there."""
        return self._pending.pop(task_id, None)


def refuse_data_uris(value: object) -> None:
    """Refuse pictures that stand in the values of a form: the page uploads them.

    Raises:
        InvalidRequest: There is one.
    """
    if isinstance(value, str) and value.lstrip()[:5].lower() == "data:":
        text = TEXTS["data_uri"]
        raise InvalidRequest(text.en, text.zh)
    if isinstance(value, Mapping):
        value = [each for name, each in value.items() if name != "prompt"]
    for each in value if isinstance(value, list) else []:
        refuse_data_uris(each)
