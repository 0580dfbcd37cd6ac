"""The clients behind all doors: one for each (backend, credential, visitor), and not too many."""

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

from .access import Access, Caller, grant
from .static_routes import DEMO_MEDIA

MAX_CLIENTS = 64
"""Clients that are kept open. One more closes that which rested longest."""


IDLE_SECONDS = 300.0
"""Seconds after which a client that nobody uses is closed, and its credential forgotten."""

_Key = tuple[BackendName, bytes]


class ShutdownClock(SystemClock):
    """The machine's clock, on which every wait is over once the server stops.

    So a call that waits for a task answers with the row as it stands, instead of breaking off.
    """

    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    def monotonic(self) -> float:
        """Seconds since an arbitrary point; later than any deadline when the time has come."""
        return super().monotonic() + (1e9 if self.stopping.is_set() else 0)

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`, or until the time has come."""
        with anyio.move_on_after(seconds):
            await self.stopping.wait()


@dataclass(slots=True, eq=False)
class _PooledClient:
    jimeng: AsyncJimeng
    users: int = 0
    closing: asyncio.TimerHandle | None = None


class ClientPool:
    """Settings, and the clients that calls share. Lives in one event loop, as a context manager."""

    def __init__(self, settings: Settings, uploads: Path, *, public: bool = False) -> None:
        """Keep nothing open yet.

        Args:
            settings: The server's.
            uploads: The folder that Gradio puts uploaded files into.
            public: Whether the app runs with a share link or on a Space.
        """
        self.settings = settings
        self.uploads = uploads
        self.public = public
        # Clients are found by a keyed hash, so that no table holds a credential or an address.
        self._secret = secrets.token_bytes(32)
        self._clients: dict[_Key, _PooledClient] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._shutdown_clock = ShutdownClock()

    def grant(self, caller: Caller, *, backend: str = "", token: str = "") -> Access:
        """What a caller may use here; see `jimeng_app.access.grant`."""
        return grant(self.settings, caller, public=self.public, backend=backend, token=token)

    @asynccontextmanager
    async def client(self, access: Access, visitor: str) -> AsyncIterator[AsyncJimeng]:
        """A client for as long as the block runs; nothing closes it meanwhile.

        Args:
            access: What it may use.
            visitor: Who asks, where that is a stranger; else empty.
        """
        key = self._key(access, visitor)
        pooled = self._clients.pop(key, None) or _PooledClient(self._open(access, visitor))
        self._clients[key] = pooled  # last in the table: used last
        pooled.users += 1
        if pooled.closing:
            pooled.closing.cancel()
            pooled.closing = None
        self._evict_idle()
        try:
            yield pooled.jimeng
        finally:
            pooled.users -= 1
            if not pooled.users:
                loop = asyncio.get_running_loop()
                pooled.closing = loop.call_later(IDLE_SECONDS, self._close_client, key)

    async def __aenter__(self) -> Self:
        """Open the demo for as long as the app runs.

        It works while anyone has it open: so it takes up what an earlier run left unfinished, and
        goes on when its visitors have left.
        """
        self._loop = asyncio.get_running_loop()
        self._demo = self._open(Access(BackendName.DEMO), "")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every client; those in use too, as the server stops."""
        for key in list(self._clients):
            self._close_client(key)
        await asyncio.gather(*self._closing, self._demo.aclose(), return_exceptions=True)

    def end_waits(self) -> None:
        """Let every call that waits for a task answer now. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._shutdown_clock.stopping.set)

    def _open(self, access: Access, visitor: str) -> AsyncJimeng:
        on_demo = access.backend is BackendName.DEMO
        return AsyncJimeng(
            access.backend,
            access.token.get_secret_value() if access.token else None,
            settings=self.settings,
            visitor=self._hash(visitor).hex() if visitor and on_demo else None,
            media_base=DEMO_MEDIA,
            clock=self._shutdown_clock,
        )

    def _key(self, access: Access, visitor: str) -> _Key:
        token = access.token.get_secret_value() if access.token else ""
        whose = visitor if access.backend is BackendName.DEMO else ""
        return access.backend, self._hash(f"{token}\n{whose}")

    def _hash(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode(), "sha256")

    def _evict_idle(self) -> None:
        resting = [key for key, pooled in self._clients.items() if not pooled.users]
        for key in resting[: max(0, len(self._clients) - MAX_CLIENTS)]:
            self._close_client(key)

    def _close_client(self, key: _Key) -> None:
        pooled = self._clients.pop(key, None)
        if pooled is None:
            return
        if pooled.closing:
            pooled.closing.cancel()
        closing = asyncio.get_running_loop().create_task(pooled.jimeng.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
