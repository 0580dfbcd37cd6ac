"""The site's store of videos and audios (VOD): apply, put, commit (protocol 11.1)."""

import json
import logging
from functools import partial
from typing import Final

from jimeng_core.backends.base import LoadedFile
from jimeng_core.backends.http import ResponseLost
from jimeng_core.backends.json_reading import as_count, as_positive, as_text, get_path
from jimeng_core.backends.retries import retry_idempotent
from jimeng_core.backends.web.draft_base import UploadedClip
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.errors import UploadFailed

from .store import OnSent, UploadSlot, UploadStore, checksum, read_slots
from .token import UploadToken

log = logging.getLogger(__name__)

PART_BYTES: Final = 5 * 2**20
"""Bytes of a part, of which the last has the rest too: no part may be smaller (protocol 11.1)."""
_MAX_SECONDS: Final = 3600
"""Far more than any clip that is sent has."""


class Vod(UploadStore):
    """The steps of one clip's upload."""

    service = "vod"
    version = "2020-11-19"
    space = "SpaceName"
    _takes_parts = True

    async def put(self, file: LoadedFile, slot: UploadSlot, on_sent: OnSent) -> None:
        """Send a file's bytes; of a large one in parts, each of which is repeated by itself.

        The parts are those of other pages at the same store; that it takes them from this one is a
        guess (protocol 11.1). Where it refuses, it gets this file and all later ones whole.
        """
        if self._takes_parts and len(file.data) >= 2 * PART_BYTES:
            try:
                return await self._put_parts(file.data, slot, on_sent)
            except UploadFailed as error:
                log.warning("The store of videos takes no parts: %s", error.upstream_code)
                self._takes_parts = False
        return await super().put(file, slot, on_sent)

    async def _put_parts(self, data: bytes, slot: UploadSlot, on_sent: OnSent) -> None:
        """Announce an upload in parts, send them, and have them joined."""
        try:
            begun = await self._post(slot, {"uploadmode": "part", "phase": "init"}, {})
        except ResponseLost as error:  # one client got an empty response (protocol 11.1)
            raise error.as_error(UploadFailed) from error
        if not (upload_id := as_text(get_path(begun, "data", "uploadid"))):
            raise UploadFailed(upstream_code="upload init: no uploadid")
        checksums = []
        starts = range(0, len(data) - PART_BYTES + 1, PART_BYTES)
        for number, start in enumerate(starts, 1):
            part = data[start:] if start == starts[-1] else data[start : start + PART_BYTES]
            query = {
                "uploadid": upload_id,
                "part_number": str(number),
                "phase": "transfer",
                "part_offset": str(start),
            }
            await self._put(slot, part, query, partial(_report_part, on_sent, start))
            checksums.append(f"{number}:{checksum(part)}")
        query = {"uploadmode": "part", "phase": "finish", "uploadid": upload_id}
        headers = {"Content-Type": "text/plain;charset=UTF-8"}
        await self._post(slot, query, headers, ",".join(checksums).encode())

    @retry_idempotent
    async def apply(self, clip: ClipFile, token: UploadToken) -> UploadSlot:
        """Request a slot for a clip. The type is `video` for audios too (protocol 11.1, likely)."""
        query = {"FileType": "video", "IsInner": "1", "FileSize": str(len(clip.data))}
        action = "ApplyUploadInner"
        body = await self._apply(action, query, token)
        node = get_path(body, "Result", "InnerUploadAddress", "UploadNodes", 0)
        return read_slots(node, action)[0]

    @retry_idempotent
    async def commit(self, clip: ClipFile, slot: UploadSlot, token: UploadToken) -> UploadedClip:
        """Finish an upload.

        What the store says of the file is what drafts repeat; where it says nothing, what was
        measured here.
        """
        content = json.dumps({"SessionKey": slot.session_key, "Functions": []}).encode()
        body = await self._call("POST", "CommitUploadInner", {}, token, content)
        result = get_path(body, "Result", "Results", 0)
        vid, meta = as_text(get_path(result, "Vid")), get_path(result, "VideoMeta")
        if vid is None:
            raise UploadFailed(upstream_code="CommitUploadInner: no Vid")
        seconds = min(as_positive(get_path(meta, "Duration")) or clip.seconds, _MAX_SECONDS)
        return UploadedClip(
            kind=clip.kind,
            vid=vid,
            width=clip.width and (as_count(get_path(meta, "Width")) or clip.width),
            height=clip.height and (as_count(get_path(meta, "Height")) or clip.height),
            duration_ms=round(seconds * 1000),
        )


def _report_part(on_sent: OnSent, start: int, sent: int) -> None:
    """Report the bytes of a part as bytes of its file."""
    on_sent(start + sent)
