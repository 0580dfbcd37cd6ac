"""Look-ups: one id in one request, or many ids in as few requests as possible."""

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
from .rows import Lookup
from .tasks import Pending, Task

IDS_PER_REQUEST: Final = 100
TIMED_OUT: Final = "time is up"
"""`upstream_code` of a look-up that was not answered in time."""
RECORD_DELAY: Final = timedelta(minutes=2)
"""Age up to which an unknown id counts as pending: records can appear late (protocol 9,
contract 4)."""


class Lookups:
    """Look-ups on one backend.

    Args:
        backend: Backend to query.
        clock: Source of time.
        timeout: Seconds for one upstream request; a whole call takes up to three times as long.
    """

    def __init__(self, backend: Backend, clock: Clock, timeout: float) -> None:
        self._backend = backend
        self._clock = clock
        self._timeout = timeout

    async def get(self, task_id: str) -> Task:
        """The task of an id, with exactly one upstream request.

        Raises:
            JimengError: The look-up failed.
        """
        try:
            outcome = await self.look_up_once(task_id)
        except JimengError as error:
            raise error.about(task_id) from error
        outcome = outcome or self._unknown(canonical(task_id), self._clock.now())
        if isinstance(outcome, JimengError):
            raise outcome.about(task_id)
        return replace(outcome, id=task_id)

    async def look_up_once(self, task_id: str) -> Task | JimengError | None:
        """What the upstream has under an id; None when it does not know the id.

        Makes one request, within the timeout; waiting for its turn counts too.

        Raises:
            JimengError: The request failed as a whole.
        """
        upstream_id = self.parse_id(task_id)
        try:
            with anyio.fail_after(self._timeout):
                return (await self._request([upstream_id])).get(upstream_id)
        except TimeoutError as error:
            raise NetworkError(upstream_code=TIMED_OUT) from error

    async def confirm_submission(self, task_id: str, *, certain: bool) -> Task | None:
        """Look for a submission that may have arrived: at once, and after 1, 2, 4 and 8 s.

        Args:
            task_id: Id it was sent under.
            certain: Raise the last look-up's error instead of returning None after it.

        Returns:
            The task; None when the upstream has none.
        """
        doubt: JimengError | None = None
        unreadable: JimengError | None = None
        for delay in CONFIRM_DELAYS:
            await self._clock.sleep(delay)
            try:
                outcome = await self.look_up_once(task_id)
            except JimengError as error:
                doubt = error
                if not error.retryable:  # risk control, an expired session: more requests do harm
                    break
                continue
            doubt = None
            if isinstance(outcome, Expired):
                raise outcome
            if isinstance(outcome, JimengError):  # it exists, even if the next look-up misses it
                unreadable = outcome
            elif outcome is not None:
                return outcome
        if certain and (failure := doubt or unreadable):
            raise failure.about(task_id)
        return None

    async def get_many(self, task_ids: Sequence[str]) -> list[Lookup]:
        """One look-up for each id, in order; never raises for an id or the account."""
        start = self._clock.now()
        invalid: dict[str, Lookup] = {}
        ids: dict[str, str] = {}  # with the upstream's spelling of each
        for task_id in task_ids:
            try:
                ids[task_id] = self.parse_id(task_id)
            except JimengError as error:
                invalid[task_id] = Lookup(task_id, None, error, start)
        batch = LookupBatch(self._request, self._clock, 3 * self._timeout)
        with anyio.move_on_after(batch.seconds):
            chunks = chunked(dict.fromkeys(ids.values()))
            await gather([partial(batch.look_up_chunk, chunk) for chunk in chunks])
        now = self._clock.now()
        return [
            invalid.get(task_id) or self._lookup(task_id, batch.outcomes.get(ids[task_id]), now)
            for task_id in task_ids
        ]

    def _lookup(self, task_id: str, outcome: LookupOutcome | None, now: datetime) -> Lookup:
        """The look-up of an id, under the spelling that the caller used."""
        if outcome is None:
            error = NetworkError(upstream_code=TIMED_OUT, task_id=task_id)
            return Lookup(task_id, None, error, now)
        result = outcome.result or self._unknown(canonical(task_id), outcome.at)
        if isinstance(result, JimengError):
            return Lookup(task_id, None, result.about(task_id), outcome.at)
        task = result if result.id == task_id else replace(result, id=task_id)
        return Lookup(task_id, task, None, outcome.at)

    def parse_id(self, task_id: str) -> str:
        """The spelling of an id that the upstream is queried with.

        Raises:
            InvalidTaskId: The text is no id, or an id of another backend.
        """
        if not isinstance(task_id, str):  # callers' lists hold anything
            raise InvalidTaskId(task_id=str(task_id)[:100])
        upstream_id = canonical(task_id)
        if kind_of(upstream_id) not in self._backend.id_kinds:
            raise InvalidTaskId(
                "This id is not one of those that are given here; look it up where it was"
                " submitted.",
                "该 ID 不是在这里提交的，请到提交它的地方查询。",
                task_id=task_id,
            )
        return upstream_id

    async def _request(self, ids: Sequence[str]) -> LookupResults:
        """One upstream request."""
        by_kind: defaultdict[IdKind, list[str]] = defaultdict(list)
        for task_id in ids:
            by_kind[kind_of(task_id)].append(task_id)
        return await self._backend.look_up(by_kind)

    def _unknown(self, task_id: str, now: datetime) -> Task | JimengError:
        """What it means that the upstream does not know an id, by the id's own age.

        Its age is by the upstream's clock, or by this machine's, which may have made the id.
        """
        minted = minted_at(task_id)
        if minted is None:
            return NotFound(task_id=task_id)
        age = self._backend.clock.at(now) - minted
        if min(abs(age), abs(now - minted)) < RECORD_DELAY:
            return Pending(id=task_id, mode=None, created_at=minted)
        if age > self._backend.record_retention:
            return Expired(task_id=task_id)
        return NotFound(task_id=task_id)


def chunked(task_ids: Iterable[str]) -> list[list[str]]:
    """Ids in lists of up to `IDS_PER_REQUEST`."""
    ids = list(task_ids)
    return [ids[i : i + IDS_PER_REQUEST] for i in range(0, len(ids), IDS_PER_REQUEST)]
