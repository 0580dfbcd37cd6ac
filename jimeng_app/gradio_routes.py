"""Which of Gradio's routes are reachable: those that the page and the endpoints' clients use."""

import re

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_REACHABLE = re.compile(
    r"/|/(?:assets|static)/.+|/favicon\.ico|/robots\.txt|/manifest\.json|/pwa_icon(?:/[0-9]+)?"
    r"|/config/?|(?:/gradio_api)?/theme\.css"
    r"|/gradio_api/(?:info|openapi\.json|upload|upload_progress|startup-events|app_id"
    r"|queue/(?:join|data|status)|cancel|reset|heartbeat/[^/]+)/?"
)


class OtherRoutes(BaseRoute):
    """The response 404 for every path that is not one of Gradio's reachable ones.

    It must come after this app's own routes and before Gradio's. Among those that it hides are some
    that fetch any URL, store a visitor's page with its credential, or start a program.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what is not reachable, in whatever way the path is spelled."""
        hidden = scope["type"] == "http" and not _REACHABLE.fullmatch(_route_path(scope))
        return (Match.FULL if hidden else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond 404."""
        await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)


def _route_path(scope: Scope) -> str:
    """The path as routes see it: without the path at which a proxy mounts the app."""
    path: str = scope["path"]
    mounted = path.removeprefix(scope.get("root_path", ""))
    return mounted if mounted.startswith("/") else path
