"""Limits of connections: how many there are, and how long one may say nothing."""

import asyncio
import contextlib
import logging
import time
from typing import Any, ClassVar, Final, Self, cast

from uvicorn import config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS: Final = 20.0
"""Seconds from the beginning of a connection, or of a further request, to the end of its head."""
KEEP_ALIVE_SECONDS: Final = 75
"""Seconds that a connection is kept for a further request, longer than clients reuse one: a request
on a connection that is being closed would fail. httpx reuses them for 5 s, many proxies for 60."""
DESCRIPTORS: Final = 16_384
"""The files and connections that may be open, as far as the system allows."""
RESERVED_DESCRIPTORS: Final = 256
"""Those left for files and for connections to upstreams."""
LOG_SECONDS: Final = 60.0

_OUT_OF_DESCRIPTORS: Final = "socket.accept() out of system resource"


class LimitedProtocol(cast("type[Any]", AutoHTTPProtocol)):  # type: ignore[misc]
    """Uvicorn's protocol with a limit of connections, and of the time without a request.

    Beyond the limit the oldest connection without a request is closed for the new one.
    """

    limit: ClassVar[int] = 1024 - RESERVED_DESCRIPTORS
    """Connections at a time."""
    _waiting: ClassVar[dict[Self, None]] = {}
    """Those without a request, the oldest first."""
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin a connection; if there are too many, close the oldest without a request."""
        super().connection_made(transport)
        self.timeout_keep_alive = KEEP_ALIVE_SECONDS
        self._await_request()
        self._limit_head()
        if len(self.connections) > self.limit:
            oldest = next(iter(self._waiting))
            oldest._cancel()  # noqa: SLF001 - of this class
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        if not self._is_waiting():
            self._cancel()
        elif self._head_timer is None:
            self._limit_head()

    def on_response_complete(self) -> None:
        """Await the next request of the connection."""
        super().on_response_complete()
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        self._cancel()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        self._cancel()
        if self._is_waiting():
            self._waiting[self] = None

    def _limit_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._close)

    def _is_waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _cancel(self) -> None:
        self._waiting.pop(self, None)
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _close(self) -> None:
        if self._is_waiting():
            self.transport.abort()


class FirstOfAMinute(logging.Filter):
    """Passes one record a minute that says that there are no descriptors, without its traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record."""
        if _OUT_OF_DESCRIPTORS not in record.getMessage():
            return True
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + LOG_SECONDS
        record.msg, record.args, record.exc_info = (
            f"{_OUT_OF_DESCRIPTORS}: too many files",
            (),
            None,
        )
        return True


def limit_connections() -> None:
    """Set the limits, before Gradio starts its server: it passes no option for them."""
    descriptors = _raise_descriptors()
    LimitedProtocol.limit = descriptors - min(RESERVED_DESCRIPTORS, descriptors // 2)
    config.HTTP_PROTOCOLS["auto"] = f"{__name__}:{LimitedProtocol.__name__}"
    logging.getLogger("asyncio").addFilter(FirstOfAMinute())


def _raise_descriptors() -> int:
    """Raise the limit of open files; returns it."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return 2 * RESERVED_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
