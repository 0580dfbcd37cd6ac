"""Routes that answer whichever way a client joins the parts of a URL."""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_ROUTE: Final = "jimeng_app.route"
ALLOWED: Final = "jimeng_app.allowed"
"""The key in a request's scope of the methods that its path supports."""


class LenientRoutes(BaseRoute):
    """Routes as one, which also answer with a slash at the end of the path, and with doubled ones.

    A base URL with a slash, or without one, then makes no difference.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that matches, as Starlette's router finds it."""
        if scope["type"] != "http":
            return Match.NONE, {}
        path = re.sub("/{2,}", "/", scope["path"]).rstrip("/") or "/"
        partial: MutableMapping[str, Any] = {}
        allowed: set[str] = set()
        for route in self.routes:
            match, child = route.matches({**scope, "path": path})
            if match is Match.FULL:
                return match, {**child, "path": path, _ROUTE: route}
            if match is Match.PARTIAL:
                allowed |= getattr(route, "methods", None) or set()
                partial = partial or {**child, "path": path, _ROUTE: route, ALLOWED: allowed}
        # Not `PARTIAL`: a route that follows could match, and answer 404 instead of 405.
        return (Match.FULL, partial) if partial else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the route that matched."""
        await scope[_ROUTE].handle(scope, receive, send)
