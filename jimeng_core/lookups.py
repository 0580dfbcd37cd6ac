"""Look-ups: one id in one request, or many in as few as the upstream takes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import anyio

from .backends.base import Backend, Found
from .clock import Clock
from .errors import (
    Expired,
    InvalidTaskId,
    JimengError,
    NetworkError,
    NotFound,
    UpstreamError,
    UpstreamUnreadable,
)
from .gather import gather
from .ids import IdKind, canonical, kind_of, minted_at
from .tasks import Lookup, Pending, Task

IDS_PER_REQUEST: Final = 100
REQUESTS_AT_ONCE: Final = 8
LATE_RECORD: Final = timedelta(minutes=2)
"""How long after it was minted an unknown id counts as pending: records appear late (wire facts 9;
contract, section 4)."""
_WORTH_A_SECOND_TRY: Final = (NetworkError, UpstreamError, UpstreamUnreadable)


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
        self._slots = anyio.CapacityLimiter(REQUESTS_AT_ONCE)

    async def one(self, task_id: str) -> Task:
        """The task of an id, with exactly one upstream request.

        Raises:
            JimengError: The look-up failed.
        """
        kind, name = self._place(task_id)
        try:
            outcome = (await self._backend.look_up(kind, [name])).get(name)
        except JimengError as error:
            raise error.about(task_id) from error
        outcome = outcome or self._absent(name, self._clock.now())
        if isinstance(outcome, JimengError):
            raise outcome.about(task_id)
        return replace(outcome, id=task_id)

    async def peek(self, task_id: str) -> Task | JimengError | None:
        """What the upstream itself has under an id: None when it does not know it.

        Raises:
            JimengError: The question as a whole has no answer.
        """
        kind, name = self._place(task_id)
        return (await self._backend.look_up(kind, [name])).get(name)

    async def many(self, task_ids: Sequence[str]) -> list[Lookup]:
        """One look-up for each id, in the order asked; never raises for an id or the account."""
        start = self._clock.now()
        answers: dict[str, Lookup] = {}
        to_ask: defaultdict[IdKind, dict[str, None]] = defaultdict(dict)
        for task_id in task_ids:
            try:
                kind, name = self._place(task_id)
            except JimengError as error:
                answers[task_id] = Lookup(task_id, None, error, start)
            else:
                to_ask[kind][name] = None
        chunks = [(kind, chunk) for kind, names in to_ask.items() for chunk in _cut(names)]
        found: dict[str, Lookup] = {}
        deadline = anyio.current_time() + 3 * self._timeout
        for part in await gather([partial(self._chunk, *chunk, deadline) for chunk in chunks]):
            found |= part
        return [
            answers.get(asked) or _said_of(asked, found[canonical(asked)]) for asked in task_ids
        ]

    def _place(self, task_id: str) -> tuple[IdKind, str]:
        """The kind of an id and the spelling the upstream is asked with.

        Raises:
            InvalidTaskId: No id, or one of another backend.
        """
        kind = kind_of(task_id)
        if kind not in self._backend.id_kinds:
            backend = self._backend.name
            raise InvalidTaskId(
                f"This id is not one of the {backend} backend's; ask the backend that gave it.",
                f"该 ID 不属于 {backend} 后端，请到提交它的后端查询。",
                task_id=task_id,
            )
        return kind, canonical(task_id)

    async def _chunk(
        self, kind: IdKind, names: Sequence[str], deadline: float
    ) -> dict[str, Lookup]:
        outcome: Found | JimengError = NetworkError(upstream_code="time is up")
        with anyio.CancelScope(deadline=deadline):
            async with self._slots:
                outcome = await self._ask(kind, names)
                if isinstance(outcome, _WORTH_A_SECOND_TRY):
                    outcome = await self._ask(kind, names)
        now = self._clock.now()
        if isinstance(outcome, JimengError):
            return {name: Lookup(name, None, outcome.about(name), now) for name in names}
        return {
            name: _lookup(name, outcome.get(name) or self._absent(name, now), now) for name in names
        }

    async def _ask(self, kind: IdKind, names: Sequence[str]) -> Found | JimengError:
        try:
            return await self._backend.look_up(kind, names)
        except JimengError as error:
            return error

    def _absent(self, name: str, now: datetime) -> Task | JimengError:
        """What it means that the upstream does not know an id: told by the id's own age."""
        minted = minted_at(name)
        if minted is None:
            return NotFound(task_id=name)
        if abs(now - minted) < LATE_RECORD:
            return Pending(id=name, mode=None, created_at=minted)
        if now - minted > self._backend.keeps_records:
            return Expired(task_id=name)
        return NotFound(task_id=name)


def _cut(names: Iterable[str]) -> list[list[str]]:
    everything = list(names)
    return [
        everything[start : start + IDS_PER_REQUEST]
        for start in range(0, len(everything), IDS_PER_REQUEST)
    ]


def _lookup(name: str, outcome: Task | JimengError, now: datetime) -> Lookup:
    if isinstance(outcome, JimengError):
        return Lookup(name, None, outcome, now)
    return Lookup(name, outcome, None, now)


def _said_of(asked: str, answer: Lookup) -> Lookup:
    """The same answer under the id as it was asked (its spelling may differ)."""
    if asked == answer.id:
        return answer
    return replace(
        answer,
        id=asked,
        task=replace(answer.task, id=asked) if answer.task else None,
        error=answer.error.about(asked) if answer.error else None,
    )
