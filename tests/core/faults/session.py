"""A short session of a careful caller on a demo site behind a fault plan."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from jimeng_core import AsyncJimeng, Failed, JimengError, Lookup, VideoRequest
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, RecordFault
from jimeng_core.backends.demo.faults.record_faults import KEY
from jimeng_core.backends.demo.store import Store
from jimeng_core.backends.demo.stored_task import DemoTask
from tests.core.faults.cases import REQUESTS

TRIES = 2


@dataclass
class Session:
    """The calls of a session, and their results.

    Attributes:
        jimeng: The client, with the fault plan.
        bad_id: An id without a task.
        known: The ids of each request that the caller has from a task or an error.
        found: Every look-up.
    """

    jimeng: AsyncJimeng
    bad_id: str
    known: dict[str, set[str]] = field(default_factory=dict)
    found: list[Lookup] = field(default_factory=list)

    async def run(self) -> None:
        """Submit in all modes, and look up all ids in between and each id at the end."""
        for mode, request in REQUESTS.items():
            await self.submit(mode, request)
            await self.look()
        for task_id in self.ids:
            try:
                task = await self.jimeng.get_video(task_id)
            except JimengError as error:
                self.found.append(Lookup(task_id, None, error, self.jimeng._clock.now()))
            else:
                self.found.append(Lookup(task_id, task, None, self.jimeng._clock.now()))

    @property
    def ids(self) -> list[str]:
        """Every id that the caller has."""
        return [task_id for ids in self.known.values() for task_id in sorted(ids)]

    async def submit(self, mode: str, request: VideoRequest) -> None:
        """Submit, and after an error once more, with the id of the error if it has one."""
        known = self.known[mode] = set()
        task_id: str | None = None
        for _ in range(TRIES):
            try:
                task = await self.jimeng.submit_video(request, task_id=task_id)
            except JimengError as error:
                task_id = error.task_id
                known |= {task_id} if task_id else set()
            else:
                known.add(task.id)
                return

    async def look(self) -> None:
        """Look up all ids in one call, with an unknown and an invalid one."""
        ids = [*self.ids, self.bad_id, "nonsense"]
        found = await self.jimeng.get_videos(ids)
        assert [lookup.id for lookup in found] == ids
        self.found += found


def bad_id(seed: int) -> str:
    """An id that was minted long ago and never submitted."""
    return f"01990000-0000-7000-8000-{seed:012x}"


def judge(session: Session, plan: FaultPlan, folder: Path) -> None:
    """Check that nothing was lost, nothing was charged twice, and no failed look-up is a task.

    Args:
        session: The session, after its end.
        plan: Its faults.
        folder: The data folder.
    """
    stored = list(Store(folder / "demo").all())
    owners = {task_id: mode for mode, ids in session.known.items() for task_id in ids}
    assert {task.submit_id for task in stored} <= owners.keys(), (
        "a task whose id the caller does not have"
    )
    charges = Counter[str]()
    for task in stored:
        assert owners[task.submit_id] == task.draft.mode
        charges[task.draft.mode] += task.charges
    assert max(charges.values(), default=0) <= 1, "charged twice"
    for lookup in session.found:
        _judge_look_up(lookup, plan, {task.submit_id: task for task in stored})


def _judge_look_up(lookup: Lookup, plan: FaultPlan, stored: dict[str, DemoTask]) -> None:
    assert (lookup.task is None) is (lookup.error is not None)
    faults = {rule.what for rule in plan.rules}
    if isinstance(lookup.task, Failed):
        failure = lookup.task.failure
        reason = (failure.code, failure.upstream_code)
        assert lookup.id in stored, "an unknown task failed"
        assert (reason == ("content_refused", KEY) and RecordFault.FAILED_BY_KEY in faults) or (
            reason == ("upstream_unreadable", "no URL") and RecordFault.NO_URL in faults
        ), f"failed by {reason}"
    if lookup.id == "nonsense":
        assert lookup.error
        assert lookup.error.code == "invalid_task_id"
