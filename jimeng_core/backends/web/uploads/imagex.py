"""The site's picture store (ImageX) in three steps: apply, put, commit (protocol 11).

The account's session token is not used here: it is sent to the site only, never to an upload host.
"""

import json
import re
import secrets
import string
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import httpx

from jimeng_core.backends.http import HttpClient, Response, ResponseLost, retry_idempotent
from jimeng_core.backends.json_reading import (
    Json,
    as_count,
    as_header,
    as_int,
    as_list,
    as_object,
    as_text,
    get_path,
)
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.backends.web.draft_base import Uploaded
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.picture_file import PictureFile

from .sigv4 import SigV4Auth
from .token import UploadToken

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_STALE: Final = ("InvalidAuthorization", "SignatureDoesNotMatch", "ExpiredToken")
"""Errors of ImageX after which a new token may help (protocol 11)."""
_SUCCESS: Final = 2000
"""The `code` of a successful upload and the `UriStatus` of a successful commit (protocol 11)."""


@dataclass(frozen=True, slots=True)
class UploadSlot:
    """Where one picture is uploaded to, from the response to ApplyImageUpload."""

    host: str
    store_uri: str
    authorization: str = field(repr=False)
    session_key: str = field(repr=False)


class StaleTokenError(Exception):
    """ImageX no longer accepts the upload token."""


class ImageX:
    """The three steps of an upload, each tried up to three times while its response is lost.

    They raise `UploadFailed` if ImageX refuses them, `StaleTokenError` if it refuses the token, and
    at last `NotSent` or `ResponseLost`.

    Args:
        client: Sends the requests, without a cookie.
        address: ImageX's address.
        clock: The site's clock, which dates the signatures.
    """

    def __init__(self, client: HttpClient, address: str, clock: UpstreamClock) -> None:
        self._client = client
        self._address = address
        self._clock = clock

    @retry_idempotent
    async def apply(self, pictures: Sequence[PictureFile], token: UploadToken) -> list[UploadSlot]:
        """Request slots for pictures; only the first of them may get one."""
        query = {"FileSize": str(sum(len(picture.data) for picture in pictures)), "s": _nonce()}
        if len(pictures) > 1:
            query["UploadNum"] = str(len(pictures))
        body = await self._call("GET", "ApplyImageUpload", query, token)
        return _read_slots(get_path(body, "Result", "UploadAddress"))

    @retry_idempotent
    async def commit(
        self, pictures: Sequence[PictureFile], slots: Sequence[UploadSlot], token: UploadToken
    ) -> list[Uploaded]:
        """Finish the uploads of one apply."""
        content = json.dumps({"SessionKey": slots[0].session_key}).encode()
        body = await self._call("POST", "CommitImageUpload", {}, token, content)
        return _read_uploaded(as_object(body.get("Result")), pictures, slots)

    @retry_idempotent
    async def put(self, picture: PictureFile, slot: UploadSlot) -> None:
        """Send a picture's bytes."""
        scheme = httpx.URL(self._address).scheme
        response = await self._client.exchange(
            "POST",
            f"{scheme}://{slot.host}/upload/v1/{quote(slot.store_uri)}",
            headers={
                "Authorization": slot.authorization,
                "Content-CRC32": f"{zlib.crc32(picture.data):08x}",
                "Content-Type": "application/octet-stream",
            },
            content=picture.data,
        )
        code = as_int(_read_body(response, "upload").get("code"))
        if code != _SUCCESS:
            raise UploadFailed(upstream_code=f"upload {code}")

    async def _call(
        self,
        method: str,
        action: str,
        query: Mapping[str, str],
        token: UploadToken,
        content: bytes | None = None,
    ) -> Json:
        service = {"Action": action, "Version": "2018-08-01", "ServiceId": token.service_id}
        response = await self._client.exchange(
            method,
            f"{self._address}/",
            params={**service, **query},
            headers={"Content-Type": "application/json"} if content else {},
            content=content,
            auth=SigV4Auth(token, self._clock),
        )
        body = _read_body(response, action)
        if error := as_object(get_path(body, "ResponseMetadata", "Error")):
            code = as_text(error.get("Code")) or as_text(error.get("CodeN")) or "?"
            if code.startswith(_STALE):
                raise StaleTokenError(code)
            raise UploadFailed(upstream_code=code)
        return body


def _nonce() -> str:
    """The `s` of an apply: 10 or 11 random characters (protocol 11)."""
    letters = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(11))


def _read_body(response: Response, step: str) -> Json:
    if httpx.codes.is_server_error(response.status):
        raise ResponseLost(f"{step}: HTTP {response.status}")
    try:
        return as_object(response.json())
    except ValueError as error:
        reason = f"{step}: HTTP {response.status}, not JSON"
        if httpx.codes.is_success(response.status):  # it may have been carried out
            raise ResponseLost(reason) from error
        raise UploadFailed(upstream_code=reason) from error


def _read_slots(address: object) -> list[UploadSlot]:
    """The slots of an apply; raises `UploadFailed` if none of them is usable."""
    host = as_text(get_path(address, "UploadHosts", 0)) or as_text(get_path(address, "UploadHost"))
    session_key = as_text(get_path(address, "SessionKey"))
    slots = [
        UploadSlot(host or "", store_uri, authorization, session_key or "")
        for info in as_list(get_path(address, "StoreInfos"))
        if (store_uri := as_text(get_path(info, "StoreUri")))
        and (authorization := as_header(get_path(info, "Auth")))
    ]
    if not slots or not session_key or not _HOST.fullmatch(host or ""):
        raise UploadFailed(upstream_code="ApplyImageUpload: no place to upload to")
    return slots


def _read_uploaded(
    result: Json, pictures: Sequence[PictureFile], slots: Sequence[UploadSlot]
) -> list[Uploaded]:
    """The uploaded pictures of a commit, matched by StoreUri; by order if all have other URIs."""
    results = [as_object(entry) for entry in as_list(result.get("Results"))]
    by_uri = {as_text(entry.get("Uri")): entry for entry in results}
    plugins = [as_object(entry) for entry in as_list(result.get("PluginResult"))]
    sizes = {as_text(entry.get("ImageUri")): entry for entry in plugins}
    entries = [by_uri.get(slot.store_uri, {}) for slot in slots]
    if not all(entries) and len(results) == len(slots):
        entries = results
    uploaded = []
    for picture, entry in zip(pictures, entries, strict=True):
        uri = as_text(entry.get("Uri"))
        if uri is None or (as_int(entry.get("UriStatus")) or _SUCCESS) != _SUCCESS:
            status = as_text(entry.get("UriStatus")) or "no Uri"
            raise UploadFailed(upstream_code=f"CommitImageUpload: {status}")
        size = sizes.get(uri, {})
        uploaded.append(
            Uploaded(
                uri=uri,
                width=as_count(size.get("ImageWidth")) or picture.width,
                height=as_count(size.get("ImageHeight")) or picture.height,
                format=as_text(size.get("ImageFormat")) or picture.format,
            )
        )
    return uploaded
