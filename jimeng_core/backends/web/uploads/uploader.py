"""Upload of a request's files to the site's stores: concurrently, and each content once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

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
from .store import MAX_BYTES, StaleTokenError, UploadSlot
from .token import UploadToken, UploadTokens
from .vod import Vod

T = TypeVar("T")

MAX_CACHED: Final = 1000
"""How many uploads one client remembers."""
UploadedFile = Uploaded | UploadedClip
_OnSent = Callable[[LoadedFile, int], None]
"""Called with the number of bytes of a file that were sent."""
_Step = Callable[[UploadToken], Awaitable[T]]
"""A step of an upload, which a token signs."""


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
        in_flight = WeightedLimiter(MAX_BYTES)
        self._imagex = ImageX(client, imagex, site.clock, in_flight)
        self._vod = Vod(client, vod, site.clock, in_flight)
        self._cache: LRUCache[str, UploadedFile] = LRUCache(MAX_CACHED)
        self._picture_tokens = UploadTokens(site, clock, wire.UploadScene.PICTURES)
        self._clip_tokens = UploadTokens(site, clock, wire.UploadScene.CLIPS)

    async def upload(
        self, files: Sequence[LoadedFile], on_upload: OnUpload | None = None
    ) -> list[UploadedFile]:
        """Upload files concurrently, each content once; return one result a file, in order.

        Args:
            files: What to upload.
            on_upload: Called with the bytes that were sent and all bytes, at first and while they
                are sent. Each content counts once; bytes that are sent again do not.

        Raises:
            UploadFailed: A step failed after its retries; no task was submitted.
            JimengError: The site issued no upload token.
        """
        stored = {file.sha256: self._cache.get(file.sha256) for file in files}
        new = {each.sha256: each for each in files if stored[each.sha256] is None}
        total = sum({file.sha256: len(file.data) for file in files}.values())
        sent = dict.fromkeys(new, 0)
        known = total - sum(len(each.data) for each in new.values())

        def report(file: LoadedFile, count: int) -> None:
            if count > sent[file.sha256]:
                sent[file.sha256] = count
                notify()

        def notify() -> None:
            if on_upload:
                on_upload(known + sum(sent.values()), total)

        if files:
            notify()
        pictures = [each for each in new.values() if isinstance(each, PictureFile)]
        clips = [each for each in new.values() if isinstance(each, ClipFile)]
        sends = [partial(self._send_clip, clip, report) for clip in clips]
        if pictures:
            sends.insert(0, partial(self._send, pictures, report))
        try:
            groups = await gather(sends)
        except RequestFailed as error:
            raise error.as_error(UploadFailed) from error
        except StaleTokenError as error:
            raise UploadFailed(upstream_code=str(error)) from error
        uploaded = [each for group in groups for each in group]
        keys = [*(each.sha256 for each in pictures), *(each.sha256 for each in clips)]
        results = dict(zip(keys, uploaded, strict=True))
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

    async def _signed(self, tokens: UploadTokens, step: _Step[T]) -> T:
        """The result of a step with the current token; with a new one if the store refuses it.

        An upload may outlast its token: the next step then has another.
        """
        token = await tokens.current()
        try:
            return await step(token)
        except StaleTokenError:
            return await step(await tokens.current(refused=token))

    async def _send(self, pictures: Sequence[PictureFile], on_sent: _OnSent) -> list[UploadedFile]:
        """One apply and one commit for all pictures, if ImageX gives a slot for each.

        `UploadNum` asks for that (protocol 11, single source); the rest are sent one by one.
        """
        try:
            apply = partial(self._imagex.apply, pictures)
            slots = (await self._signed(self._picture_tokens, apply))[: len(pictures)]
        except UploadFailed:
            if len(pictures) == 1:
                raise
            slots = []  # it may not accept more than one at a time
        together, rest = pictures[: len(slots)], pictures[len(slots) :]
        calls = [partial(self._send, [picture], on_sent) for picture in rest]
        if together:
            calls.insert(0, partial(self._put_and_commit, together, slots, on_sent))
        groups = await gather(calls)
        return [uploaded for group in groups for uploaded in group]

    async def _put_and_commit(
        self, pictures: Sequence[PictureFile], slots: Sequence[UploadSlot], on_sent: _OnSent
    ) -> list[UploadedFile]:
        await gather(
            [
                partial(self._imagex.put, picture, slot, partial(on_sent, picture))
                for picture, slot in zip(pictures, slots, strict=True)
            ]
        )
        commit = partial(self._imagex.commit, pictures, slots)
        return [*await self._signed(self._picture_tokens, commit)]

    async def _send_clip(self, clip: ClipFile, on_sent: _OnSent) -> list[UploadedFile]:
        slot = await self._signed(self._clip_tokens, partial(self._vod.apply, clip))
        await self._vod.put(clip, slot, partial(on_sent, clip))
        return [await self._signed(self._clip_tokens, partial(self._vod.commit, clip, slot))]
