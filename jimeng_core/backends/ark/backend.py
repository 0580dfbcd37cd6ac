"""The ark backend: a create with the pictures in its body, and records read back."""

import itertools
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self

import anyio.to_thread
import httpx
from cachetools import FIFOCache

from jimeng_core.ark_options import ArkOptions, implied, option_problems
from jimeng_core.backends.base import (
    CONFIRM_DELAYS,
    Credits,
    LoadedFile,
    LookupResults,
    OnUpload,
    OpenFiles,
    Price,
)
from jimeng_core.backends.http import HttpClient
from jimeng_core.backends.json_reading import Json, as_object, as_text
from jimeng_core.clock import Clock
from jimeng_core.errors import (
    InvalidRequest,
    JimengError,
    NotFound,
    Problem,
    SubmitUnconfirmed,
)
from jimeng_core.ids import IdKind
from jimeng_core.model_defaults import with_model_defaults
from jimeng_core.problems import invalid_request
from jimeng_core.requests import AnyRequest, ImageRequest
from jimeng_core.settings import BackendName
from jimeng_core.tasks import Completed, Cost, Pending, Task

from . import wire
from .api import ArkApi
from .matching import SentCreate, match_create
from .prices import estimate
from .records import read_record
from .request_body import build_parameters, encode_body, final_parameters

MAX_KNOWN_IDS: Final = 1000
"""How many of its latest ids a client remembers, so that none is taken for a lost create's."""
DELETABLE: Final = frozenset({wire.QUEUED, wire.SUCCEEDED, wire.FAILED, wire.EXPIRED})
"""Statuses in which a task can be cancelled or its record erased (Ark protocol A2, sure)."""


