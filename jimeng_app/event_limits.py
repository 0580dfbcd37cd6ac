"""Limits of Gradio's event queue, which stores whatever a caller sends until it is fetched."""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Final

from gradio.queueing import Queue
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .call_limiter import CallLimiter
from .json_body import MAX_BODY, MAX_COMMAS

EVENT_BYTES: Final = 2**20
"""Bytes of an event of the page, whose pictures are uploads."""
UNREAD_SECONDS: Final = 60.0
"""Seconds that results wait for their reader."""
CHECK_SECONDS: Final = 10.0


def keep_no_statistics(queue: Queue) -> None:
    """Keep a queue from summing up all its events at the end of each one.

    Gradio's summary of the last 10,000 events, a pandas frame and its quantiles, is read at
    `/monitoring` alone, which is off.
    """
    queue.ANALYTICS_MAX_EVENTS = 1
    queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize


class EventLimits:
    """Middleware that limits size and number at the route through which events are sent.

    Args:
        app: The app behind it.
        limiter: Of the endpoints' calls; the page's own events do not wait for it.
        endpoints: How many of the page's functions are endpoints; they are the first.
    """

    def __init__(self, app: ASGIApp, limiter: CallLimiter, *, endpoints: int) -> None:
        self._limiter = limiter
        self._app = app
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 413."""
        is_event = scope["type"] == "http" and "/gradio_api/queue/join" in scope["path"]
        if not is_event:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more and len(body) <= MAX_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        fits = len(body) <= MAX_BODY and body.count(b",") <= MAX_COMMAS
        is_call = fits and self._is_call(bytes(body))
        if not fits or (len(body) > EVENT_BYTES and not is_call):
            await JSONResponse({"detail": "The event is too large."}, 413)(scope, receive, send)
            return
        if is_call and not await self._limiter.wait():
            await JSONResponse({"detail": "Too many calls wait."}, 503)(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": bytes(body)}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)

    def _is_call(self, body: bytes) -> bool:
        """Whether the event calls an endpoint.

        Most clients send the index behind the values, whose parsing would hold the event loop for
        long: if the whole is JSON, what follows the last list is as it seems.
        """
        index = _index(b'{"data":0' + body[body.rfind(b"]") + 1 :])
        if index is None:
            index = _index(body)
        return index is not None and 0 <= index < self._endpoints


def _index(event: bytes) -> int | None:
    """The number of the function that an event is for; None without one."""
    try:
        index = json.loads(event).get("fn_index")
    except (ValueError, AttributeError, RecursionError):
        return None
    return index if type(index) is int else None


class UnreadResults:
    """Results whose sessions do not fetch them; a reader takes each at once.

    Args:
        queue: Gradio's.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._unread: dict[str, float] = {}

    def forget(self, now: float) -> None:
        """Forget those that have waited for `UNREAD_SECONDS`.

        Args:
            now: The time of the event loop, in seconds.
        """
        results = self._queue.pending_messages_per_session
        waiting = [session for session in list(results) if not results[session].empty()]
        self._unread = {session: self._unread.get(session, now) for session in waiting}
        for session, since in list(self._unread.items()):
            if now - since >= UNREAD_SECONDS:
                del self._unread[session], results[session]
                for event_id in self._queue.pending_event_ids_session.pop(session, ()):
                    if event := self._queue.event_ids_to_events.pop(event_id, None):
                        event.alive = False  # Gradio sends it no more results


async def forget_unused(*forget: Callable[[float], None]) -> None:
    """Call functions with the time of the event loop, again and again, until it is cancelled."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        for each in forget:
            each(asyncio.get_running_loop().time())
