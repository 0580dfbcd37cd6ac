"""The web backend: files are uploaded, a draft is sent, records are read back."""

import secrets
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from jimeng_core.backends.base import (
    Credits,
    LoadedFile,
    LookupResults,
    OnUpload,
    OpenFiles,
    Price,
)
from jimeng_core.backends.http import HttpClient
from jimeng_core.backends.json_reading import (
    WEB_SCHEMES,
    as_datetime,
    as_int,
    as_object,
    embedded,
    get_path,
)
from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest, JimengError, UploadFailed, UpstreamUnreadable
from jimeng_core.ids import IdKind, minted_at
from jimeng_core.model_defaults import with_model_defaults
from jimeng_core.requests import AnyRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Cost, Pending, Task

from . import ledger, wire
from .api import SiteApi
from .audit import Audit
from .draft import build_submission
from .draft_base import DraftContext, Uploaded, UploadedClip
from .prices import estimate
from .records import read_record

if TYPE_CHECKING:
    from .uploads.uploader import Uploader

MAY_MEAN_UNKNOWN_URI: Final = (InvalidRequest, UploadFailed)
"""How the site may refuse a draft with a file that its store no longer has (a guess: invalid
parameters, or that its review could not fetch the file, protocol 5: 1000 to 1002, 3020)."""


LEDGER_PAGES: Final = 5
"""Pages of the ledger in which a task is sought: its newest 250 entries."""
LEDGER_SLACK: Final = timedelta(hours=1)
"""By how much an entry may be older than the id that this machine made for its task."""
_ID_FIELDS: Final = {IdKind.SUBMIT: "submit_ids", IdKind.HISTORY: "history_ids"}


