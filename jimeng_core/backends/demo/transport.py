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
from jimeng_core.backends.web.uploads import sigv4

from .draft_parsing import parse_json
from .folder_errors import folder_error
from .parsed_draft import DraftRefused, require
from .site import DemoAccount, DemoSite
from .store import URI_PREFIX

log = logging.getLogger(__name__)

EXPIRED_SESSION: Final = "expired"
"""A session token that the demo site refuses, to try out an expired session."""
UPLOAD_HOST: Final = "upload.demo.invalid"
_UPLOAD_PATH: Final = "/upload/v1/"
_ACCESS_KEY: Final = "AKDEMO"
_TOKEN_SECONDS: Final = 3600
_SIGNATURE_SECONDS: Final = 15 * 60
"""How far the date of a signature may be off (protocol 11)."""
_CREDIT: Final = {"gift_credit": 100, "purchase_credit": 0, "vip_credit": 0}

Json = dict[str, Any]
Reply = tuple[int, Json]  # the status and the body


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
        # Proofs made with it show that an upload was applied for.
        self._secret = secrets.token_hex(16)

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
        if request.url.host == UPLOAD_HOST and path.startswith(_UPLOAD_PATH):
            name = path.removeprefix(_UPLOAD_PATH).removeprefix(URI_PREFIX)
            return self._upload(request, name)
        if action := request.url.params.get("Action"):
            return self._imagex(request, action)
        endpoints: dict[str, Callable[[Json, DemoAccount], Json]] = {
            wire.GENERATE: self._site.submit,
            wire.LOOK_UP: self._site.look_up,
            wire.UPLOAD_TOKEN: self._upload_token,
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

    def _upload_token(self, _body: Json, _account: DemoAccount) -> Json:
        now = int(self._site.now())
        return {
            "access_key_id": _ACCESS_KEY,
            "secret_access_key": self._secret,
            "session_token": self._proof("session"),
            "space_name": wire.SERVICE_ID,
            "region": "cn",
            "current_time": now,
            "expired_time": now + _TOKEN_SECONDS,
        }

    def _imagex(self, request: httpx.Request, action: str) -> Reply:
        signature = sigv4.authorization(request, _ACCESS_KEY, self._secret, wire.AWS_REGION)
        signed_at = sigv4.signed_at(request)
        if (
            request.headers.get("Authorization") != signature
            or request.headers.get("x-amz-security-token") != self._proof("session")
            or not signed_at
            or abs(signed_at.timestamp() - self._site.now()) > _SIGNATURE_SECONDS
        ):
            return _imagex_error("SignatureDoesNotMatch", 403)
        if request.url.params.get("ServiceId") != wire.SERVICE_ID:
            return _imagex_error("InvalidServiceId")
        match action, request.method:
            case "ApplyImageUpload", "GET":
                return self._apply(as_int(request.url.params.get("UploadNum")) or 1)
            case "CommitImageUpload", "POST":
                return self._commit(_json(request))
        return _imagex_error("InvalidAction")

    def _apply(self, count: int) -> Reply:
        names = [secrets.token_hex(16) for _ in range(min(max(count, 1), 10))]
        infos = [
            {"StoreUri": URI_PREFIX + name, "Auth": self._proof(name), "UploadID": name}
            for name in names
        ]
        joined = ".".join(names)
        key = f"{joined}.{self._proof(joined)}"
        address = {"StoreInfos": infos, "UploadHosts": [UPLOAD_HOST], "SessionKey": key}
        return 200, {"ResponseMetadata": {}, "Result": {"UploadAddress": address}}

    def _upload(self, request: httpx.Request, name: str) -> Reply:
        if request.headers.get("Cookie"):
            return 400, {"code": 4000, "message": "a session must not be sent to this host"}
        if request.headers.get("Authorization") != self._proof(name):
            return 403, {"code": 4003, "message": "wrong authorization"}
        checksum = request.headers.get("Content-CRC32", "").lower().zfill(8)
        if checksum != f"{zlib.crc32(request.content):08x}":
            return 400, {"code": 4009, "message": "crc32 mismatch"}
        self._site.store.put_picture(name, request.content)
        return 200, {"code": 2000, "message": "Success"}

    def _commit(self, body: Json) -> Reply:
        joined, _, proof = (as_text(body.get("SessionKey")) or "").rpartition(".")
        if proof != self._proof(joined):
            return _imagex_error("InvalidSessionKey")
        results, plugins = [], []
        for name in joined.split("."):
            uri = f"{URI_PREFIX}{name}"
            try:
                with Image.open(self._site.store.picture(uri)) as image:
                    size = {"ImageWidth": image.width, "ImageHeight": image.height}
                    kind = (image.format or "").lower()
            except FileNotFoundError:
                return _imagex_error("NotUploaded")
            except (OSError, ValueError):
                return _imagex_error("NoPicture")
            results.append({"Uri": uri, "UriStatus": 2000})
            plugins.append({"ImageUri": uri, "ImageFormat": kind, **size})
        result = {"Results": results, "PluginResult": plugins}
        return 200, {"ResponseMetadata": {}, "Result": result}

    def _proof(self, name: str) -> str:
        return hashlib.sha256(f"{self._secret}/{name}".encode()).hexdigest()


def _json(request: httpx.Request) -> Json:
    try:
        return dict(as_object(parse_json(request.content.decode())))
    except (ValueError, RecursionError):
        return {}


def _imagex_error(code: str, status: int = 400) -> Reply:
    error = {"Code": code, "CodeN": 100024, "Message": code}
    return status, {"ResponseMetadata": {"Error": error}}
