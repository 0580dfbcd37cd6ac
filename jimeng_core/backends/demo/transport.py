"""An httpx transport that answers as the JiMeng site and its picture store do."""

import hashlib
import logging
from collections.abc import Callable
from typing import Final

import anyio.to_thread
import httpx

from jimeng_core.backends.json_reading import as_int, as_object
from jimeng_core.backends.web import signing, wire

from .draft_parsing import parse_json
from .folder_errors import folder_error
from .parsed_draft import DraftRefused, require
from .site import DemoAccount, DemoSite
from .upload_stores import UPLOAD_HOST, UPLOAD_PATH, Json, Reply, UploadStores

log = logging.getLogger(__name__)

EXPIRED_SESSION: Final = "expired"
"""A session token that the demo site refuses, to try out an expired session."""
_CREDIT: Final = {"gift_credit": 100, "purchase_credit": 0, "vip_credit": 0}


class DemoTransport(httpx.AsyncBaseTransport):
    """Takes the place of the network, so that the web backend runs on the demo site unchanged.

    Args:
        site: The demo site.
        visitor: Count unfinished tasks against the limits for visitors, under this name; None: no
            such limit.
        pace: How fast tasks run.
        media_base: The path under which an app serves the results; None: `file:` URLs.
    """

    def __init__(
        self, site: DemoSite, *, visitor: str | None, pace: float, media_base: str | None
    ) -> None:
        self._site = site
        self._visitor = visitor or ""
        self._pace = pace
        self._media_base = media_base
        self._stores = UploadStores(site.store, site.now)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, in a thread because that reads and writes files.

        Raises:
            UpstreamError: The data folder cannot be used. Nothing was stored: as a response, it
                could be that of a submission that was accepted.
        """
        await request.aread()
        try:
            status, answer = await anyio.to_thread.run_sync(self._answer, request)
        except OSError as error:
            log.warning("The demo site could not use its folder: %s", error)
            raise folder_error(error) from error
        return httpx.Response(status, json=answer, request=request)

    def _answer(self, request: httpx.Request) -> Reply:
        path = request.url.path
        if request.url.host == UPLOAD_HOST and path.startswith(UPLOAD_PATH):
            return self._stores.upload(request)
        if request.url.params.get("Action"):
            return self._stores.act(request, _json(request))
        endpoints: dict[str, Callable[[Json, DemoAccount], Json]] = {
            wire.GENERATE: self._site.submit,
            wire.LOOK_UP: self._site.look_up,
            wire.AUDIT: lambda body, _account: self._site.audit(body),
            wire.UPLOAD_TOKEN: lambda body, _account: self._stores.token(body),
            wire.CREDITS: lambda _body, _account: {"credit": _CREDIT},
        }
        if path not in endpoints:
            return 404, {"message": "not found"}
        try:
            data = endpoints[path](_json(request), self._authenticate(request))
        except DraftRefused as refused:
            data = {"aigc_data": None, "fail_code": refused.ret}
            return 200, self._envelope(data, refused.ret, refused.errmsg)
        return 200, self._envelope(data)

    def _envelope(self, data: object, ret: str = "0", errmsg: str = "success") -> Json:
        systime = str(int(self._site.now()))
        return {"ret": ret, "errmsg": errmsg, "systime": systime, "logid": "demo", "data": data}

    def _authenticate(self, request: httpx.Request) -> DemoAccount:
        """Check the signature and the session."""
        headers = request.headers
        seconds, version = as_int(headers.get("Device-Time")) or 0, headers.get("Appvr", "")
        signature = signing.sign(request.url.path, version, seconds)
        require(headers.get("Sign") == signature, "sign error", "1014")
        pairs = (pair.strip().partition("=") for pair in headers.get("Cookie", "").split(";"))
        session = {name: value for name, _, value in pairs}.get("sessionid", "")
        require(session not in ("", EXPIRED_SESSION), "login error", "1015")
        account = hashlib.sha256(session.encode()).hexdigest()[:16]
        return DemoAccount(account, self._visitor, self._pace, self._media_base)


def _json(request: httpx.Request) -> Json:
    try:
        return dict(as_object(parse_json(request.content.decode())))
    except (ValueError, RecursionError):
        return {}
