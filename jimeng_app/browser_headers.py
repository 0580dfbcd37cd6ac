"""Response headers for browsers: who may read a response or embed the page, and its scripts."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    # Gradio's page has inline scripts, and makes functions of those of its `gr.HTML`.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'"
)
NO_FRAMES = "frame-ancestors 'self'"

_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = _ANY_ORIGIN | {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Max-Age": "600",
}


class BrowserHeaders:
    """Middleware that sets these headers on every response, in place of Gradio's CORS headers.

    A page of another site could have its visitor spend the server's credential: where there is one
    to spend, no other site may embed the page or read a response. Elsewhere every site may, also a
    frame without an origin (`sandbox`), as no response depends on cookies.

    Args:
        app: The app behind it.
        lends_credential: Whether a caller without a credential may spend the server's own.
    """

    def __init__(self, app: ASGIApp, *, lends_credential: bool) -> None:
        self._app = app
        self._lends_credential = lends_credential

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request of CORS, or add the headers to the app's response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set_headers(MutableHeaders(scope=message))
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            refused = PlainTextResponse("Other sites may not call this server.", 403)
            allowed = PlainTextResponse("OK", headers=_PREFLIGHT)
            response = refused if self._lends_credential else allowed
            await response(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _set_headers(self, headers: MutableHeaders) -> None:
        for name in ("Origin", "Credentials"):
            del headers[f"Access-Control-Allow-{name}"]
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = POLICY
        if self._lends_credential:
            headers.append("Content-Security-Policy", NO_FRAMES)
        else:
            headers.update(_ANY_ORIGIN)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
