"""The ark backend: pictures inside the body, one create, records back."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

import anyio.to_thread
import httpx

from jimeng_core.backends.base import CONFIRM_DELAYS, Credits, LookupResults, OnUpload
from jimeng_core.backends.http import no_cookies
from jimeng_core.backends.json_reading import Json, as_object, as_text
from jimeng_core.clock import Clock
from jimeng_core.errors import InvalidRequest, JimengError, NotFound, SubmitUnconfirmed
from jimeng_core.ids import IdKind
from jimeng_core.pictures.decoding import PictureFile
from jimeng_core.requests import AnyRequest, ImageRequest, VideoRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Pending, Task

from . import wire
from .api import Api
from .matching import SentCreate, match_create
from .records import read_record
from .request_body import build_parameters, encode_body

MAX_KNOWN_IDS: Final = 1000
"""How many of its latest ids a client keeps in mind, so that none is taken for a lost create's."""
DELETABLE: Final = frozenset({wire.QUEUED, wire.SUCCEEDED, wire.FAILED, wire.EXPIRED})
"""Statuses of which Ark lets a task be cancelled or its record erased (Ark protocol A2, sure)."""


class ArkBackend:
    """Ark behind the `Backend` protocol.

    Args:
        key: An API key.
        base_url: Replaces the address of China, such as by BytePlus's; the version included.
        timeout: Seconds that one request may take.
        clock: Tells the time, and waits.
        transport: Stands in for the network; None for the network itself.
    """

    name = BackendName.ARK
    id_kinds = frozenset({IdKind.ARK})
    record_retention: timedelta = wire.RECORD_RETENTION
    assigns_ids = True
    rate_limited = True

    def __init__(
        self,
        key: str,
        *,
        base_url: str | None,
        timeout: float,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._base_url = base_url or wire.CHINA
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=16)
        # A connection that never comes about is to be seen as one before the whole time is up:
        # then nothing was sent, and a submission is not unconfirmed.
        timeouts = httpx.Timeout(timeout, connect=timeout / 3)
        self._client = httpx.AsyncClient(
            timeout=timeouts, limits=limits, transport=transport, cookies=no_cookies()
        )
        self._api = Api(key, self._client, self._base_url, timeout, clock)
        self._known: dict[str, None] = {}  # in the order they came
        self._unanswered: list[SentCreate] = []
        # In turn, so that no two creates of a client look alike; from anywhere, so that those of
        # two clients seldom do.
        start = secrets.randbelow(wire.DEADLINE_MARKS)
        self._marks = itertools.cycle([*range(start, wire.DEADLINE_MARKS), *range(start)])

    async def submit(
        self,
        request: AnyRequest,
        pictures: Sequence[PictureFile],
        task_id: str,
        on_upload: OnUpload | None = None,  # noqa: ARG002 - pictures go inside the request
    ) -> Task:
        """Create a task; see `Backend.submit`. Its id is the one that Ark answers.

        After a lost answer, the newest tasks are listed at once and after 1, 2, 4 and 8 s, and
        `matching` tells whether one of them is this task. Nothing is sent twice.
        """
        if isinstance(request, ImageRequest):  # the check has said so, in better words
            raise InvalidRequest(task_id=task_id)
        deadline = wire.DEADLINE_SECONDS - 1 - next(self._marks)
        fields = build_parameters(request, self._base_url, deadline)
        body = await anyio.to_thread.run_sync(partial(encode_body, request, pictures, fields))
        sent = SentCreate(fields, request.prompt, self._clock.now())
        self._unanswered.append(sent)
        try:
            try:
                name = await self._api.create(body)
            except SubmitUnconfirmed:
                record = await self._search(sent)
                if record is None:
                    raise
                return self._found(record, request, sent)
            self._know(name)
        finally:
            self._unanswered.remove(sent)
        return Pending(id=name, mode=request.mode, created_at=sent.at, request=request)

    async def _search(self, sent: SentCreate) -> Json | None:
        """The record of a create whose answer was lost, or None when it cannot be told."""
        for delay in CONFIRM_DELAYS:
            await self._clock.sleep(delay)
            try:
                items = await self._api.newest()
            except JimengError as error:
                if not error.retryable:  # a dead key: asking on does harm
                    break
                continue
            others = [other for other in self._unanswered if other is not sent]
            if record := match_create(items, sent, self._known, others):
                return record
        return None

    def _found(self, record: Json, request: VideoRequest, sent: SentCreate) -> Task:
        name = as_text(record.get("id")) or ""
        self._know(name)
        task = read_record(record, name, self._clock.now())
        if isinstance(task, JimengError):  # it is there, and a look-up will say what it is
            return Pending(id=name, mode=request.mode, created_at=sent.at, request=request)
        return replace(task, mode=request.mode, request=request)

    def _know(self, name: str) -> None:
        self._known[name] = None
        if len(self._known) > MAX_KNOWN_IDS:
            del self._known[next(iter(self._known))]

    async def look_up(self, kind: IdKind, ids: Sequence[str]) -> LookupResults:  # noqa: ARG002 - one kind
        """Ask for ids; see `Backend.look_up`.

        One id is got, which Ark allows 20 times a second; several are listed, which it allows once
        (Ark protocol A9).
        """
        records: dict[str, object] = {}
        if len(ids) == 1:
            record = await self._api.get(ids[0])
            if record is not None:
                records[ids[0]] = record
        else:
            for item in await self._api.listed(list(ids)):
                records[as_text(item.get("id")) or ""] = item
        now = self._clock.now()
        return {name: read_record(records[name], name, now) for name in ids if name in records}

    async def delete(self, task_id: str) -> None:
        """Cancel a task that is queued; erase the record of one that ended.

        The status is read first, because Ark decides which of the two a delete is (Ark protocol
        A2), and refuses it for a running task.

        Raises:
            InvalidRequest: The task runs, or is cancelled already.
            NotFound: Ark does not know the id.
            JimengError: It could not be asked.
        """
        record = await self._api.get(task_id)
        if record is None:
            raise NotFound(task_id=task_id)
        status = as_text(as_object(record).get("status")) or "?"
        if status not in DELETABLE:
            raise InvalidRequest(
                f"The task is {status[:40]}: only a queued task can be cancelled, and only one that"
                " ended deleted.",
                f"任务状态为 {status[:40]}：只能取消排队中的任务，或删除已结束的任务。",
                task_id=task_id,
                upstream_code=status[:100],
            )
        await self._api.delete(task_id)

    async def credits(self) -> Credits:
        """Ark's API tells no balance.

        Raises:
            InvalidRequest: Always; the sentence names where it can be seen.
        """
        raise InvalidRequest(
            "Ark's API tells no balance; see the console of Volcengine or BytePlus.",
            "方舟的 API 不提供余额，请在火山引擎或 BytePlus 控制台查看。",
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
