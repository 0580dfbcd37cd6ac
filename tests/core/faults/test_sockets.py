"""Network faults over real connections, as httpx and the system report them."""

import itertools
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
from jimeng_core.backends.http import MAX_BODY_BYTES
from jimeng_core.backends.web import wire
from tests.core.demo_tools import InstantClock, skip_rendering
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
from tests.each import each

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
TIMEOUT = 30.0
"""Seconds for a request that is answered, however busy the machine is."""
ClientAndServer = tuple[AsyncJimeng, SiteServer]

faults = each(("fault", "carried_out"), WIRE.values())
faults_and_requests = each(("fault", "carried_out", "request_"), with_requests(WIRE))
faults_requests_and_steps = each(
    ("step", "fault", "carried_out", "request_"),
    [
        (step, *fault)
        for step, fault in zip(itertools.cycle(UPLOADS), with_requests(WIRE), strict=False)
    ],
)
"""The faults with the steps of an upload by turns: test_matrix.py has each fault at each step."""


@pytest.fixture(autouse=True)
def _no_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the rendering: only requests are tested."""
    skip_rendering(monkeypatch)


@asynccontextmanager
async def open_client(folder: Path, *rules: FaultRule) -> AsyncIterator[ClientAndServer]:
    """A client of a site behind a socket; at the end no connection, task or thread is left."""
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
    """The result of a call, or the `JimengError` that it raises."""
    try:
        return await call
    except JimengError as error:
        return error


def stored(folder: Path) -> list[str]:
    """The ids of the site's tasks, each as often as it was charged."""
    return [task.submit_id for task in Store(folder / "demo").all() for _ in range(task.charges)]


NOT_REPEATED = {NetworkFault.RATE_LIMITED, NetworkFault.REDIRECT}


@faults_requests_and_steps
async def test_upload(
    step: Step, fault: NetworkFault, carried_out: bool, request_: VideoRequest, tmp_path: Path
) -> None:
    """A step that fails once is repeated, or its error is raised and nothing is submitted."""
    rule = FaultRule(step, fault, carried_out=carried_out)
    async with open_client(tmp_path, rule) as (jimeng, _):
        got = await outcome(jimeng.submit_video(request_))
    if isinstance(got, Task):
        assert stored(tmp_path) == [got.id]
    else:
        assert fault in NOT_REPEATED
        assert got.code == (code_of(fault) if step is Step.TOKEN else "upload_failed")
        assert stored(tmp_path) == []


@faults_and_requests
async def test_submission(
    fault: NetworkFault, carried_out: bool, request_: VideoRequest, tmp_path: Path
) -> None:
    """The caller has the id of the only task; a request that may have arrived is not repeated."""
    rule = FaultRule(Step.GENERATE, fault, carried_out=carried_out)
    async with open_client(tmp_path, rule) as (jimeng, server):
        got = await outcome(jimeng.submit_video(request_))
        sent = sum(target.startswith(wire.GENERATE) for target in server.targets)
    assert sent == 1
    if fault is NetworkFault.REFUSED or rule.reaches_site:
        assert stored(tmp_path) == [got.id]
    elif fault is NetworkFault.RATE_LIMITED:
        assert (got.code, stored(tmp_path)) == ("rate_limited", [])
    else:
        assert isinstance(got, SubmitUnconfirmed)
        assert got.task_id
        assert stored(tmp_path) == []


