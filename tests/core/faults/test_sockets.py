"""The same faults over real connections, with what httpx and the system make of them."""

import math
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from jimeng_core import (
    AsyncJimeng,
    JimengError,
    SubmitUnconfirmed,
    Task,
    VideoRequest,
    new_task_id,
)
from jimeng_core.backends.demo.faults.fault_plan import (
    FaultPlan,
    FaultRule,
    NetworkFault,
    RecordFault,
    Step,
)
from jimeng_core.backends.demo.store import Store
from jimeng_core.backends.demo.worker import Worker
from jimeng_core.backends.http import MAX_BODY_BYTES
from jimeng_core.backends.web import wire
from tests.core.demo_tools import InstantClock
from tests.core.faults.cases import (
    LOST_ON_THE_WAY,
    REQUESTS,
    UPLOADS,
    WIRE,
    code_of,
    nothing_left_open,
    with_requests,
)
from tests.core.faults.session import Session, bad_id, judge
from tests.core.faults.site_server import HOST, SiteServer, serving

pytestmark = pytest.mark.anyio
TIMEOUT = 30.0
"""Seconds for a request to which an answer comes, however busy the machine."""
DemoVisit = tuple[AsyncJimeng, SiteServer]

troubles = pytest.mark.parametrize(("trouble", "carried_out"), WIRE.values(), ids=WIRE)
troubles_and_requests = pytest.mark.parametrize(
    ("trouble", "carried_out", "request_"), with_requests(WIRE), ids=WIRE
)


@pytest.fixture(autouse=True)
def _no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire is tested, not the films."""
    monkeypatch.setattr(Worker, "_render", lambda worker, task: True)


@asynccontextmanager
async def visiting(folder: Path, *rules: FaultRule) -> AsyncIterator[DemoVisit]:
    """A client of a site behind a socket; at the end no connection, task or thread is open."""
    with nothing_left_open():
        async with serving(folder, FaultPlan(rules)) as (server, network):
            async with AsyncJimeng(
                "web",
                "a-session",
                base_url=server.base_url,
                timeout=TIMEOUT,
                transport=network,
                clock=InstantClock(),
            ) as jimeng:
                yield jimeng, server
            assert network.hosts == {HOST}


async def outcome(call: Any) -> Any:
    """What a call gives, or the error of this library that it raises. Others are raised."""
    try:
        return await call
    except JimengError as error:
        return error


def stored(folder: Path) -> list[str]:
    """The ids of the site's tasks, one for each time that somebody would have paid."""
    return [task.submit_id for task in Store(folder / "demo").all() for _ in range(task.charges)]


NOT_REPEATED = {NetworkFault.RATE_LIMITED, NetworkFault.REDIRECT}


@troubles_and_requests
@pytest.mark.parametrize("step", UPLOADS)
async def test_on_the_way_of_the_pictures(
    step: Step, trouble: NetworkFault, carried_out: bool, request_: VideoRequest, tmp_path: Path
) -> None:
    """A step that fails once is repeated, or the submission ends and nothing was submitted."""
    rule = FaultRule(step, trouble, carried_out=carried_out)
    async with visiting(tmp_path, rule) as (jimeng, _):
        got = await outcome(jimeng.submit_video(request_))
    if isinstance(got, Task):
        assert stored(tmp_path) == [got.id]
    else:
        assert trouble in NOT_REPEATED
        assert got.code == (code_of(trouble) if step is Step.TOKEN else "upload_failed")
        assert stored(tmp_path) == []


@troubles_and_requests
async def test_at_the_submission(
    trouble: NetworkFault, carried_out: bool, request_: VideoRequest, tmp_path: Path
) -> None:
    """One task at the most, whose id the caller has; nothing that may have arrived is repeated."""
    rule = FaultRule(Step.GENERATE, trouble, carried_out=carried_out)
    async with visiting(tmp_path, rule) as (jimeng, server):
        got = await outcome(jimeng.submit_video(request_))
        sent = sum(target.startswith(wire.GENERATE) for target in server.targets)
    assert sent == 1
    if trouble is NetworkFault.REFUSED or rule.reaches_site:
        assert stored(tmp_path) == [got.id]
    elif trouble is NetworkFault.RATE_LIMITED:
        assert (got.code, stored(tmp_path)) == ("rate_limited", [])
    else:
        assert isinstance(got, SubmitUnconfirmed)
        assert got.task_id
        assert stored(tmp_path) == []


@troubles
async def test_look_ups(trouble: NetworkFault, carried_out: bool, tmp_path: Path) -> None:
    """One look-up asks once; of thirty with a bad one, each has its task or what went wrong."""
    async with visiting(tmp_path) as (jimeng, _):
        good = (await jimeng.submit_video(REQUESTS["multi_frame"])).id
        old = jimeng._clock.now() - timedelta(minutes=1)
        ids = [good, *(new_task_id(old) for _ in range(29))]
    rule = FaultRule(
        Step.LOOK_UP, trouble, times=None, ids=frozenset({ids[19]}), carried_out=carried_out
    )
    code = code_of(trouble)
    async with visiting(tmp_path, rule) as (jimeng, server):
        with anyio.fail_after(2 * TIMEOUT):
            got = await outcome(jimeng.get_video(ids[19]))
        assert getattr(got, "code", None) == code
        assert len(server.targets) == (trouble is not NetworkFault.REFUSED)
        with anyio.fail_after(3 * TIMEOUT):
            found = await jimeng.get_videos(ids)
        wrong = [lookup.id for lookup in found if lookup.error]
        assert {lookup.error.code for lookup in found if lookup.error} == ({code} - {None})
        assert all(lookup.error or lookup.task for lookup in found)
        if trouble in LOST_ON_THE_WAY | {NetworkFault.RATE_LIMITED}:
            assert wrong == ids
        else:
            assert wrong == ([ids[19]] if code else [])
            assert len(server.targets) - 2 <= 2 * math.log2(30) + 2


