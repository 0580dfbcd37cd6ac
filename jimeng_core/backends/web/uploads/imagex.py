"""The site's picture store (ImageX), step by step: apply, put, commit (protocol 11).

The account's session token is not known here: it goes to the site only, never to an upload host.
"""

import json
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import httpx
import stamina
from httpx_auth import AWS4Auth

from jimeng_core.backends.http import Answer, NotSent, ResponseLost, exchange
from jimeng_core.backends.json_reading import (
    Json,
    as_header,
    as_int,
    as_list,
    as_object,
    as_text,
    get_path,
    read_json,
)
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.decoding import PictureFile

from .cache import Uploaded
from .token import UploadToken

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")


_STALE = ("InvalidAuthorization", "SignatureDoesNotMatch", "ExpiredToken")
"""Refusals by ImageX after which a fresh token may help (protocol 11)."""

_SUCCESS: Final = 2000
"""The `code` of an upload and the `UriStatus` of a commit that went well (protocol 11)."""

_retry = stamina.retry(
    on=(NotSent, ResponseLost), attempts=3, timeout=60, wait_initial=0.2, wait_max=2
)
"""An upload step costs nothing, so it may be repeated: three times, within a minute.

stamina logs what a step was called with: no argument of one may show a secret in its repr.
"""


@dataclass(frozen=True, slots=True)
class UploadSlot:
    """Where one picture goes, from an answer to ApplyImageUpload."""

    host: str
    store_uri: str
    authorization: str = field(repr=False)
    session_key: str = field(repr=False)


class StaleTokenError(Exception):
    """ImageX no longer takes the upload token."""


class ImageX:
    """The store behind its three steps, each repeated when its answer is lost.

    Args:
        client: Sends everything; it carries no cookie.
        address: ImageX's.
        timeout: Seconds that one request may take.
    """

    def __init__(self, client: httpx.AsyncClient, address: str, timeout: float) -> None:
        self._client = client
        self._address = address
        self._timeout = timeout

    @_retry
    async def apply(self, pictures: Sequence[PictureFile], token: UploadToken) -> list[UploadSlot]:
        """Ask where the pictures are to go; the first of them may get a place, and the rest none.

        Raises:
            UploadFailed: Refused, or no place that can be used.
            StaleTokenError: The token is of no use any more.
            NotSent, Lost: Three times.
        """
        size = sum(len(picture.data) for picture in pictures)
        query = {"FileSize": str(size), "s": _nonce()}
        if len(pictures) > 1:
            query["UploadNum"] = str(len(pictures))
        answer = await self._call("GET", "ApplyImageUpload", query, token)
        return _places(get_path(answer, "Result", "UploadAddress"))

    @_retry
    async def commit(
        self, pictures: Sequence[PictureFile], places: Sequence[UploadSlot], token: UploadToken
    ) -> list[Uploaded]:
        """Tell that the pictures of one apply are there, and get their names.

        Raises:
            UploadFailed: Refused, or a picture has no name.
            StaleTokenError: The token is of no use any more.
            NotSent, Lost: Three times.
        """
        body = json.dumps({"SessionKey": places[0].session_key}).encode()
        answer = await self._call("POST", "CommitImageUpload", {}, token, body)
        return _committed(as_object(answer.get("Result")), pictures, places)

    @_retry
    async def put(self, picture: PictureFile, place: UploadSlot) -> None:
        """Send a picture's bytes.

        Raises:
            UploadFailed: Refused.
            NotSent, Lost: Three times.
        """
        scheme = httpx.URL(self._address).scheme
        answer = await exchange(
            self._client,
            "POST",
            f"{scheme}://{place.host}/upload/v1/{quote(place.store_uri)}",
            timeout=self._timeout,
            headers={
                "Authorization": place.authorization,
                "Content-CRC32": f"{zlib.crc32(picture.data):08x}",
                "Content-Type": "application/octet-stream",
            },
            content=picture.data,
        )
        code = as_int(_read(answer, "upload").get("code"))
        if code != _SUCCESS:
            raise UploadFailed(upstream_code=f"upload {code}")

    async def _call(
        self,
        method: str,
        action: str,
        query: dict[str, str],
        token: UploadToken,
        body: bytes | None = None,
    ) -> Json:
        answer = await exchange(
            self._client,
            method,
            f"{self._address}/",
            timeout=self._timeout,
            params={
                "Action": action,
                "Version": "2018-08-01",
                "ServiceId": token.service_id,
                **query,
            },
            headers={"Content-Type": "application/json"} if body else {},
            content=body,
            auth=AWS4Auth(
                token.access_key,
                token.secret_key,
                token.region,
                "imagex",
                security_token=token.session_token,
            ),
        )
        read = _read(answer, action)
        if error := as_object(get_path(read, "ResponseMetadata", "Error")):
            code = as_text(error.get("Code")) or as_text(error.get("CodeN")) or "?"
            if code.startswith(_STALE):
                raise StaleTokenError(code)
            raise UploadFailed(upstream_code=code)
        return read


