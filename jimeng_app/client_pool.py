"""The client pool: one `AsyncJimeng` for each backend, credential and demo visitor."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import anyio

from jimeng_core import AsyncJimeng, SystemClock
from jimeng_core.settings import BackendName, Settings

from .access import Access, describe_lending
from .background_tasks import call_later
from .batches import Batches
from .call_limiter import CallLimiter
from .static_routes import DEMO_MEDIA
from .stored_uploads import StoredUploads
from .visitor_limits import PAGE_SLOTS, VisitorLimits

MAX_CLIENTS = 64
"""Open clients above which idle ones are closed, the least recently used first."""

IDLE_SECONDS = 300.0
"""Seconds after which an idle client is closed and its credential forgotten."""


class ShutdownClock(SystemClock):
    """A clock on which every deadline has passed once `stopping` is set.

    Calls that wait for a task then return its current row instead of being cut off.
    """

    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; later than any deadline once `stopping` is set."""
        return super().monotonic() + (1e9 if self.stopping.is_set() else 0)

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`, or until `stopping` is set."""
        with anyio.move_on_after(seconds):
            await self.stopping.wait()


@dataclass(slots=True, eq=False)
class _PooledClient:
    jimeng: AsyncJimeng
    users: int = 0
    closing: asyncio.TimerHandle | None = None
    """Closes the client once it has been idle for `IDLE_SECONDS`."""


class ClientPool:
    """Clients that calls share. A context manager that lives in one event loop.

    Args:
        settings: The server's.
        uploads: Gradio's upload folder.
        public: Whether the app runs with a share link or on a Space.
    """

    def __init__(self, settings: Settings, uploads: Path, *, public: bool = False) -> None:
        self.settings = settings
        self.uploads = uploads
        self.public = public
        self.stored_uploads = StoredUploads(uploads)
        self.visitor_limits = VisitorLimits()
        self.page_limits = VisitorLimits(of_all=PAGE_SLOTS, of_visitor=PAGE_SLOTS // 5)
        self.call_limiter = CallLimiter()
        self.batches = Batches(self)
        self._secret = secrets.token_bytes(32)
        # Least recently used first, by a keyed hash: no key holds a credential or an address.
        self._clients: dict[bytes, _PooledClient] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._shutdown_clock = ShutdownClock()

    @property
    def lends_credential(self) -> bool:
        """Whether some caller without a credential may spend the server's own."""
        return bool(describe_lending(self.settings, public=self.public))

    @asynccontextmanager
    async def client(self, access: Access, visitor: str) -> AsyncIterator[AsyncJimeng]:
        """A client, which stays open for the duration of the block.

        `visitor` identifies a visitor whose demo tasks are limited; empty for no limit.
        """
        if access.backend is not BackendName.DEMO:
            visitor = ""
        token = access.token.get_secret_value() if access.token else ""
        key = self._hash(f"{access.backend}\n{token}\n{visitor}")
        pooled = self._clients.pop(key, None) or _PooledClient(self._open(access, visitor))
        self._clients[key] = pooled
        pooled.users += 1
        if pooled.closing:
            pooled.closing.cancel()
        self._close_surplus()
        try:
            yield pooled.jimeng
        finally:
            pooled.users -= 1
            if not pooled.users:
                pooled.closing = call_later(IDLE_SECONDS, self._close_client, key)
                self._close_surplus()

    async def __aenter__(self) -> Self:
        """Open the demo until the app ends: it finishes the tasks of earlier runs and visitors."""
        self._loop = asyncio.get_running_loop()
        self._demo = self._open(Access(BackendName.DEMO), "")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the batches, and close every client, including those in use."""
        await self.batches.aclose()
        for key in list(self._clients):
            self._close_client(key)
        await asyncio.gather(*self._closing, self._demo.aclose(), return_exceptions=True)

    def end_waits(self) -> None:
        """Make every call that waits for a task return now. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._shutdown_clock.stopping.set)

    def _open(self, access: Access, visitor: str) -> AsyncJimeng:
        return AsyncJimeng(
            access.backend,
            access.token.get_secret_value() if access.token else None,
            settings=self.settings,
            visitor=self._hash(visitor).hex() if visitor else None,
            media_base=DEMO_MEDIA,
            clock=self._shutdown_clock,
        )

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), "sha256")

    def _close_surplus(self) -> None:
        """Close idle clients above `MAX_CLIENTS`, the least recently used first."""
        surplus = len(self._clients) - MAX_CLIENTS
        if surplus > 0:  # seldom: most calls look no further
            idle = [key for key, pooled in self._clients.items() if not pooled.users]
            for key in idle[:surplus]:
                self._close_client(key)

    def _close_client(self, key: bytes) -> None:
        pooled = self._clients.pop(key, None)
        if pooled is None:
            return
        if pooled.closing:
            pooled.closing.cancel()
        task = asyncio.get_running_loop().create_task(pooled.jimeng.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