async def test_connections_are_closed(tmp_path: Path) -> None:
    """A client with a network of its own leaves no connection, to the site or to its store."""
    late = FaultRule(Step.LOOK_UP, NetworkFault.HTTP_500, first=2)
    with nothing_left_open():
        async with serving(tmp_path, FaultPlan((late,))) as (server, _):
            jimeng = AsyncJimeng("web", "a-session", base_url=server.base_url)
            async with jimeng:
                task = await jimeng.submit_video(REQUESTS["subject_reference"])
                await jimeng.get_videos([task.id, bad_id(0)])
                assert server.open > 1
            with anyio.fail_after(10):
                while server.open:  # noqa: ASYNC110 - a connection tells nobody that it is closed
                    await anyio.sleep(0.005)


async def test_a_bomb_is_bounded(tmp_path: Path) -> None:
    """A gigabyte that comes as a megabyte takes no more memory than an answer may have."""
    bomb = FaultRule(Step.LOOK_UP, NetworkFault.GZIP_BOMB)
    async with visiting(tmp_path, bomb) as (jimeng, _):
        tracemalloc.start()
        try:
            got = await outcome(jimeng.get_video(bad_id(0)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert got.code == "upstream_unreadable"
    assert peak < MAX_BODY_BYTES + 8 * 2**20


R, S, T = FaultRule, Step, NetworkFault
FIXED: dict[str, tuple[FaultRule, ...]] = {
    "nothing": (),
    "every answer to a submission is lost": (R(S.GENERATE, T.RESET, times=None, carried_out=True),),
    "no submission arrives": (R(S.GENERATE, T.RESET, times=None),),
    "a slow gateway": (R(S.GENERATE, T.HTTP_504, times=2, carried_out=True), R(S.APPLY, T.HANG)),
    "a gateway that restarts": tuple(R(step, T.HTTP_502, times=2) for step in S),
    "nobody listens at first": tuple(R(step, T.REFUSED, times=2) for step in S),
    "lost, and nobody can tell": (
        R(S.GENERATE, T.HTML, carried_out=True),
        R(S.LOOK_UP, T.HTTP_500, times=12),
    ),
    "lost, and nobody answers": (
        R(S.GENERATE, T.TRUNCATED, times=3),
        R(S.LOOK_UP, T.RESET, times=6, carried_out=True),
    ),
    "lost, and late": (
        R(S.GENERATE, T.RESET, times=None, carried_out=True),
        R(S.LOOK_UP, RecordFault.ABSENT, times=4),
    ),
    "the bad id": (R(S.LOOK_UP, T.HTTP_500, times=None, ids=frozenset({bad_id(9)})),),
    "the bad id hangs": (R(S.LOOK_UP, T.HANG, times=2, ids=frozenset({bad_id(10)})),),
    "the bad id explodes": (R(S.LOOK_UP, T.GZIP_BOMB, times=None, ids=frozenset({bad_id(11)})),),
    "everything is huge": tuple(R(step, T.HUGE, times=1) for step in S),
    "bombs everywhere": tuple(R(step, T.GZIP_BOMB, times=1) for step in S),
    "sent elsewhere": tuple(R(step, T.REDIRECT, first=2) for step in S),
    "too many requests": tuple(R(step, T.RATE_LIMITED, retry_after=0.01) for step in S),
    "half of everything": tuple(R(step, T.TRUNCATED, first=2, times=2) for step in S),
    "strange records": (
        R(S.LOOK_UP, RecordFault.OTHER_TYPES, times=None),
        R(S.LOOK_UP, RecordFault.NO_ORIGIN, first=2, times=None),
        R(S.LOOK_UP, RecordFault.BACK_TO_QUEUE, first=3),
    ),
    "gone in the middle": (
        R(S.LOOK_UP, RecordFault.UNKNOWN_STATUS),
        R(S.LOOK_UP, RecordFault.ABSENT, first=2, times=3),
        R(S.LOOK_UP, RecordFault.NO_URL, first=5, times=None),
    ),
    "failed by its key alone": (
        R(S.GENERATE, T.HANG, carried_out=True),
        R(S.LOOK_UP, RecordFault.FAILED_BY_KEY, first=2, times=None),
    ),
}


@pytest.mark.parametrize(("seed", "name"), list(enumerate(FIXED)), ids=FIXED)
async def test_fixed_plans(seed: int, name: str, tmp_path: Path) -> None:
    """A whole session over real connections: nothing is lost, and nothing is paid twice."""
    async with visiting(tmp_path, *FIXED[name]) as (jimeng, _):
        session = Session(jimeng, bad_id(seed))
        await session.run()
    judge(session, FaultPlan(FIXED[name]), tmp_path)
