"""Batches in the app, loaded when a request or an earlier run's batch first needs them."""

import logging
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from jimeng_core import InvalidRequest, Task
from jimeng_core.problems import invalid_field

if TYPE_CHECKING:
    from .batch.service import BatchService
    from .call_context import CallContext
    from .client_pool import ClientPool


log = logging.getLogger(__name__)


class Batches(BaseRoute):
    """The batches of one app; a route, which answers for `/api/batches` and `/metrics`.

    Args:
        pool: The clients, with the app's settings.
    """

    def __init__(self, pool: "ClientPool") -> None:
        self._pool = pool
        self._service: BatchService | None = None
        self._app: ASGIApp | None = None
        self._loading = anyio.Lock()
        self.installed = find_spec("dbos") is not None
        """Whether the packages of the extra are there."""

    async def service(self) -> "BatchService":
        """The service; loading it takes half a second, in a thread."""
        async with self._loading:
            if self._service is None:
                loaded = await to_thread.run_sync(self._load)
                self._service, self._app = loaded
                return loaded[0]
        return self._service

    def _load(self) -> "tuple[BatchService, ASGIApp]":
        from .batch.routes import batch_app  # noqa: PLC0415 - of the extra
        from .batch.service import BatchService  # noqa: PLC0415

        service = BatchService(self._pool)
        return service, batch_app(self._pool, service)

    async def resume(self) -> None:
        """Continue what an earlier run of the app has left open."""
        if not self.installed:
            return
        try:
            file = self._pool.settings.data_folder("batches") / "batches.sqlite3"
            server = bool(os.environ.get("DATABASE_URL"))
            if server or await to_thread.run_sync(file.exists):
                await (await self.service()).resume()
        except InvalidRequest as error:  # the page works without its database
            log.warning("Batches are not resumed: %s", error.message)

    async def check_watch(self, call: "CallContext", url: str) -> None:
        """Check that the end of a task can be told to an address, before it is submitted.

        Raises:
            InvalidRequest: It cannot: the address, the caller or the settings do not fit.
        """
        if not self.installed:
            raise invalid_field(
                "callback_url",
                "Webhooks need pip install 'jimeng-studio[batch]'; leave callback_url out.",
                "回调需要 pip install 'jimeng-studio[batch]'，请去掉 callback_url。",
            )
        await (await self.service()).check_watch(call, url)

    async def watch(self, call: "CallContext", task: Task, url: str) -> None:
        """Tell the end of a task to an address, which `check_watch` has checked."""
        await (await self.service()).watch(call, task, url)

    async def aclose(self) -> None:
        """Stop the worker; its rows continue with the next start."""
        if self._service:
            await self._service.aclose()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what the routes of batches are to answer; Ark's come before."""
        path = scope["path"] if scope["type"] == "http" else ""
        path = path.removeprefix(scope.get("root_path", ""))
        found = path in {"/metrics", "/api/openapi.json"} or f"{path}/".startswith("/api/batches/")
        return (Match.FULL if found else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if not self.installed:
            body = {"error": {"message": "Batches need pip install 'jimeng-studio[batch]'."}}
            await JSONResponse(body, 501)(scope, receive, send)
            return
        await self.service()
        assert self._app  # noqa: S101 - loaded above
        await self._app(scope, receive, send)
