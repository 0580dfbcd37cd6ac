"""What the steps of an upload share at the site's stores, ImageX and VOD (protocol 11).

The account's session token is not used here: it is sent to the site only, never to an upload host.
"""

import re
import secrets
import string
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote

import httpx

from jimeng_core.backends.base import LoadedFile
from jimeng_core.backends.http import HttpClient, Response, ResponseLost
from jimeng_core.backends.json_reading import (
    Json,
    as_header,
    as_int,
    as_list,
    as_object,
    as_text,
    get_path,
)
from jimeng_core.backends.retries import retry_transfer
from jimeng_core.backends.upstream_clock import UpstreamClock
from jimeng_core.concurrency import WeightedLimiter
from jimeng_core.errors import UploadFailed

from .sigv4 import SigV4Auth
from .token import UploadToken

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_STALE: Final = ("InvalidAuthorization", "SignatureDoesNotMatch", "ExpiredToken")
"""Errors of a store after which a new token may help (protocol 11)."""
MAX_BYTES: Final = 20 * 2**20
"""Bytes that one client uploads at a time: four photographs of 5 MB, or parts of videos. More would
share a thin line until each of them seems to stand still."""
MAX_UPLOADS: Final = 10
"""Requests with files that one client sends at a time, however small."""
OnSent = Callable[[int], None]
"""Called with the number of bytes of one file that were sent."""
SUCCESS: Final = 2000
"""The `code` of a successful upload and the `UriStatus` of a successful commit (protocol 11)."""


@dataclass(frozen=True, slots=True)
class UploadSlot:
    """Where one file is uploaded to, from the response to an apply."""

    host: str
    store_uri: str
    authorization: str = field(repr=False)
    session_key: str = field(repr=False)


class StaleTokenError(Exception):
    """A store no longer accepts the upload token."""


class UploadStore:
    """One of the site's stores. Each step is tried up to three times while its response is lost.

    The steps raise `UploadFailed` if the store refuses them, `StaleTokenError` if it refuses the
    token, and at last `NotSent` or `ResponseLost`.

    Args:
        client: Sends the requests, without a cookie.
        address: The store's address.
        clock: The site's clock, which dates the signatures.
        in_flight: Limits what is uploaded at a time, to `MAX_BYTES`.
    """

    service: Literal["imagex", "vod"]
    """The name of the service in signatures."""
    version: str
    """Of its actions."""
    space: str
    """The parameter that names the space of files, whose value the token has."""

    def __init__(
        self,
        client: HttpClient,
        address: str,
        clock: UpstreamClock,
        in_flight: WeightedLimiter,
    ) -> None:
        self._client = client
        self._address = address
        self._clock = clock
        self._in_flight = in_flight

    async def put(self, file: LoadedFile, slot: UploadSlot, on_sent: OnSent) -> None:
        """Send a file's bytes."""
        await self._put(slot, file.data, {}, on_sent)

    async def _put(
        self, slot: UploadSlot, data: bytes, query: Mapping[str, str], on_sent: OnSent
    ) -> None:
        """Send bytes of a file: all of them, or a part."""
        headers = {
            "Content-CRC32": checksum(data),
            "Content-Type": "application/octet-stream",
        }
        async with self._in_flight.hold(max(len(data), MAX_BYTES // MAX_UPLOADS)):
            await self._post(slot, query, headers, data, on_sent)
        on_sent(len(data))

    @retry_transfer
    async def _post(
        self,
        slot: UploadSlot,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        content: bytes = b"",
        on_sent: OnSent | None = None,
    ) -> Json:
        """Send a request to the upload host; its response, which says that it succeeded."""
        scheme = httpx.URL(self._address).scheme
        response = await self._client.exchange(
            "POST",
            f"{scheme}://{slot.host}/upload/v1/{quote(slot.store_uri)}",
            params=query,
            headers={"Authorization": slot.authorization, **headers},
            content=content,
            on_sent=on_sent,
        )
        body = _read_body(response, "upload")
        if (code := as_int(body.get("code"))) != SUCCESS:
            phase = query.get("phase", "")
            raise UploadFailed(upstream_code=" ".join(filter(None, ["upload", phase, f"{code}"])))
        return body

    async def _apply(self, action: str, query: Mapping[str, str], token: UploadToken) -> Json:
        return await self._call("GET", action, {**query, "s": _nonce()}, token)

    async def _call(
        self,
        method: str,
        action: str,
        query: Mapping[str, str],
        token: UploadToken,
        content: bytes | None = None,
    ) -> Json:
        action_of = {"Action": action, "Version": self.version, self.space: token.space}
        response = await self._client.exchange(
            method,
            f"{self._address}/",
            params={**action_of, **query},
            headers={"Content-Type": "application/json"} if content else {},
            content=content,
            auth=SigV4Auth(token, self.service, self._clock),
        )
        body = _read_body(response, action)
        if error := as_object(get_path(body, "ResponseMetadata", "Error")):
            code = as_text(error.get("Code")) or as_text(error.get("CodeN")) or "?"
            if code.startswith(_STALE):
                raise StaleTokenError(code)
            raise UploadFailed(upstream_code=code)
        return body


def checksum(data: bytes) -> str:
    """The `Content-CRC32` of bytes (protocol 11)."""
    return f"{zlib.crc32(data):08x}"


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


def read_slots(address: object, action: str) -> list[UploadSlot]:
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
        raise UploadFailed(upstream_code=f"{action}: no place to upload to")
    return slots
