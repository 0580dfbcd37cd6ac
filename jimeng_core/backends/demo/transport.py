"""An httpx transport that answers as the JiMeng site and its picture store do."""

import hashlib
import logging
import secrets
import zlib
from collections.abc import Callable
from typing import Any, Final

import anyio.to_thread
import httpx
from PIL import Image

from jimeng_core.backends.json_reading import as_int, as_object, as_text
from jimeng_core.backends.web import signing, wire

from .draft_parsing import parsed
from .parsed_draft import DraftRefused
from .site import DemoAccount, DemoSite, account_of
from .store import URI_PREFIX

log = logging.getLogger(__name__)

EXPIRED_SESSION: Final = "expired"
"""A session token that the demo site refuses, to rehearse a session that has run out."""
UPLOAD_HOST: Final = "upload.demo.invalid"
_ACCESS_KEY: Final = "AKDEMO"
_TOKEN_SECONDS: Final = 3600


class DemoTransport(httpx.AsyncBaseTransport):
    """Stands where the network stands, so that the web backend runs on it unchanged.

    Args:
        site: Who answers.
        visitor: Whose tasks count together against the limits of visitors; None: they are none's.
        pace: How fast tasks run.
        media_base: The path under which an app serves the videos; None: `file:` URLs.
        now: Tells the time, in unix seconds.
    """

    def __init__(
        self,
        site: DemoSite,
        *,
        visitor: str | None,
        pace: float,
        media_base: str | None,
        now: Callable[[], float],
    ) -> None:
        self._site = site
        self._visitor = visitor
        self._pace = pace
        self._media_base = media_base
        self._now = now
        # Made here, so that an upload has to come by way of an apply.
        self._secret = secrets.token_hex(16)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; files are read and written in a thread."""
        await request.aread()
        try:
            status, answer = await anyio.to_thread.run_sync(self._answer, request)
        except OSError:  # a full disk, say: what a site answers when something of its own broke
            log.exception("The demo site could not use its folder.")
            status, answer = 500, {"message": "the site has a fault of its own"}
        return httpx.Response(status, json=answer, request=request)

    def _answer(self, request: httpx.Request) -> tuple[int, dict[str, Any]]:
        path = request.url.path
        if request.url.host == UPLOAD_HOST and path.startswith("/upload/v1/"):
            return self._receive(request, path.removeprefix("/upload/v1/"))
        if action := request.url.params.get("Action"):
            return self._imagex(request, action)
        pages: dict[str, Callable[[dict[str, Any], DemoAccount], Any]] = {
            wire.GENERATE: self._site.submit,
            wire.LOOK_UP: self._site.look_up,
            wire.UPLOAD_TOKEN: self._upload_token,
            wire.CREDITS: _credits,
        }
        page = pages.get(path)
        if page is None:
            return 404, {"message": "no such page"}
        try:
            return 200, _envelope(data=page(_json(request), self._guest(request, path)))
        except DraftRefused as refused:
            data = {"aigc_data": None, "fail_code": refused.ret}
            return 200, _envelope(refused.ret, refused.errmsg, data)

    def _guest(self, request: httpx.Request, path: str) -> DemoAccount:
        """Who asks, once the signature and the session are in order."""
        seconds = as_int(request.headers.get("Device-Time")) or 0
        version = request.headers.get("Appvr", "")
        if request.headers.get("Sign") != signing.sign(path, version, seconds):
            raise DraftRefused("1014", "sign error")
        cookies = dict(
            pair.strip().partition("=")[::2]
            for pair in request.headers.get("Cookie", "").split(";")
        )
        session = cookies.get("sessionid", "")
        if not session or session == EXPIRED_SESSION:
            raise DraftRefused("1015", "login error")
        return DemoAccount(account_of(session), self._visitor or "", self._pace, self._media_base)

    def _upload_token(self, _body: dict[str, Any], _guest: DemoAccount) -> dict[str, Any]:
        now = int(self._now())
        return {
            "access_key_id": _ACCESS_KEY,
            "secret_access_key": self._secret,
            "session_token": self._proof("session"),
            "space_name": wire.SERVICE_ID,
            "region": "cn",
            "current_time": now,
            "expired_time": now + _TOKEN_SECONDS,
        }

    def _imagex(self, request: httpx.Request, action: str) -> tuple[int, dict[str, Any]]:
        signature = request.headers.get("Authorization", "")
        if (
            not signature.startswith(f"AWS4-HMAC-SHA256 Credential={_ACCESS_KEY}/")
            or f"/{wire.AWS_REGION}/imagex/aws4_request" not in signature
            or request.headers.get("x-amz-security-token") != self._proof("session")
        ):
            return 403, _imagex_error("SignatureDoesNotMatch")
        if request.url.params.get("ServiceId") != wire.SERVICE_ID:
            return 400, _imagex_error("InvalidServiceId")
        if action == "ApplyImageUpload" and request.method == "GET":
            return 200, self._apply(as_int(request.url.params.get("UploadNum")) or 1)
        if action == "CommitImageUpload" and request.method == "POST":
            return self._commit(_json(request))
        return 400, _imagex_error("InvalidAction")

    def _apply(self, count: int) -> dict[str, Any]:
        names = [secrets.token_hex(16) for _ in range(min(max(count, 1), 10))]
        infos = [
            {"StoreUri": URI_PREFIX + name, "Auth": self._proof(name), "UploadID": name}
            for name in names
        ]
        together = ".".join(names)
        key = f"{together}.{self._proof(together)}"
        address = {"StoreInfos": infos, "UploadHosts": [UPLOAD_HOST], "SessionKey": key}
        return {"ResponseMetadata": {}, "Result": {"UploadAddress": address}}

    def _receive(self, request: httpx.Request, store_uri: str) -> tuple[int, dict[str, Any]]:
        name = store_uri.removeprefix(URI_PREFIX)
        if request.headers.get("Cookie"):
            return 400, {"code": 4000, "message": "a session has no business here"}
        if request.headers.get("Authorization") != self._proof(name):
            return 403, {"code": 4003, "message": "not the place that was given"}
        told = request.headers.get("Content-CRC32", "").lower().zfill(8)
        if told != f"{zlib.crc32(request.content):08x}":
            return 400, {"code": 4009, "message": "crc32 mismatch"}
        self._site.keep_picture(name, request.content)
        return 200, {"code": 2000, "message": "Success"}

    def _commit(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        together, _, proof = (as_text(body.get("SessionKey")) or "").rpartition(".")
        if proof != self._proof(together):
            return 400, _imagex_error("InvalidSessionKey")
        results, plugins = [], []
        for name in together.split("."):
            uri = f"{URI_PREFIX}{name}"
            path = self._site.picture(uri)
            if path is None:
                return 400, _imagex_error("NotUploaded")
            try:
                with Image.open(path) as image:
                    size = {"ImageWidth": image.width, "ImageHeight": image.height}
                    kind = (image.format or "").lower()
            except (OSError, ValueError):
                return 400, _imagex_error("NoPicture")
            results.append({"Uri": uri, "UriStatus": 2000})
            plugins.append({"ImageUri": uri, "ImageFormat": kind, **size})
        return 200, {
            "ResponseMetadata": {},
            "Result": {"Results": results, "PluginResult": plugins},
        }

    def _proof(self, name: str) -> str:
        return hashlib.sha256(f"{self._secret}/{name}".encode()).hexdigest()


def _credits(_body: dict[str, Any], _guest: DemoAccount) -> dict[str, Any]:
    return {"credit": {"gift_credit": 100, "purchase_credit": 0, "vip_credit": 0}}


def _json(request: httpx.Request) -> dict[str, Any]:
    try:
        return dict(as_object(parsed(request.content.decode())))
    except (ValueError, RecursionError):
        return {}


def _envelope(ret: str = "0", errmsg: str = "success", data: object = None) -> dict[str, Any]:
    return {"ret": ret, "errmsg": errmsg, "systime": "0", "logid": "demo", "data": data}


def _imagex_error(code: str) -> dict[str, Any]:
    return {"ResponseMetadata": {"Error": {"Code": code, "CodeN": 100024, "Message": code}}}
