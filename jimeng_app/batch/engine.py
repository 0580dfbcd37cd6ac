"""What rows' work needs in a worker: the accounts' clients and pollers, the archive, counters."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx

from jimeng_app.cli.transfer import open_http_client
from jimeng_core import AsyncJimeng, Clock, InvalidRequest, Lookup, SystemClock, Unauthorized

from . import transitions
from .archive import Archive
from .database import Database
from .metrics import Metrics
from .poller import Poller
from .settings import Account, BatchSettings, load_accounts
from .stages import error_values

if TYPE_CHECKING:
    from .queues import Queues


MAX_SAVES: Final = 8
"""Results that a worker saves at a time."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker behaves; tests shorten the times."""

    name: str | None = None
    """Stable from one start to the next; None: the host's name and a number."""
    tick: float = 1.0
    """Seconds between two rounds of what is not one row's work."""
    lost_after: float = 120.0
    """Seconds after which the rows of a worker that is not seen are taken over."""
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.AsyncBaseTransport | None = None
    """Replaces the network to the upstreams."""


class Engine:
    """What rows' work needs, in the worker's event loop."""

    def __init__(
        self, settings: BatchSettings, database: Database, queues: "Queues", options: WorkerOptions
    ) -> None:
        self.settings = settings
        self.database = database
        self.queues = queues
        self.clock = options.clock
        self.accounts: dict[str, Account] = load_accounts(settings)
        self.metrics = Metrics()
        self.saves = asyncio.Semaphore(MAX_SAVES)
        """Held while the result of a row is downloaded."""
        self._transport = options.transport
        self._clients: dict[str, AsyncJimeng] = {}
        self._pollers: dict[str, Poller] = {}
        self._stack = AsyncExitStack()
        self._http = open_http_client(allow_private=settings.allow_private_urls)

    async def client(self, name: str) -> AsyncJimeng:
        """The client of an account.

        Raises:
            Unauthorized: Its secret is missing, or the settings no longer have the account.
        """
        if name not in self.accounts:
            raise Unauthorized(
                f"The settings have no account {name}; add it, then resume it.",
                f"设置中没有账号 {name}，请添加后再恢复。",
            )
        if name not in self._clients:
            settings = self.accounts[name].settings(self.settings)
            client = AsyncJimeng(settings=settings, clock=self.clock, transport=self._transport)
            self._clients[name] = client
            self._stack.push_async_callback(client.aclose)
        return self._clients[name]

    def forget(self, name: str) -> None:
        """Let the next call of an account read its secret again."""
        self._clients.pop(name, None)

    def poller(self, name: str) -> Poller:
        """The poller of an account."""
        if name not in self._pollers:
            self._pollers[name] = Poller(
                partial(self._look_up, name), self.clock, partial(self._unauthorized, name)
            )
        return self._pollers[name]

    def archive(self, target: str) -> Archive:
        """The place of a batch's results."""
        return Archive(target, self._http, self.clock)

    async def _look_up(self, name: str, ids: Sequence[str]) -> list[Lookup]:
        try:
            client = await self.client(name)
        except (Unauthorized, InvalidRequest) as error:
            return [Lookup(task_id, None, error, self.clock.now()) for task_id in ids]
        self.metrics.lookups.labels(name).inc(len(ids))
        with self.metrics.upstream.labels("look_up").time():
            return await client.get_many(ids)

    async def _unauthorized(self, name: str, error: Unauthorized) -> None:
        self.forget(name)
        pause = partial(transitions.pause_account, account=name, reason=error_values(error))
        await self.database.transact(pause)

    async def aclose(self) -> None:
        """Stop looking up, and close every client."""
        for poller in self._pollers.values():
            await poller.aclose()
        await self._stack.aclose()
        await self._http.aclose()
        self.queues.close()
