"""What the tests of this door share: bodies, and the door alone with any client behind it."""

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
from tests.app.app_process import picture

TASKS = "/demo/api/v3/contents/generations/tasks"
QUICK = {"model": "seedance-2.5", "resolution": "480p", "duration": 4}
"""Settings of the video that is rendered soonest."""
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


class Refusing:
    """A client whose every call fails in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def submit_video(self, *_: object, **__: object) -> None:
        raise self._error

    async def get_video(self, *_: object) -> None:
        raise self._error

    async def delete_video(self, *_: object) -> None:
        raise self._error


Opens = Callable[[], AbstractAsyncContextManager[AsyncJimeng]]


class _Studio(ClientPool):
    """A pool whose clients are all one."""

    def __init__(self, settings: Settings, opens: Opens) -> None:
        super().__init__(settings, settings.data_dir)
        self._opens = opens

    async def __aenter__(self) -> Self:
        self._one = self._opens()
        self._jimeng = await self._one.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._one.__aexit__(None, None, None)

    @asynccontextmanager
    async def client(self, access: Access, visitor: str) -> AsyncIterator[AsyncJimeng]:
        yield self._jimeng


def door(opens: Opens, **settings: Any) -> FastAPI:
    """An app that has this door only.

    Args:
        opens: Makes the client behind it.
        settings: The server's.
    """
    pool = _Studio(Settings(_env_file=None, **settings), opens)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    return FastAPI(routes=routes(pool), lifespan=lifespan, openapi_url=None)


def refusing(error: Exception, **settings: Any) -> FastAPI:
    """A door behind which every call fails in one way."""

    @asynccontextmanager
    async def opens() -> AsyncIterator[AsyncJimeng]:
        yield cast("AsyncJimeng", Refusing(error))

    return door(opens, **settings)


class Counted:
    """An app, and the requests that reached it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.calls: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls.append(scope["method"])
        await self._app(scope, receive, send)


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """An app behind a socket of this machine; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
