"""Compression of the page, its description and its look-ups: half a megabyte at each load."""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_PATHS = ("/", "/config", "/config/", "/gradio_api/info", "/page/look-ups")


class PackedPage:
    """Middleware that compresses what a page load begins with, and look-ups; no event streams.

    Args:
        app: The app behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packed = GZipMiddleware(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", "")) or "/"
        app = self._packed if scope["type"] == "http" and path in _PATHS else self._app
        await app(scope, receive, send)
