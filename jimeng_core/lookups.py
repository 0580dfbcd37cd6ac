"""Look-ups: one id in one request, or many in as few as the upstream takes."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import anyio

from .backends.base import CONFIRM_DELAYS, Backend, LookupResults
from .clock import Clock
from .concurrency import gather
from .errors import Expired, InvalidTaskId, JimengError, NetworkError, NotFound
from .ids import IdKind, canonical, kind_of, minted_at
from .lookup_batch import LookupBatch, LookupOutcome
from .requests import AnyRequest
from .rows import Lookup
from .tasks import Pending, Task

IDS_PER_REQUEST: Final = 100
REQUESTS_AT_ONCE: Final = 8
"""How many requests of one client are under way at the most."""
TIMED_OUT: Final = "time is up"
RECORD_DELAY: Final = timedelta(minutes=2)
"""How long after it was minted an unknown id counts as pending: records appear late (protocol 9;
contract 4)."""


class Lookups:
    """Asks a backend for ids.

    Args:
        backend: Who is asked.
        clock: Tells the time.
        timeout: Seconds that one upstream request may take; a whole call takes three times that
            at the most.
    """

    def __init__(self, backend: Backend, clock: Clock, timeout: float) -> None:
        self._backend = backend
        self._clock = clock
        self._timeout = timeout
        self._slots = anyio.CapacityLimiter(math.inf if backend.rate_limited else REQUESTS_AT_ONCE)

    async def one(self, task_id: str) -> Task:
        """The task of an id, with exactly one upstream request.

        Raises:
            JimengError: The look-up failed.
        """
        kind, name = self.parse_id(task_id)
        try:
            outcome = await self._ask_alone(kind, name)
        except JimengError as error:
            raise error.about(task_id) from error
        outcome = outcome or self._absent(name, self._clock.now())
        if isinstance(outcome, JimengError):
            raise outcome.about(task_id)
        return replace(outcome, id=task_id)

    async def look_up_once(self, task_id: str) -> Task | JimengError | None:
        """What the upstream itself has under an id: None when it does not know it.

        Raises:
            JimengError: The question as a whole has no answer.
        """
        kind, name = self.parse_id(task_id)
        return await self._ask_alone(kind, name)

    async def confirm_submission(
        self, task_id: str, request: AnyRequest, *, certain: bool
    ) -> Task | None:
        """Look for a submission that may have arrived: at once, and after 1, 2, 4 and 8 s.

        Args:
            task_id: The id it would have.
            request: What it would be of.
            certain: Whether "nothing is there" must be the upstream's own word: then the error of
                the last look-up is raised instead.

        Returns:
            The task, or None when nothing is there.
        """
        trouble: JimengError | None = None
        unreadable: JimengError | None = None
        for delay in CONFIRM_DELAYS:
            await self._clock.sleep(delay)
            try:
                found = await self.look_up_once(task_id)
            except JimengError as error:
                trouble = error
                if not error.retryable:  # risk control, a dead session: asking on does harm
                    break
                continue
            trouble = None
            if isinstance(found, Expired):
                raise found
            if isinstance(found, JimengError):  # it is there, even if it is gone at the next look
                unreadable = found
            elif found is not None:
                return replace(found, mode=request.mode, request=request)
        if certain and (doubt := trouble or unreadable):
            raise doubt.about(task_id)
        return None

    async def many(self, task_ids: Sequence[str]) -> list[Lookup]:
        """One look-up for each id, in the order asked; never raises for an id or the account."""
        start = self._clock.now()
        answers: dict[str, Lookup] = {}
        to_ask: defaultdict[IdKind, dict[str, None]] = defaultdict(dict)
        for task_id in task_ids:
            try:
                kind, name = self.parse_id(task_id)
            except JimengError as error:
                answers[task_id] = Lookup(task_id, None, error, start)
            else:
                to_ask[kind][name] = None
        batch = LookupBatch(self._ask, self._clock, 3 * self._timeout)
        chunks = [(kind, chunk) for kind, names in to_ask.items() for chunk in chunked(names)]
        with anyio.move_on_after(batch.seconds):
            await gather([partial(batch.chunk, *chunk) for chunk in chunks])
        now = self._clock.now()
        return [
            answers.get(asked) or self._answer(asked, batch.found.get(canonical(asked)), now)
            for asked in task_ids
        ]

    def _answer(self, asked: str, told: LookupOutcome | None, now: datetime) -> Lookup:
        """The look-up of an id, under the spelling it was asked with."""
        if told is None:
            return Lookup(asked, None, NetworkError(upstream_code=TIMED_OUT, task_id=asked), now)
        outcome = told.outcome or self._absent(asked, told.at)
        if isinstance(outcome, JimengError):
            return Lookup(asked, None, outcome.about(asked), told.at)
        task = outcome if outcome.id == asked else replace(outcome, id=asked)
        return Lookup(asked, task, None, told.at)

    def parse_id(self, task_id: str) -> tuple[IdKind, str]:
        """The kind of an id and the spelling the upstream is asked with.

        Raises:
            InvalidTaskId: No id, or one of another backend.
        """
        if not isinstance(task_id, str):  # whatever a program puts into a list
            raise InvalidTaskId(task_id=str(task_id)[:100])
        kind = kind_of(task_id)
        if kind not in self._backend.id_kinds:
            backend = self._backend.name
            raise InvalidTaskId(
                f"This id is not one of the {backend} backend's; ask the backend that gave it.",
                f"该 ID 不属于 {backend} 后端，请到提交它的后端查询。",
                task_id=task_id,
            )
        return kind, canonical(task_id)

    async def _ask(self, kind: IdKind, names: Sequence[str]) -> LookupResults:
        """One upstream request; all of a client's share its slots."""
        async with self._slots:
            return await self._backend.look_up(kind, names)

    async def _ask_alone(self, kind: IdKind, name: str) -> Task | JimengError | None:
        """One upstream request for one id, within the timeout: waiting for a slot counts, too."""
        try:
            with anyio.fail_after(self._timeout):
                return (await self._ask(kind, [name])).get(name)
        except TimeoutError as error:
            raise NetworkError(upstream_code=TIMED_OUT) from error

    def _absent(self, name: str, now: datetime) -> Task | JimengError:
        """What it means that the upstream does not know an id: told by the id's own age."""
        minted = minted_at(name)
        if minted is None:
            return NotFound(task_id=name)
        if abs(now - minted) < RECORD_DELAY:
            return Pending(id=name, mode=None, created_at=minted)
        if now - minted > self._backend.record_retention:
            return Expired(task_id=name)
        return NotFound(task_id=name)


def chunked(names: Iterable[str]) -> list[list[str]]:
    """Ids in lists of at most `IDS_PER_REQUEST`."""
    everything = list(names)
    return [
        everything[start : start + IDS_PER_REQUEST]
        for start in range(0, len(everything), IDS_PER_REQUEST)
    ]
