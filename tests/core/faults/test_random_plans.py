"""Sessions on the demo site, each with a random plan, without a network."""

from pathlib import Path

import pytest

from jimeng_core import AsyncJimeng
from jimeng_core.backends.demo import FaultPlan
from jimeng_core.backends.demo.faults.fault_plan import (
    FaultRule,
    NetworkFault,
    RecordFault,
    Step,
)
from tests.core.demo_tools import ManualClock, skip_rendering
from tests.core.faults.cases import nothing_left_open
from tests.core.faults.session import Session, bad_id, judge
from tests.each import each

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
PLANS = 80
"""Together they have every network fault and every altered record at every step."""


R, S, T = FaultRule, Step, NetworkFault
FIXED: dict[str, tuple[FaultRule, ...]] = {
    "no submission arrives": (R(S.GENERATE, T.RESET, times=None),),
    "a gateway that restarts": tuple(R(step, T.HTTP_502, times=2) for step in S),
    "lost, and appears late": (
        R(S.GENERATE, T.RESET, times=None, carried_out=True),
        R(S.LOOK_UP, RecordFault.ABSENT, times=4),
    ),
    "the bad id": (R(S.LOOK_UP, T.HTTP_500, times=None, ids=frozenset({bad_id(0)})),),
    "unusual records": (
        R(S.LOOK_UP, RecordFault.OTHER_TYPES, times=None),
        R(S.LOOK_UP, RecordFault.NO_ORIGIN, first=2, times=None),
        R(S.LOOK_UP, RecordFault.BACK_TO_QUEUE, first=3),
    ),
    "vanishing records": (
        R(S.LOOK_UP, RecordFault.UNKNOWN_STATUS),
        R(S.LOOK_UP, RecordFault.ABSENT, first=2, times=3),
        R(S.LOOK_UP, RecordFault.NO_URL, first=5, times=None),
    ),
}
"""Plans that are the same without a network; test_sockets.py has others."""


@pytest.fixture(autouse=True)
def _no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the rendering: only requests are tested."""
    skip_rendering(monkeypatch)


@each("name", FIXED)
async def test_fixed_plans(name: str, tmp_path: Path) -> None:
    """In a session nothing is lost, and nothing is charged twice."""
    await run_session(0, FaultPlan(FIXED[name]), tmp_path)


async def run_session(seed: int, plan: FaultPlan, folder: Path) -> None:
    """Run a session, and judge it; nothing is left open."""
    with nothing_left_open():
        async with AsyncJimeng(
            "demo", data_dir=folder, demo_pace=0, clock=ManualClock(), faults=plan
        ) as jimeng:
            session = Session(jimeng, bad_id(seed))
            await session.run()
    judge(session, plan, folder)


@each("seed", range(PLANS))
async def test_random_plans(seed: int, tmp_path: Path) -> None:
    """The caller has the id of every stored task, and no request is charged twice.

    A failed look-up is not a failed task, all errors are `JimengError`s, nothing is left open.
    """
    plan = FaultPlan.random(seed, [bad_id(seed)])
    try:
        await run_session(seed, plan, tmp_path)
    except BaseException as error:
        error.add_note(str(plan))
        raise