class ArkBackend:
    """Ark behind the `Backend` protocol.

    Args:
        key: An API key.
        base_url: Replaces the address of China, such as by BytePlus's; includes the version.
        timeout: Timeout of one request in seconds.
        clock: Measures time and sleeps.
        transport: Replaces the network; None for the network itself.
    """

    name = BackendName.ARK
    id_kinds = frozenset({IdKind.ARK})
    record_retention: timedelta = wire.RECORD_RETENTION
    assigns_ids = True

    def __init__(
        self,
        key: str,
        *,
        base_url: str | None,
        timeout: float,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._options = ArkOptions()
        self._clock = clock
        self._base_url = base_url or wire.CHINA
        self._client = HttpClient(timeout, transport)
        self._api = ArkApi(key, self._client, self._base_url, timeout, clock)
        self.clock = self._api.clock
        self._known_ids: FIFOCache[str, str] = FIFOCache(MAX_KNOWN_IDS)  # their `service_tier`
        self._unconfirmed: list[SentCreate] = []
        # In sequence, so that no two creates of a client have the same deadline; from a random
        # start, so that those of two clients seldom do.
        start = secrets.randbelow(wire.DEADLINE_RANGE)
        self._offsets: Iterator[int] = itertools.cycle(
            [*range(start, wire.DEADLINE_RANGE), *range(start)]
        )

    def with_ark(self, options: ArkOptions) -> Self:
        """The same backend, over the same connections, with these fields in each submission."""
        other = copy(self)
        other._options = options  # noqa: SLF001 - of the same class
        return other

    @property
    def _tier(self) -> str:
        """The `service_tier` of submissions; empty for Ark's default."""
        tier = self._options.service_tier
        return "" if tier == "default" else tier

    def check_options(self, request: AnyRequest) -> list[Problem]:
        """The rules that the fields of `with_ark` break with a request."""
        return option_problems(self._options, with_model_defaults(request, self.name))

    async def submit(
        self,
        request: AnyRequest,
        open_files: OpenFiles,
        task_id: str,
        on_upload: OnUpload | None = None,  # noqa: ARG002 - files are inside the request
    ) -> Task:
        """Create a task under the id that Ark assigns; see `Backend.submit`.

        If the response is lost, the newest tasks are listed at once and after 1, 2, 4 and 8 s, and
        `matching` decides whether one of them is this task. Nothing is sent twice.
        """
        if found := option_problems(self._options, request):
            raise invalid_request(found)
        deadline = self._next_deadline()
        async with AsyncExitStack() as place:
            files = await place.enter_async_context(open_files())
            if isinstance(request, ImageRequest):  # opening has said so in better words
                raise InvalidRequest(task_id=task_id)
            fields = build_parameters(request, self._base_url, deadline)
            fields |= {**implied(self._options), **self._options.chosen()}
            body = await anyio.to_thread.run_sync(partial(encode_body, request, files, fields))
            sent = SentCreate(fields, request.prompt, self._clock.now())
            task = await self._create(body, sent, place)
        return replace(task, mode=request.mode, request=request)

    async def finish_draft(self, draft_id: str, model: str) -> Task:
        """Make the final video of a draft; see `AsyncJimeng.finish_draft`.

        The final video has all of the draft's values (Ark protocol A5).
        """
        fields = final_parameters(model, self._base_url, self._next_deadline())
        fields |= self._options.chosen()
        content = [{"type": "draft_task", "draft_task": {"id": draft_id}}]
        body = json.dumps({**fields, "content": content}).encode()
        async with AsyncExitStack() as nothing:
            return await self._create(body, SentCreate(fields, "", self._clock.now()), nothing)

    def _next_deadline(self) -> int:
        """A deadline, in seconds, that no other create of this client has."""
        return int(wire.DEADLINE.total_seconds()) - 1 - next(self._offsets)

    async def _create(self, body: bytes, sent: SentCreate, files: AsyncExitStack) -> Task:
        """Send a create, and search for its task if the response is lost; nothing is sent twice."""
        record: Json | None = None
        self._unconfirmed.append(sent)
        try:
            ark_id = await self._api.create(body)
        except SubmitUnconfirmed:
            await files.aclose()  # the search needs none
            record = await self._search(sent)
            if record is None:
                raise
            ark_id = as_text(record.get("id")) or ""
        finally:
            self._unconfirmed.remove(sent)
        self._known_ids[ark_id] = self._tier
        task = read_record(record, ark_id, self.clock.now())
        if isinstance(task, JimengError):  # just created, or unreadable for now
            return Pending(id=ark_id, mode=None, created_at=self.clock.at(sent.at))
        return task

    async def _search(self, sent: SentCreate) -> Json | None:
        """The record of a create whose response was lost, or None if it cannot be identified."""
        for delay in CONFIRM_DELAYS:
            await self._clock.sleep(delay)
            try:
                records = await self._api.list_newest(self._tier)
            except JimengError as error:
                if not error.retryable:  # such as a revoked key
                    break
                continue
            others = [other for other in self._unconfirmed if other is not sent]
            by_ark = replace(sent, at=self.clock.at(sent.at))
            if record := match_create(records, by_ark, self._known_ids, others):
                return record
        return None

    async def look_up(self, ids: Mapping[IdKind, Sequence[str]]) -> LookupResults:
        """Look up ids; see `Backend.look_up`.

        One id is a get, which Ark allows 20 times a second; several are a list, which it allows
        once a second (Ark protocol A9), and a second one for those that this client submitted as
        `flex`: a list has only tasks of one tier.
        """
        ark_ids = list(ids[IdKind.ARK])
        records: dict[str, object] = {}
        if len(ark_ids) == 1:
            record = await self._api.get(ark_ids[0])
            if record is not None:
                records[ark_ids[0]] = record
        else:
            by_tier: dict[str, list[str]] = {}
            for task_id in ark_ids:
                by_tier.setdefault(self._known_ids.get(task_id, ""), []).append(task_id)
            for tier, of_tier in by_tier.items():
                for item in await self._api.list_tasks(of_tier, tier):
                    records[as_text(item.get("id")) or ""] = item
        now = self.clock.now()
        return {
            task_id: read_record(records[task_id], task_id, now)
            for task_id in ark_ids
            if task_id in records
        }

    async def delete(self, task_id: str) -> None:
        """Cancel a queued task; erase the record of a finished one.

        The status is read first, because Ark decides which of the two a delete does (Ark protocol
        A2), and refuses it for a running task.

        Raises:
            InvalidRequest: The task is running or already cancelled.
            NotFound: Ark does not know the id.
            JimengError: The request failed.
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
                upstream_code=status,
            )
        await self._api.delete(task_id)

    def estimate(self, request: AnyRequest, files: Sequence[LoadedFile] = ()) -> Price | None:
        """The price by Ark's formula and its known rates; see `prices.estimate`."""
        request = with_model_defaults(request, self.name)
        return estimate(request, self._base_url, files, flex=self._tier == "flex")

    def local_file(self, url: str) -> Path | None:  # noqa: ARG002 - none is kept
        """None: results are at the upstream."""
        return None

    async def cost(self, task_id: str) -> Cost | None:
        """The tokens of the task's record; see `Backend.cost`."""
        outcome = (await self.look_up({IdKind.ARK: [task_id]})).get(task_id)
        if isinstance(outcome, JimengError):
            raise outcome
        return outcome.cost if isinstance(outcome, Completed) else None

    async def credits(self) -> Credits:
        """Always raises `InvalidRequest`: Ark's API has no balance."""
        raise InvalidRequest(
            "Ark's API has no balance; see the console of Volcengine or BytePlus.",
            "方舟的 API 不提供余额，请在火山引擎或 BytePlus 控制台查看。",
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
