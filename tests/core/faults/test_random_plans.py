"""Sessions on the demo site, each with a random plan, without a network."""

import shutil
from pathlib import Path

import pytest

from jimeng_core import AsyncJimeng
from jimeng_core.backends.demo import FaultPlan
from tests.core.demo_tools import ManualClock, skip_rendering
from tests.core.faults.cases import nothing_left_open
from tests.core.faults.session import Session, bad_id, judge

pytestmark = [pytest.mark.anyio, pytest.mark.no_cover]
PLANS = 80
"""Together they have every network fault and every altered record at every step."""


@pytest.fixture(autouse=True)
def _no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the rendering: only requests are tested."""
    skip_rendering(monkeypatch)


async def test_random_plans(tmp_path: Path) -> None:
    """The caller has the id of every stored task, and no request is charged twice.

    A failed look-up is not a failed task, all errors are `JimengError`s, nothing is left open.
    """
    for seed in range(PLANS):
        folder = tmp_path / str(seed)
        plan = FaultPlan.random(seed, [bad_id(seed)])
        try:
            with nothing_left_open():
                async with AsyncJimeng(
                    "demo", data_dir=folder, demo_pace=0, clock=ManualClock(), faults=plan
                ) as jimeng:
                    session = Session(jimeng, bad_id(seed))
                    await session.run()
            judge(session, plan, folder)
        except BaseException as error:
            error.add_note(f"seed {seed}: {plan}")
            raise
        shutil.rmtree(folder)