def _nonce() -> str:
    """The `s` of an apply: 10 or 11 random characters (protocol 11)."""
    letters = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(11))


def _read(answer: Answer, step: str) -> Json:
    if httpx.codes.is_server_error(answer.status):
        raise ResponseLost(f"{step}: HTTP {answer.status}")
    try:
        return as_object(read_json(answer.body))
    except (ValueError, RecursionError) as error:
        told = f"{step}: HTTP {answer.status}, not JSON"
        if httpx.codes.is_success(answer.status):  # it may have worked, and nobody can tell
            raise ResponseLost(told) from error
        raise UploadFailed(upstream_code=told) from error


def _places(address: object) -> list[UploadSlot]:
    """The places that an apply gives.

    Raises:
        UploadFailed: It gives none that can be used.
    """
    host = (
        as_text(get_path(address, "UploadHosts", 0))
        or as_text(get_path(address, "UploadHost"))
        or ""
    )
    session_key = as_text(get_path(address, "SessionKey")) or ""
    places = [
        UploadSlot(host, store_uri, authorization, session_key)
        for info in as_list(get_path(address, "StoreInfos"))
        if (store_uri := as_text(get_path(info, "StoreUri")))
        and (authorization := as_header(get_path(info, "Auth")))
    ]
    if not places or not session_key or not _HOST.fullmatch(host):
        raise UploadFailed(upstream_code="ApplyImageUpload: no place to upload to")
    return places


def _committed(
    result: Json, pictures: Sequence[PictureFile], places: Sequence[UploadSlot]
) -> list[Uploaded]:
    """What a commit made of the pictures: told by StoreUri, else, where it made all, by order."""
    results = [as_object(entry) for entry in as_list(result.get("Results"))]
    plugins = [as_object(entry) for entry in as_list(result.get("PluginResult"))]
    named = {as_text(entry.get("Uri")): entry for entry in results}
    measured = {as_text(entry.get("ImageUri")): entry for entry in plugins}
    entries = [named.get(place.store_uri, {}) for place in places]
    if not all(entries) and len(results) == len(places):
        entries = results
    uploaded = []
    for picture, entry in zip(pictures, entries, strict=True):
        uri = as_text(entry.get("Uri"))
        if uri is None or (as_int(entry.get("UriStatus")) or _SUCCESS) != _SUCCESS:
            status = as_text(entry.get("UriStatus")) or "no Uri"
            raise UploadFailed(upstream_code=f"CommitImageUpload: {status}")
        size = measured.get(uri, {})
        uploaded.append(
            Uploaded(
                uri=uri,
                width=as_int(size.get("ImageWidth")) or picture.width,
                height=as_int(size.get("ImageHeight")) or picture.height,
                format=as_text(size.get("ImageFormat")) or picture.format,
            )
        )
    return uploaded
