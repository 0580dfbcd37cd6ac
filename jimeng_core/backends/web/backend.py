"""The web backend: pictures up, draft out, records back."""

import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

import httpx

from jimeng_core.backends.base import Credits, LookupResults, OnUpload
from jimeng_core.backends.http import no_cookies
from jimeng_core.backends.json_reading import as_int, as_object, embedded
from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest, UploadFailed, UpstreamUnreadable
from jimeng_core.ids import IdKind
from jimeng_core.pictures.decoding import PictureFile
from jimeng_core.requests import AnyRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Pending, Task

from . import wire
from .api import SiteApi
from .draft import build_submission
from .draft_base import DraftContext
from .records import RecordContext, read_record
from .results import DEFAULT_SCHEMES
from .uploads.cache import Uploaded
from .uploads.uploader import Uploader

MAY_MEAN_UNKNOWN_URI: Final = (InvalidRequest, UploadFailed)
"""What the site may say of a draft with a picture that its store no longer has (a guess: invalid
parameters, or that its review could not fetch the file, protocol 5: 1000 to 1002, 3020)."""


class WebBackend:
    """The JiMeng site behind the `Backend` protocol.

    Args:
        token: The account's `sessionid`.
        base_url: Replaces the site's and ImageX's address; None for the CN site.
        timeout: Seconds that one request may take.
        clock: Tells the time.
        transport: Stands in for the network (the demo site does); None for the network itself.
        schemes: The URL schemes of results that are taken from a record.
    """

    name = BackendName.WEB
    id_kinds = frozenset({IdKind.SUBMIT, IdKind.HISTORY})
    record_retention: timedelta = wire.RECORD_RETENTION
    assigns_ids = False
    rate_limited = False

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None,
        timeout: float,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        schemes: Collection[str] = DEFAULT_SCHEMES,
    ) -> None:
        self._clock = clock
        self._schemes = schemes
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=16)
        # A connection that never comes about is to be seen as one before the whole time is up:
        # then nothing was sent, and a submission is not unconfirmed.
        timeouts = httpx.Timeout(timeout, connect=timeout / 3)
        self._client = httpx.AsyncClient(
            timeout=timeouts, limits=limits, transport=transport, cookies=no_cookies()
        )
        # Pictures go by a client of their own: it has no cookie to give away, and it goes past
        # the system's proxy, which the upload hosts do not bear (protocol 11).
        self._uploads = httpx.AsyncClient(
            timeout=timeouts,
            limits=limits,
            transport=transport,
            trust_env=False,
            cookies=no_cookies(),
        )
        self._site = SiteApi(token, self._client, base_url or wire.SITE, timeout, clock)
        self._uploader = Uploader(
            self._site, self._uploads, base_url or wire.IMAGEX, timeout, clock
        )

    async def submit(
        self,
        request: AnyRequest,
        pictures: Sequence[PictureFile],
        task_id: str,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Upload the pictures and send the draft; see `Backend.submit`."""
        remembered = self._uploader.remembers(pictures)
        uploaded = await self._uploader.upload(pictures, on_upload)
        try:
            return await self._send(request, uploaded, task_id)
        except MAY_MEAN_UNKNOWN_URI:
            # Refused, so nothing was accepted. Pictures that were uploaded for an earlier task
            # may be gone from the store: they are sent afresh, once.
            self._uploader.forget(pictures)
            if not remembered:
                raise
        uploaded = await self._uploader.upload(pictures, on_upload)
        return await self._send(request, uploaded, task_id)

    async def _send(self, request: AnyRequest, uploaded: Sequence[Uploaded], task_id: str) -> Task:
        now = self._clock.now()
        body = build_submission(
            request,
            DraftContext(
                task_id=task_id,
                pictures=uploaded,
                seed=secrets.randbits(32) if request.seed is None else request.seed,
                seed_chosen=request.seed is not None,
                created_ms=int(now.timestamp() * 1000),
                new_id=lambda: str(uuid.uuid4()),
            ),
        )
        await self._site.send(wire.GENERATE, body, task_id)
        return Pending(id=task_id, mode=request.mode, created_at=now, request=request)

    async def look_up(self, kind: IdKind, ids: Sequence[str]) -> LookupResults:
        """Ask for many ids at once; see `Backend.look_up` (protocol 9)."""
        key = "submit_ids" if kind is IdKind.SUBMIT else "history_ids"
        envelope = await self._site.ask(wire.LOOK_UP, {key: list(ids)})
        data = envelope.get("data")
        if data is not None and not isinstance(data, dict):
            raise UpstreamUnreadable(upstream_code="data is no object")
        now = self._clock.now()
        return {
            task_id: read_record(record, RecordContext(task_id, now, self._schemes))
            for task_id in ids
            if (record := as_object(data).get(task_id)) is not None
        }

    async def credits(self) -> Credits:
        """The balance (protocol 10: three shapes were seen, all are read)."""
        envelope = await self._site.ask(wire.CREDITS, {})
        places = (
            as_object(envelope.get("data")),
            envelope,
            embedded(envelope.get("response")),
            as_object(embedded(envelope.get("response")).get("data")),
        )
        for place in places:
            if credit := as_object(place.get("credit")):
                gift, purchased, membership = (
                    as_int(credit.get(f"{name}_credit")) for name in ("gift", "purchase", "vip")
                )
                total = (gift or 0) + (purchased or 0) + (membership or 0)
                return Credits(total, gift, purchased, membership)
        raise UpstreamUnreadable(upstream_code="no credit")

    async def aclose(self) -> None:
        """Close both clients' connections."""
        await self._client.aclose()
        await self._uploads.aclose()
