"""The demo's stores of uploaded files, which answer as ImageX and VOD do (protocol 11, 11.1)."""

import hashlib
import secrets
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
from PIL import Image

from jimeng_core.backends.json_reading import as_int, as_text
from jimeng_core.backends.web import wire
from jimeng_core.backends.web.uploads import sigv4

from .store import URI_PREFIX, VID_PREFIX, Store

UPLOAD_HOST: Final = "upload.demo.invalid"
UPLOAD_PATH: Final = "/upload/v1/"
CLIP_PREFIX: Final = "tos-cn-v-148450/"
"""The start of every address of a video or an audio in the store."""
_ACCESS_KEY: Final = "AKDEMO"
_TOKEN_SECONDS: Final = 3600
_SIGNATURE_SECONDS: Final = 15 * 60
"""How far the date of a signature may be off (protocol 11)."""
_SERVICES: Final = {
    wire.UploadScene.PICTURES: ("imagex", "ServiceId"),
    wire.UploadScene.CLIPS: ("vod", "SpaceName"),
}
"""The service of each scene, and the parameter that names its space."""
_ACTIONS: Final = {
    ("ApplyImageUpload", "GET"): (wire.UploadScene.PICTURES, "apply"),
    ("CommitImageUpload", "POST"): (wire.UploadScene.PICTURES, "commit"),
    ("ApplyUploadInner", "GET"): (wire.UploadScene.CLIPS, "apply"),
    ("CommitUploadInner", "POST"): (wire.UploadScene.CLIPS, "commit"),
}

Json = dict[str, Any]
Reply = tuple[int, Json]  # the status and the body


