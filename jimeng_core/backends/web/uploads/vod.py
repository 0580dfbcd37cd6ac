"""The site's store of videos and audios (VOD): apply, put, commit (protocol 11.1)."""

import json
from typing import Final

from jimeng_core.backends.http import retry_idempotent
from jimeng_core.backends.json_reading import as_count, as_positive, as_text, get_path
from jimeng_core.backends.web.draft_base import UploadedClip
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.errors import UploadFailed

from .store import UploadSlot, UploadStore, read_slots
from .token import UploadToken

_MAX_SECONDS: Final = 3600
"""Far more than any clip that is sent has."""


class Vod(UploadStore):
    """The steps of one clip's upload."""

    service = "vod"
    version = "2020-11-19"
    space = "SpaceName"

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
