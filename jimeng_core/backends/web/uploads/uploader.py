"""Upload of a request's files to the site's stores: concurrently, and each content once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from cachetools import LRUCache

from jimeng_core.backends.base import LoadedFile, OnUpload
from jimeng_core.backends.http import HttpClient, RequestFailed
from jimeng_core.backends.web import wire
from jimeng_core.backends.web.api import SiteApi
from jimeng_core.backends.web.draft_base import Uploaded, UploadedClip
from jimeng_core.clips.clip_file import ClipFile
from jimeng_core.clock import Clock
from jimeng_core.concurrency import WeightedLimiter, gather
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.picture_file import PictureFile

from .imagex import ImageX
from .store import StaleTokenError, UploadSlot, UploadStore
from .token import UploadToken, UploadTokens
from .vod import Vod

MAX_CACHED: Final = 1000
"""How many uploads one client remembers."""
MAX_BYTES: Final = 20 * 2**20
"""Bytes of files that one client uploads at a time: four photographs of 5 MB, or one video. More
would share a thin line until each of them seems to stand still."""
MAX_UPLOADS: Final = 10
"""Files that one client uploads at a time, however small."""
UploadedFile = Uploaded | UploadedClip
_OnStored = Callable[[LoadedFile], None]
"""Called with each file whose bytes are in the store."""
_Send = Callable[[UploadToken], Awaitable[list[UploadedFile]]]
"""Uploads some files with a token."""


class Uploader:
    """Uploads files for one account.

    The stores are not content-addressed (protocol 11): the same bytes uploaded again get another
    URI. So uploads are cached by the SHA-256 of their bytes.

    Args:
        site: Issues upload tokens.
        client: Sends everything else, without a cookie.
        imagex: The address of the store of pictures.
        vod: The address of the store of videos and audios.
        clock: Dates the upload tokens.
    """

    def __init__(
        self, site: SiteApi, client: HttpClient, imagex: str, vod: str, clock: Clock
    ) -> None:
        self._imagex = ImageX(client, imagex, site.clock)
        self._vod = Vod(client, vod, site.clock)
        self._cache: LRUCache[str, UploadedFile] = LRUCache(MAX_CACHED)
        self._picture_tokens = UploadTokens(site, clock, wire.UploadScene.PICTURES)
        self._clip_tokens = UploadTokens(site, clock, wire.UploadScene.CLIPS)
        self._in_flight = WeightedLimiter(MAX_BYTES)

    async def upload(
        self, files: Sequence[LoadedFile], on_upload: OnUpload | None = None
    ) -> list[UploadedFile]:
        """Upload files concurrently, each content once; return one result a file, in order.

        Args:
            files: What to upload.
            on_upload: Called with how many of them are uploaded, at first and after each.

        Raises:
            UploadFailed: A step failed after its retries; no task was submitted.
            JimengError: The site issued no upload token.
        """
        stored = {file.sha256: self._cache.get(file.sha256) for file in files}
        new = {each.sha256: each for each in files if stored[each.sha256] is None}
        done = set(stored) - set(new)

        def report(file: LoadedFile | None = None) -> None:
            if file:
                done.add(file.sha256)
            if on_upload:
                on_upload(sum(each.sha256 in done for each in files), len(files))

        if files:
            report()
        pictures = [each for each in new.values() if isinstance(each, PictureFile)]
        clips = [each for each in new.values() if isinstance(each, ClipFile)]
        sends = [
            (self._clip_tokens, partial(self._send_clip, clip, on_stored=report)) for clip in clips
        ]
        if pictures:
            send_pictures = partial(self._send, pictures, on_stored=report)
            sends.insert(0, (self._picture_tokens, send_pictures))
        groups = await gather([partial(self._with_token, *each) for each in sends])
        sent = [uploaded for group in groups for uploaded in group]
        keys = [*(each.sha256 for each in pictures), *(each.sha256 for each in clips)]
        results = dict(zip(keys, sent, strict=True))
        self._cache.update(results)
        stored |= results
        return [found for file in files if (found := stored[file.sha256])]

    def is_cached(self, files: Sequence[LoadedFile]) -> bool:
        """Whether any of the files would not be uploaded again."""
        return any(file.sha256 in self._cache for file in files)

    def evict(self, uploaded: Sequence[UploadedFile]) -> None:
        """Upload these files again the next time."""
        for key in [key for key, each in self._cache.items() if each in uploaded]:
            del self._cache[key]

    async def _with_token(self, tokens: UploadTokens, send: _Send) -> list[UploadedFile]:
        """Upload with the current token; with a new one if the store refuses it."""
        try:
            token = await tokens.current()
            try:
                return await send(token)
            except StaleTokenError:
                return await send(await tokens.current(refused=token))
        except RequestFailed as error:
            raise error.as_error(UploadFailed) from error
        except StaleTokenError as error:
            raise UploadFailed(upstream_code=str(error)) from error

    async def _send(
        self, pictures: Sequence[PictureFile], token: UploadToken, on_stored: _OnStored
    ) -> list[UploadedFile]:
        """One apply and one commit for all pictures, if ImageX gives a slot for each.

        `UploadNum` asks for that (protocol 11, single source); the rest are sent one by one.
        """
        try:
            slots = (await self._imagex.apply(pictures, token))[: len(pictures)]
        except UploadFailed:
            if len(pictures) == 1:
                raise
            slots = []  # it may not accept more than one at a time
        together, rest = pictures[: len(slots)], pictures[len(slots) :]
        calls = [partial(self._send, [picture], token, on_stored) for picture in rest]
        if together:
            calls.insert(0, partial(self._put_and_commit, together, slots, token, on_stored))
        groups = await gather(calls)
        return [uploaded for group in groups for uploaded in group]

    async def _put_and_commit(
        self,
        pictures: Sequence[PictureFile],
        slots: Sequence[UploadSlot],
        token: UploadToken,
        on_stored: _OnStored,
    ) -> list[UploadedFile]:
        pairs = zip(pictures, slots, strict=True)
        await gather([partial(self._put, self._imagex, *pair, on_stored) for pair in pairs])
        return [*await self._imagex.commit(pictures, slots, token)]

    async def _send_clip(
        self, clip: ClipFile, token: UploadToken, on_stored: _OnStored
    ) -> list[UploadedFile]:
        slot = await self._vod.apply(clip, token)
        await self._put(self._vod, clip, slot, on_stored)
        return [await self._vod.commit(clip, slot, token)]

    async def _put(
        self, store: UploadStore, file: LoadedFile, slot: UploadSlot, on_stored: _OnStored
    ) -> None:
        async with self._in_flight.hold(max(len(file.data), MAX_BYTES // MAX_UPLOADS)):
            await store.put(file, slot)
        on_stored(file)
