"""What Gradio stores for each window of the page: less than it would, and not for ever."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from time import monotonic
from typing import Any, Final

from gradio.blocks import Blocks
from gradio.state_holder import SessionState, StateHolder
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_STATES: Final = 2000
"""States that are stored, of 15 KB each; beyond that the longest unused one makes room."""
MAX_UNOPENED: Final = 200
"""Those of them that no window ever had: any program may send any session hash."""
IDLE_SECONDS: Final = 600
"""How long a state is stored that is not used, and whose window is closed."""
UNOPENED_SECONDS: Final = 60
"""The same for a state that no window ever had."""

_HEARTBEAT: Final = re.compile(r".*/gradio_api/heartbeat/([^/]+)/?")
"""The path of the response that a window of some clients reads as long as it is open."""
_RESULTS: Final = re.compile(r".*/gradio_api/queue/data/?")
"""That of the response with the results of events, which a window reads while one is under way."""


class WindowState(SessionState):
    """The state of one window, or of one program that sends events.

    Gradio's own also describes every element of the page (400 KB, in 16 ms), for links to a state
    of the page, which this app has none of.
    """

    def __init__(self, blocks: Blocks) -> None:  # not Gradio's, on purpose
        self.blocks_config = copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, Any] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = IDLE_SECONDS


class WindowStates(StateHolder):
    """The states of one server, by the session hash that a window chose.

    Args:
        blocks: The page.
    """

    def __init__(self, blocks: Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._open: Counter[str] = Counter()
        self._unopened: dict[str, None] = {}
        """Those that no window ever had, the oldest first."""
        self._used: dict[str, float] = {}
        """When each was used, in seconds of the monotonic clock; the longest unused first."""
        self.set_blocks(blocks)
        self.capacity = MAX_STATES

    def __getitem__(self, session_id: str) -> SessionState:
        """The state of a window, which is made when it is new."""
        with self.lock:
            if session_id not in self.session_data:
                self.session_data[session_id] = WindowState(self.blocks)
                if session_id not in self._open:
                    self._unopened[session_id] = None
                    if len(self._unopened) > MAX_UNOPENED:
                        self._remove(next(iter(self._unopened)))
            self._note_use(session_id)
            if len(self.session_data) > self.capacity:
                closed = (each for each in self._used if each not in self._open)
                self._remove(next(closed, next(iter(self._used))))
            return self.session_data[session_id]

    @contextmanager
    def window(self, session_id: str) -> Iterator[None]:
        """Store the state of a window that is open during the block."""
        self._open[session_id] += 1
        self._unopened.pop(session_id, None)
        try:
            yield
        finally:
            self._open[session_id] -= 1
            self._open += Counter()  # forgets closed ones
            with self.lock:
                if session_id in self.session_data:
                    self._note_use(session_id)

    def forget(self, now: float) -> None:
        """Forget the states that were not used for a while, and whose windows are closed.

        Args:
            now: The time of the monotonic clock, in seconds.
        """
        with self.lock:
            for session_id, used in list(self._used.items()):
                lifetime = UNOPENED_SECONDS if session_id in self._unopened else IDLE_SECONDS
                if now - used >= lifetime and session_id not in self._open:
                    self._remove(session_id)

    def _note_use(self, session_id: str) -> None:
        self._used.pop(session_id, None)
        self._used[session_id] = monotonic()

    def _remove(self, session_id: str) -> None:
        del self.session_data[session_id], self._used[session_id]
        self._unopened.pop(session_id, None)


class OpenWindows:
    """Middleware that notes which windows are open.

    Args:
        app: The app behind it.
        states: Their states.
    """

    def __init__(self, app: ASGIApp, states: WindowStates) -> None:
        self._app = app
        self._states = states

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        session_id = _window_of(scope) if scope["type"] == "http" else None
        if session_id is None:
            await self._app(scope, receive, send)
            return
        with self._states.window(session_id):
            await self._app(scope, receive, send)


def _window_of(scope: Scope) -> str | None:
    """The session hash of the window that reads a response as long as it is open, if any does."""
    if match := _HEARTBEAT.fullmatch(scope["path"]):
        return match[1]
    if _RESULTS.fullmatch(scope["path"]):
        return QueryParams(scope["query_string"]).get("session_hash")
    return None
