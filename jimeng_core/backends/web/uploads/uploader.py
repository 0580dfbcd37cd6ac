"""Pictures to the site's store: each content once, side by side, with a token that holds."""

from collections.abc import Callable, Sequence
from functools import partial

import httpx

from jimeng_core.backends.base import OnUpload
from jimeng_core.backends.http import NotSent, ResponseLost
from jimeng_core.backends.web.api import SiteApi
from jimeng_core.clock import Clock
from jimeng_core.concurrency import gather
from jimeng_core.errors import UploadFailed
from jimeng_core.pictures.decoding import PictureFile

from .cache import UploadCache, Uploaded
from .imagex import ImageX, StaleTokenError, UploadSlot
from .token import UploadToken, UploadTokens

_Arrived = Callable[[PictureFile], None]
"""Called with each picture as its bytes are in the store."""


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
        self, site: SiteApi, client: httpx.AsyncClient, imagex: str, timeout: float, clock: Clock
    ) -> None:
        self._imagex = ImageX(client, imagex, timeout)
        self._cache = UploadCache()
        self._tokens = UploadTokens(site, clock)

    async def upload(
        self, pictures: Sequence[PictureFile], on_upload: OnUpload | None = None
    ) -> list[Uploaded]:
        """Send pictures side by side, each content once; gives one result a picture, in order.

        Args:
            pictures: What to send.
            on_upload: Called with how many of them are there, at first and after each.

        Raises:
            UploadFailed: A step failed after its retries; no task was submitted.
            JimengError: The site gave no upload token.
        """
        stored = {picture.sha256: self._cache.get(picture.sha256) for picture in pictures}
        fresh = {each.sha256: each for each in pictures if stored[each.sha256] is None}
        there = set(stored) - set(fresh)

        def arrived(picture: PictureFile | None = None) -> None:
            if picture:
                there.add(picture.sha256)
            if on_upload:
                on_upload(sum(each.sha256 in there for each in pictures), len(pictures))

        if pictures:
            arrived()
        if fresh:
            sent = await self._send_with_token(list(fresh.values()), arrived)
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

    async def _send_with_token(
        self, pictures: Sequence[PictureFile], arrived: _Arrived
    ) -> list[Uploaded]:
        try:
            token = await self._tokens.current()
            try:
                return await self._send(pictures, token, arrived)
            except StaleTokenError:
                fresh = await self._tokens.current(refused=token)
                return await self._send(pictures, fresh, arrived)
        except (NotSent, ResponseLost, StaleTokenError) as error:
            raise UploadFailed(upstream_code=str(error)) from error

    async def _send(
        self, pictures: Sequence[PictureFile], token: UploadToken, arrived: _Arrived
    ) -> list[Uploaded]:
        """One apply and one commit for all pictures, where ImageX gives a place for each.

        `UploadNum` asks for that (protocol 11, seen in one source); the rest go one by one.
        """
        try:
            places = (await self._imagex.apply(pictures, token))[: len(pictures)]
        except UploadFailed:
            if len(pictures) == 1:
                raise
            places = []  # more than one at a time may be what it does not take
        together, rest = pictures[: len(places)], pictures[len(places) :]
        calls = [partial(self._send, [picture], token, arrived) for picture in rest]
        if together:
            calls.insert(0, partial(self._deliver, together, places, token, arrived))
        delivered = await gather(calls)
        return [uploaded for group in delivered for uploaded in group]

    async def _deliver(
        self,
        pictures: Sequence[PictureFile],
        places: Sequence[UploadSlot],
        token: UploadToken,
        arrived: _Arrived,
    ) -> list[Uploaded]:
        async def put(picture: PictureFile, place: UploadSlot) -> None:
            await self._imagex.put(picture, place)
            arrived(picture)

        await gather([partial(put, *pair) for pair in zip(pictures, places, strict=True)])
        return await self._imagex.commit(pictures, places, token)