class UploadStores:
    """The two stores.

    Args:
        store: Where files are kept.
        now: The source of the time, in Unix seconds.
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        # Proofs made with it show that an upload was applied for.
        self._secret = secrets.token_hex(16)
        self._parts: dict[str, list[str]] = {}
        """The checksums of the parts that came, by the name of the file that they become."""

    def token(self, body: Json) -> Json:
        """The `data` of an upload token."""
        now = int(self._now())
        clips = as_int(body.get("scene")) == wire.UploadScene.CLIPS.value
        scene = wire.UploadScene.CLIPS if clips else wire.UploadScene.PICTURES
        return {
            "access_key_id": _ACCESS_KEY,
            "secret_access_key": self._secret,
            "session_token": self._proof(scene.name),
            "space_name": wire.UPLOAD_SPACES[scene],
            "region": "cn",
            "current_time": now,
            "expired_time": now + _TOKEN_SECONDS,
        }

    def act(self, request: httpx.Request, body: Json) -> Reply:
        """Answer an apply or a commit."""
        action = _ACTIONS.get((request.url.params["Action"], request.method))
        if action is None:
            return _error("InvalidAction")
        scene, name = action
        service, space = _SERVICES[scene]
        signed_at = sigv4.signed_at(request)
        if (
            request.headers.get("Authorization")
            != sigv4.authorization(request, _ACCESS_KEY, self._secret, wire.AWS_REGION, service)
            or request.headers.get("x-amz-security-token") != self._proof(scene.name)
            or not signed_at
            or abs(signed_at.timestamp() - self._now()) > _SIGNATURE_SECONDS
        ):
            return _error("SignatureDoesNotMatch", 403)
        if request.url.params.get(space) != wire.UPLOAD_SPACES[scene]:
            return _error(f"Invalid{space}")
        if name == "apply":
            apply = self._apply_pictures if service == "imagex" else self._apply_clip
            return apply(request.url.params)
        names, _, proof = (as_text(body.get("SessionKey")) or "").rpartition(".")
        if proof != self._proof(names):
            return _error("InvalidSessionKey")
        return (self._commit_pictures if service == "imagex" else self._commit_clip)(names)

    def upload(self, request: httpx.Request) -> Reply:
        """Store the bytes of a file, or of a part of a video or an audio."""
        name = request.url.path.removeprefix(UPLOAD_PATH)
        name = name.removeprefix(URI_PREFIX).removeprefix(CLIP_PREFIX)
        if request.headers.get("Cookie"):
            return _refused("a session must not be sent to this host")
        if request.headers.get("Authorization") != self._proof(name):
            return 403, {"code": 4003, "message": "wrong authorization"}
        phase = request.url.params.get("phase")
        if phase in {"init", "finish"}:
            return (self._begin if phase == "init" else self._join)(name, request)
        checksum = request.headers.get("Content-CRC32", "").lower().zfill(8)
        if checksum != f"{zlib.crc32(request.content):08x}":
            return 400, {"code": 4009, "message": "crc32 mismatch"}
        if phase == "transfer":
            return self._take_part(name, request.url.params, request.content, checksum)
        self._store.put_file(name, request.content)
        return _taken()

    def _begin(self, name: str, _request: httpx.Request) -> Reply:
        if not name.startswith(VID_PREFIX):  # pictures have no parts
            return _refused("no parts here")
        self._parts[name] = []
        self._store.put_part(name, 0, b"")
        return _taken({"uploadid": name})

    def _take_part(
        self, name: str, query: Mapping[str, str], content: bytes, checksum: str
    ) -> Reply:
        parts = self._parts.get(name)
        number, offset = as_int(query.get("part_number")), as_int(query.get("part_offset"))
        if parts is None or query.get("uploadid") != name or offset is None:
            return _refused("no such upload")
        if number == len(parts):  # the last part again, as its response was lost
            parts.pop()
        elif number != len(parts) + 1:
            return _refused("another part is missing")
        self._store.put_part(name, offset, content)
        parts.append(checksum)
        return _taken({"part_number": query["part_number"], "crc32": checksum})

    def _join(self, name: str, request: httpx.Request) -> Reply:
        parts = enumerate(self._parts.get(name, []), 1)
        expected = ",".join(f"{number}:{checksum}" for number, checksum in parts)
        if not expected or request.content.decode(errors="replace") != expected:
            return _refused("these are not the parts")
        self._store.join_parts(name)
        del self._parts[name]
        return _taken()

    def _slot(self, prefix: str, name: str) -> Json:
        return {"StoreUri": prefix + name, "Auth": self._proof(name), "UploadID": name}

    def _apply_pictures(self, parameters: httpx.QueryParams) -> Reply:
        count = as_int(parameters.get("UploadNum")) or 1
        names = [secrets.token_hex(16) for _ in range(min(max(count, 1), 10))]
        joined = ".".join(names)
        address = {
            "StoreInfos": [self._slot(URI_PREFIX, name) for name in names],
            "UploadHosts": [UPLOAD_HOST],
            "SessionKey": f"{joined}.{self._proof(joined)}",
        }
        return _result({"UploadAddress": address})

    def _commit_pictures(self, names: str) -> Reply:
        results, plugins = [], []
        for name in names.split("."):
            uri = f"{URI_PREFIX}{name}"
            try:
                with Image.open(self._store.upload(uri)) as image:
                    size = {"ImageWidth": image.width, "ImageHeight": image.height}
                    kind = (image.format or "").lower()
            except FileNotFoundError:
                return _error("NotUploaded")
            except (OSError, ValueError):
                return _error("NoPicture")
            results.append({"Uri": uri, "UriStatus": 2000})
            plugins.append({"ImageUri": uri, "ImageFormat": kind, **size})
        return _result({"Results": results, "PluginResult": plugins})

    def _apply_clip(self, parameters: httpx.QueryParams) -> Reply:
        if parameters.get("FileType") != "video" or parameters.get("IsInner") != "1":
            return _error("InvalidParameter")
        vid = f"{VID_PREFIX}200f{secrets.token_hex(13)}"
        node = {
            "Vid": vid,
            "StoreInfos": [self._slot(CLIP_PREFIX, vid)],
            "UploadHost": UPLOAD_HOST,
            "SessionKey": f"{vid}.{self._proof(vid)}",
        }
        return _result({"InnerUploadAddress": {"UploadNodes": [node]}})

    def _commit_clip(self, vid: str) -> Reply:
        path = self._store.upload(vid)
        if not path.exists():
            return _error("NotUploaded")
        # The real store also measures the file; clients do without.
        meta = {"Uri": f"{CLIP_PREFIX}{vid}", "Size": path.stat().st_size}
        return _result({"Results": [{"Vid": vid, "VideoMeta": meta}]})

    def _proof(self, name: str) -> str:
        return hashlib.sha256(f"{self._secret}/{name}".encode()).hexdigest()


def _taken(data: Json | None = None) -> Reply:
    return 200, {"code": 2000, "message": "Success", "data": data or {}}


def _refused(message: str) -> Reply:
    return 400, {"code": 4000, "message": message}


def _result(result: Json) -> Reply:
    return 200, {"ResponseMetadata": {}, "Result": result}


def _error(code: str, status: int = 400) -> Reply:
    error = {"Code": code, "CodeN": 100024, "Message": code}
    return status, {"ResponseMetadata": {"Error": error}}