class WebBackend:
    """The JiMeng site behind the `Backend` protocol.

    Args:
        token: The account's `sessionid`.
        base_url: Replaces the address of the site and of its stores; None for the CN site.
        timeout: Timeout of one request in seconds.
        clock: The current time.
        transport: Replaces the network, as the demo site does; None for the network itself.
        schemes: The URL schemes of results that are accepted from a record.
    """

    name = BackendName.WEB
    id_kinds = frozenset({IdKind.SUBMIT, IdKind.HISTORY})
    record_retention: timedelta = wire.RECORD_RETENTION
    assigns_ids = False

    def __init__(
        self,
        token: str,
        *,
        base_url: str | None,
        timeout: float,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        schemes: Collection[str] = WEB_SCHEMES,
    ) -> None:
        self._clock = clock
        self._schemes = schemes
        self._client = HttpClient(timeout, transport)
        # The upload hosts do not work behind a system's proxy (protocol 11).
        self._upload_client = HttpClient(timeout, transport, use_proxies=False)
        self._site = SiteApi(token, self._client, base_url or wire.SITE, clock)
        self.clock = self._site.clock
        self._audit = Audit(self._site)
        self._imagex = base_url or wire.IMAGEX
        self._vod = base_url or wire.VOD

    @cached_property
    def _uploader(self) -> "Uploader":
        from .uploads.uploader import Uploader  # noqa: PLC0415 - no look-up needs it

        return Uploader(self._site, self._upload_client, self._imagex, self._vod, self._clock)

    async def submit(
        self,
        request: AnyRequest,
        open_files: OpenFiles,
        task_id: str,
        on_upload: OnUpload | None = None,
    ) -> Task:
        """Upload the files and send the draft; see `Backend.submit`."""
        uploaded, cached = await self._upload(open_files, on_upload)
        try:
            return await self._send(request, uploaded, task_id)
        except MAY_MEAN_UNKNOWN_URI:
            # Refused, so nothing was accepted. Files that were uploaded for an earlier task may be
            # gone from the store: they are uploaded again, once.
            self._uploader.evict(uploaded)
            if not cached:
                raise
        uploaded, _ = await self._upload(open_files, on_upload)
        return await self._send(request, uploaded, task_id)

    async def _upload(
        self, open_files: OpenFiles, on_upload: OnUpload | None
    ) -> tuple[Sequence[Uploaded | UploadedClip], bool]:
        """Upload the files; also returns whether any had been uploaded before."""
        async with open_files() as files:
            cached = self._uploader.is_cached(files)
            return await self._uploader.upload(files, on_upload), cached

    async def _send(
        self, request: AnyRequest, uploaded: Sequence[Uploaded | UploadedClip], task_id: str
    ) -> Task:
        await self._audit.check(request, uploaded)
        draft = DraftContext(
            task_id=task_id,
            pictures=[each for each in uploaded if isinstance(each, Uploaded)],
            clips=[each for each in uploaded if isinstance(each, UploadedClip)],
            seed=secrets.randbits(32) if request.seed is None else request.seed,
            seed_chosen=request.seed is not None,
            created_ms=int(self._clock.now().timestamp() * 1000),
            new_id=lambda: str(uuid.uuid4()),
        )
        body = build_submission(request, draft)
        envelope = await self._site.submit(wire.GENERATE, body, task_id)
        created = as_datetime(get_path(envelope, "data", "aigc_data", "created_time"))
        return Pending(
            id=task_id,
            mode=request.mode,
            created_at=created or self.clock.now(),
            request=request,
        )

    async def look_up(self, ids: Mapping[IdKind, Sequence[str]]) -> LookupResults:
        """Look up ids in one request; see `Backend.look_up` (protocol 9)."""
        body: dict[str, Any] = {_ID_FIELDS[kind]: list(ids[kind]) for kind in ids}
        if len(body) > 1:
            body["need_batch"] = True
        envelope = await self._site.post(wire.LOOK_UP, body)
        data = envelope.get("data")
        if data is not None and not isinstance(data, dict):
            raise UpstreamUnreadable(upstream_code="data is no object")
        return {
            task_id: self._read(record, task_id)
            for task_id in chain.from_iterable(ids.values())
            if (record := as_object(data).get(task_id)) is not None
        }

    def _read(self, record: object, task_id: str) -> Task | JimengError:
        created = as_datetime(as_object(record).get("created_time"))
        minted = None if self.clock.offset else minted_at(task_id)  # needed without an offset only
        now = self.clock.now_for(created, minted)
        return read_record(record, task_id, now, self._schemes)

    def estimate(
        self,
        request: AnyRequest,
        files: Sequence[LoadedFile] = (),  # noqa: ARG002 - no charge with a video was seen
    ) -> Price | None:
        """The price by charges that were seen; see `prices.estimate`."""
        return estimate(with_model_defaults(request, self.name))

    def local_file(self, url: str) -> Path | None:  # noqa: ARG002 - none is kept
        """None: results are at the upstream."""
        return None

    async def cost(self, task_id: str) -> Cost | None:
        """What the ledger has under a submit id; see `Backend.cost`."""
        minted = minted_at(task_id)
        cursor = "0"
        for _ in range(LEDGER_PAGES):
            page = ledger.read_page(
                await self._site.post(wire.LEDGER, ledger.page_request(cursor)), cursor
            )
            if found := page.cost(task_id):
                return found
            if page.cursor is None or (minted and page.ends_before(minted - LEDGER_SLACK)):
                break
            cursor = page.cursor
        return None

    async def credits(self) -> Credits:
        """The balance; all three shapes that were seen are read (protocol 10)."""
        envelope = await self._site.post(wire.CREDITS, {})
        response = embedded(envelope.get("response"))
        for place in (envelope.get("data"), envelope, response, response.get("data")):
            if credit := as_object(as_object(place).get("credit")):
                gift, purchased, membership = (
                    as_int(credit.get(f"{name}_credit")) for name in ("gift", "purchase", "vip")
                )
                total = (gift or 0) + (purchased or 0) + (membership or 0)
                return Credits(total, gift, purchased, membership)
        raise UpstreamUnreadable(upstream_code="no credit")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
        await self._upload_client.aclose()
