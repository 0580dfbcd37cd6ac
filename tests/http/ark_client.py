"""Bodies of requests, and apps that have only the routes in Ark's dialect."""

import base64
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Self, cast

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from jimeng_app.access import Access
from jimeng_app.ark_http.routes import routes
from jimeng_app.client_pool import ClientPool
from jimeng_core import AsyncJimeng, Settings
from jimeng_core.ids import new_task_id
from tests.app.app_process import picture

TASKS = "/demo/api/v3/contents/generations/tasks"
QUICK = {"model": "seedance-2.5", "resolution": "480p", "duration": 4}
"""Settings of the video that is rendered fastest."""
WORDS = {"type": "text", "text": "海边的猫"}


def image(role: str | None = None, colour: str = "teal", **more: object) -> dict[str, Any]:
    """An item of `content`: a picture of one colour as a `data:` URI."""
    data = base64.b64encode(picture(colour)).decode()
    item = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}, **more}
    return item | ({"role": role} if role else {})


def linked(url: str, role: str | None = None) -> dict[str, Any]:
    """An item of `content`: a picture at a URL."""
    item = {"type": "image_url", "image_url": {"url": url}}
    return item | ({"role": role} if role else {})


class FailingClient:
    """A client whose calls raise `error`."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.assigns_ids = False

    def reserve(self) -> str:
        return new_task_id()

    async def submit_video(self, *_: object, **__: object) -> None:
        raise self.error

    async def get_video(self, *_: object) -> None:
        raise self.error

    async def delete_video(self, *_: object) -> None:
        raise self.error


OpenClient = Callable[[], AbstractAsyncContextManager[AsyncJimeng]]


class _SingleClientPool(ClientPool):
    """A pool with one client for all calls."""

    def __init__(self, settings: Settings, open_client: OpenClient) -> None:
        super().__init__(settings, settings.data_dir)
        self._open_client = open_client

    async def __aenter__(self) -> Self:
        self._context = self._open_client()
        self._jimeng = await self._context.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._context.__aexit__(None, None, None)

    @asynccontextmanager
    async def client(self, access: Access, visitor: str) -> AsyncIterator[AsyncJimeng]:
        yield self._jimeng


def ark_app(open_client: OpenClient, **settings: Any) -> FastAPI:
    """An app with the routes in Ark's dialect.

    Args:
        open_client: Opens the client for all calls.
        settings: The server's.
    """
    pool = _SingleClientPool(Settings(_env_file=None, **settings), open_client)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    return FastAPI(routes=routes(pool), lifespan=lifespan, openapi_url=None)


def failing_app(client: FailingClient | Exception, **settings: Any) -> FastAPI:
    """An app whose calls raise one error, or the client's current one."""
    failing = FailingClient(client) if isinstance(client, Exception) else client

    @asynccontextmanager
    async def open_client() -> AsyncIterator[AsyncJimeng]:
        yield cast("AsyncJimeng", failing)

    return ark_app(open_client, **settings)


class CountedApp:
    """An app, and the methods of the requests to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.calls: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls.append(scope["method"])
        await self._app(scope, receive, send)


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve an app on a free port; returns its base URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # requests may come before the thread has started
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