@faults
async def test_look_ups(fault: NetworkFault, carried_out: bool, tmp_path: Path) -> None:
    """One look-up is one request; each of thirty, one of them bad, has its task or its error."""
    async with open_client(tmp_path) as (jimeng, _):
        good = (await jimeng.submit_video(REQUESTS["multi_frame"])).id
        old = jimeng._clock.now() - timedelta(minutes=1)
        ids = [good, *(new_task_id(old) for _ in range(29))]
    rule = FaultRule(
        Step.LOOK_UP, fault, times=None, ids=frozenset({ids[19]}), carried_out=carried_out
    )
    code = code_of(fault)
    async with open_client(tmp_path, rule) as (jimeng, server):
        with anyio.fail_after(2 * TIMEOUT):
            got = await outcome(jimeng.get_video(ids[19]))
        assert getattr(got, "code", None) == code
        assert len(server.targets) == (fault is not NetworkFault.REFUSED)
        with anyio.fail_after(3 * TIMEOUT):
            found = await jimeng.get_videos(ids)
        wrong = [lookup.id for lookup in found if lookup.error]
        assert {lookup.error.code for lookup in found if lookup.error} == ({code} - {None})
        assert all(lookup.error or lookup.task for lookup in found)
        if fault in LOST_ON_THE_WAY | {NetworkFault.RATE_LIMITED}:
            assert wrong == ids
        else:
            assert wrong == ([ids[19]] if code else [])
            assert len(server.targets) - 2 <= 2 * math.log2(30) + 2


async def test_connections_are_closed(tmp_path: Path) -> None:
    """A client closes its connections to the site and to the picture store."""
    late = FaultRule(Step.LOOK_UP, NetworkFault.HTTP_500, first=2)
    with nothing_left_open():
        async with serving(tmp_path, FaultPlan((late,))) as (server, _):
            jimeng = AsyncJimeng("web", "a-session", base_url=server.base_url)
            async with jimeng:
                task = await jimeng.submit_video(REQUESTS["subject_reference"])
                await jimeng.get_videos([task.id, bad_id(0)])
                assert server.open > 1
            with anyio.fail_after(100):
                while server.open:  # noqa: ASYNC110 - no event says that a connection was closed
                    await anyio.sleep(0.005)


async def test_gzip_bomb(tmp_path: Path) -> None:
    """A gzip bomb takes no more memory than the largest answer."""
    bomb = FaultRule(Step.LOOK_UP, NetworkFault.GZIP_BOMB)
    async with open_client(tmp_path, bomb) as (jimeng, _):
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
    "a slow gateway": (R(S.GENERATE, T.HTTP_504, times=2, carried_out=True), R(S.APPLY, T.HANG)),
    "refused at first": tuple(R(step, T.REFUSED, times=2) for step in S),
    "lost, and look-ups fail": (
        R(S.GENERATE, T.HTML, carried_out=True),
        R(S.LOOK_UP, T.HTTP_500, times=12),
    ),
    "lost, and look-ups are reset": (
        R(S.GENERATE, T.TRUNCATED, times=3),
        R(S.LOOK_UP, T.RESET, times=6, carried_out=True),
    ),
    "the bad id hangs": (R(S.LOOK_UP, T.HANG, times=2, ids=frozenset({bad_id(0)})),),
    "the bad id is a gzip bomb": (
        R(S.LOOK_UP, T.GZIP_BOMB, times=None, ids=frozenset({bad_id(0)})),
    ),
    "everything is huge": tuple(R(step, T.HUGE, times=1) for step in S),
    "gzip bombs everywhere": tuple(R(step, T.GZIP_BOMB, times=1) for step in S),
    "redirected": tuple(R(step, T.REDIRECT, first=2) for step in S),
    "too many requests": tuple(R(step, T.RATE_LIMITED, retry_after=0.01) for step in S),
    "truncated answers": tuple(R(step, T.TRUNCATED, first=2, times=2) for step in S),
    "failed by its key alone": (
        R(S.GENERATE, T.HANG, carried_out=True),
        R(S.LOOK_UP, RecordFault.FAILED_BY_KEY, first=2, times=None),
    ),
}


@each("name", FIXED)
async def test_fixed_plans(name: str, tmp_path: Path) -> None:
    """In a session over real connections nothing is lost, and nothing is charged twice."""
    async with open_client(tmp_path, *FIXED[name]) as (jimeng, _):
        session = Session(jimeng, bad_id(0))
        await session.run()
    judge(session, FaultPlan(FIXED[name]), tmp_path)
