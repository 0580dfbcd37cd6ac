"""Pictures to the site's store (ImageX): token, apply, upload, commit (wire facts 11).

The account's session token is not known here: it goes to the site only, never to an upload host.
"""

import json
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import quote

import httpx
import stamina
from httpx_auth import AWS4Auth

from jimeng_core.backends.exchange import Answer, Lost, NotSent, exchange
from jimeng_core.backends.plain import (
    Json,
    as_header,
    as_int,
    as_list,
    as_object,
    as_text,
    dig,
    read_json,
)
from jimeng_core.clock import Clock
from jimeng_core.errors import UploadFailed
from jimeng_core.gather import gather
from jimeng_core.pictures import PictureFile

from .site import Site
from .upload_cache import UploadCache, Uploaded
from .upload_token import UploadToken, UploadTokens

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_STALE = ("InvalidAuthorization", "SignatureDoesNotMatch", "ExpiredToken")
"""Refusals by ImageX after which a fresh token may help (wire facts 11)."""

_SUCCESS: Final = 2000
"""The `code` of an upload and the `UriStatus` of a commit that went well (wire facts 11)."""

_patiently = stamina.retry(on=(NotSent, Lost), attempts=3, timeout=60, wait_initial=0.2, wait_max=2)
"""An upload step costs nothing, so it may be repeated: three times, within a minute.

stamina logs what a step was called with: no argument of one may show a secret in its repr.
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one picture goes, from an answer to ApplyImageUpload."""

    host: str
    store_uri: str
    authorization: str = field(repr=False)
    session_key: str = field(repr=False)


class _StaleTokenError(Exception):
    """ImageX no longer takes the upload token."""


class Uploader:
    """Sends pictures to the store of one account.

    Args:
        site: Gives upload tokens.
        client: Sends everything else; it carries no cookie.
        imagex: ImageX's address.
        timeout: Seconds that one request may take.
        clock: Tells when a token is too old.
    """

    def __init__(
        self, site: Site, client: httpx.AsyncClient, imagex: str, timeout: float, clock: Clock
    ) -> None:
        self._client = client
        self._imagex = imagex
        self._timeout = timeout
        self._cache = UploadCache()
        self._tokens = UploadTokens(site, clock)

    async def upload(self, pictures: Sequence[PictureFile]) -> list[Uploaded]:
        """Send pictures side by side, each content once; gives one result a picture, in order.

        Raises:
            UploadFailed: A step failed after its retries; no task was submitted.
            JimengError: The site gave no upload token.
        """
        stored = {picture.sha256: self._cache.get(picture.sha256) for picture in pictures}
        fresh = {each.sha256: each for each in pictures if stored[each.sha256] is None}
        if fresh:
            sent = await self._send_with_token(list(fresh.values()))
            new = dict(zip(fresh, sent, strict=True))
            self._cache.keep(new)
            stored |= new
        return [found for picture in pictures if (found := stored[picture.sha256])]

    def remembers(self, pictures: Sequence[PictureFile]) -> bool:
        """Whether any of the pictures would not be sent again."""
        return any(self._cache.get(picture.sha256) for picture in pictures)

    def forget(self, pictures: Sequence[PictureFile]) -> None:
        """Send these pictures again the next time."""
        self._cache.drop(picture.sha256 for picture in pictures)

    async def _send_with_token(self, pictures: Sequence[PictureFile]) -> list[Uploaded]:
        try:
            token = await self._tokens.current()
            try:
                return await self._send(pictures, token)
            except _StaleTokenError:
                return await self._send(pictures, await self._tokens.current(refused=token))
        except (NotSent, Lost, _StaleTokenError) as error:
            raise UploadFailed(upstream_code=str(error)) from error

    async def _send(self, pictures: Sequence[PictureFile], token: UploadToken) -> list[Uploaded]:
        """One apply and one commit for all pictures, where ImageX gives a place for each.

        `UploadNum` asks for that (wire facts 11, seen in one source); the rest go one by one.
        """
        try:
            places = (await self._apply(pictures, token))[: len(pictures)]
        except UploadFailed:
            if len(pictures) == 1:
                raise
            places = []  # more than one at a time may be what it does not take
        together, rest = pictures[: len(places)], pictures[len(places) :]
        calls = [partial(self._send, [picture], token) for picture in rest]
        if together:
            calls.insert(0, partial(self._deliver, together, places, token))
        delivered = await gather(calls)
        return [uploaded for group in delivered for uploaded in group]

    @_patiently
    async def _apply(self, pictures: Sequence[PictureFile], token: UploadToken) -> list[_Place]:
        size = sum(len(picture.data) for picture in pictures)
        query = {"FileSize": str(size), "s": _nonce()}
        if len(pictures) > 1:
            query["UploadNum"] = str(len(pictures))
        answer = await self._imagex_call("GET", "ApplyImageUpload", query, token)
        return _places(dig(answer, "Result", "UploadAddress"))

    async def _deliver(
        self, pictures: Sequence[PictureFile], places: Sequence[_Place], token: UploadToken
    ) -> list[Uploaded]:
        await gather([partial(self._put, *pair) for pair in zip(pictures, places, strict=True)])
        return _committed(await self._commit(places, token), pictures, places)

    @_patiently
    async def _commit(self, places: Sequence[_Place], token: UploadToken) -> Json:
        body = json.dumps({"SessionKey": places[0].session_key}).encode()
        answer = await self._imagex_call("POST", "CommitImageUpload", {}, token, body)
        return as_object(answer.get("Result"))

    @_patiently
    async def _put(self, picture: PictureFile, place: _Place) -> None:
        scheme = httpx.URL(self._imagex).scheme
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

    async def _imagex_call(
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
            f"{self._imagex}/",
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
        if error := as_object(dig(read, "ResponseMetadata", "Error")):
            code = as_text(error.get("Code")) or as_text(error.get("CodeN")) or "?"
            if code.startswith(_STALE):
                raise _StaleTokenError(code)
            raise UploadFailed(upstream_code=code)
        return read


def _nonce() -> str:
    """The `s` of an apply: 10 or 11 random characters (wire facts 11)."""
    letters = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(11))


def _read(answer: Answer, step: str) -> Json:
    if httpx.codes.is_server_error(answer.status):
        raise Lost(f"{step}: HTTP {answer.status}")
    try:
        return as_object(read_json(answer.body))
    except (ValueError, RecursionError) as error:
        told = f"{step}: HTTP {answer.status}, not JSON"
        if httpx.codes.is_success(answer.status):  # it may have worked, and nobody can tell
            raise Lost(told) from error
        raise UploadFailed(upstream_code=told) from error


def _places(address: object) -> list[_Place]:
    """The places that an apply gives.

    Raises:
        UploadFailed: It gives none that can be used.
    """
    host = as_text(dig(address, "UploadHosts", 0)) or as_text(dig(address, "UploadHost")) or ""
    session_key = as_text(dig(address, "SessionKey")) or ""
    places = [
        _Place(host, store_uri, authorization, session_key)
        for info in as_list(dig(address, "StoreInfos"))
        if (store_uri := as_text(dig(info, "StoreUri")))
        and (authorization := as_header(dig(info, "Auth")))
    ]
    if not places or not session_key or not _HOST.fullmatch(host):
        raise UploadFailed(upstream_code="ApplyImageUpload: no place to upload to")
    return places


def _committed(
    result: Json, pictures: Sequence[PictureFile], places: Sequence[_Place]
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
