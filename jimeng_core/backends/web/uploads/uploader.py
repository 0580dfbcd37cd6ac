"""Upload of pictures to the site's store: concurrently, and each content once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from cachetools import LRUCache

from jimeng_core.backends.base import OnUpload
from jimeng_core.backends.http import HttpClient, RequestFailed
from jimeng_core.backends.web.api import SiteApi
from jimeng_core.backends.web.draft_base import Uploaded
from jimeng_core.clock import Clock
from jimeng_core.concurrency import WeightedLimiter, gather
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.picture_file import PictureFile

from .imagex import ImageX, StaleTokenError, UploadSlot
from .token import UploadToken, UploadTokens

MAX_CACHED: Final = 1000
"""How many uploads one client remembers."""
MAX_BYTES: Final = 20 * 2**20
"""Bytes of pictures that one client uploads at a time: four photographs of 5 MB. More would share a
thin line until each of them seems to stand still."""
MAX_UPLOADS: Final = 10
"""Pictures that one client uploads at a time, however small."""
_OnStored = Callable[[PictureFile], None]
"""Called with each picture whose bytes are in the store."""


class Uploader:
    """Uploads pictures for one account.

    The store is not content-addressed (protocol 11): the same bytes uploaded again get another URI.
    So uploads are cached by the SHA-256 of their bytes.

    Args:
        site: Issues upload tokens.
        client: Sends everything else, without a cookie.
        imagex: ImageX's address.
        clock: Dates the upload tokens.
    """

    def __init__(self, site: SiteApi, client: HttpClient, imagex: str, clock: Clock) -> None:
        self._imagex = ImageX(client, imagex, site.clock)
        self._cache: LRUCache[str, Uploaded] = LRUCache(MAX_CACHED)
        self._tokens = UploadTokens(site, clock)
        self._in_flight = WeightedLimiter(MAX_BYTES)

    async def upload(
        self, pictures: Sequence[PictureFile], on_upload: OnUpload | None = None
    ) -> list[Uploaded]:
        """Upload pictures concurrently, each content once; return one result a picture, in order.

        Args:
            pictures: What to upload.
            on_upload: Called with how many of them are uploaded, at first and after each.

        Raises:
            UploadFailed: A step failed after its retries; no task was submitted.
            JimengError: The site issued no upload token.
        """
        stored = {picture.sha256: self._cache.get(picture.sha256) for picture in pictures}
        new = {each.sha256: each for each in pictures if stored[each.sha256] is None}
        done = set(stored) - set(new)

        def report(picture: PictureFile | None = None) -> None:
            if picture:
                done.add(picture.sha256)
            if on_upload:
                on_upload(sum(each.sha256 in done for each in pictures), len(pictures))

        if pictures:
            report()
        if new:
            sent = await self._send_with_token(list(new.values()), report)
            results = dict(zip(new, sent, strict=True))
            self._cache.update(results)
            stored |= results
        return [found for picture in pictures if (found := stored[picture.sha256])]

    def is_cached(self, pictures: Sequence[PictureFile]) -> bool:
        """Whether any of the pictures would not be uploaded again."""
        return any(picture.sha256 in self._cache for picture in pictures)

    def evict(self, uploaded: Sequence[Uploaded]) -> None:
        """Upload these pictures again the next time."""
        for key in [key for key, each in self._cache.items() if each in uploaded]:
            del self._cache[key]

    async def _send_with_token(
        self, pictures: Sequence[PictureFile], on_stored: _OnStored
    ) -> list[Uploaded]:
        try:
            token = await self._tokens.current()
            try:
                return await self._send(pictures, token, on_stored)
            except StaleTokenError:
                fresh = await self._tokens.current(refused=token)
                return await self._send(pictures, fresh, on_stored)
        except RequestFailed as error:
            raise error.as_error(UploadFailed) from error
        except StaleTokenError as error:
            raise UploadFailed(upstream_code=str(error)) from error

    async def _send(
        self, pictures: Sequence[PictureFile], token: UploadToken, on_stored: _OnStored
    ) -> list[Uploaded]:
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
    ) -> list[Uploaded]:
        async def put(picture: PictureFile, slot: UploadSlot) -> None:
            async with self._in_flight.hold(max(len(picture.data), MAX_BYTES // MAX_UPLOADS)):
                await self._imagex.put(picture, slot)
            on_stored(picture)

        await gather([partial(put, *pair) for pair in zip(pictures, slots, strict=True)])
        return await self._imagex.commit(pictures, slots, token)
