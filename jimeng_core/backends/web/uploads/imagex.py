"""The site's picture store (ImageX): apply, put, commit (protocol 11)."""

import json
from collections.abc import Sequence

from jimeng_core.backends.json_reading import (
    Json,
    as_count,
    as_int,
    as_list,
    as_object,
    as_text,
    get_path,
)
from jimeng_core.backends.retries import retry_idempotent
from jimeng_core.backends.web.draft_base import Uploaded
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.picture_file import PictureFile

from .store import SUCCESS, UploadSlot, UploadStore, read_slots
from .token import UploadToken


class ImageX(UploadStore):
    """The steps of pictures' uploads."""

    service = "imagex"
    version = "2018-08-01"
    space = "ServiceId"

    @retry_idempotent
    async def apply(self, pictures: Sequence[PictureFile], token: UploadToken) -> list[UploadSlot]:
        """Request slots for pictures; only the first of them may get one."""
        query = {"FileSize": str(sum(len(picture.data) for picture in pictures))}
        if len(pictures) > 1:
            query["UploadNum"] = str(len(pictures))
        action = "ApplyImageUpload"
        body = await self._apply(action, query, token)
        return read_slots(get_path(body, "Result", "UploadAddress"), action)

    @retry_idempotent
    async def commit(
        self, pictures: Sequence[PictureFile], slots: Sequence[UploadSlot], token: UploadToken
    ) -> list[Uploaded]:
        """Finish the uploads of one apply."""
        content = json.dumps({"SessionKey": slots[0].session_key}).encode()
        body = await self._call("POST", "CommitImageUpload", {}, token, content)
        return _read_uploaded(as_object(body.get("Result")), pictures, slots)


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
        if uri is None or (as_int(entry.get("UriStatus")) or SUCCESS) != SUCCESS:
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
