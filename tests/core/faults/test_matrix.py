"""Every endpoint × every network fault × every kind of call, in virtual time."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    JimengError,
    Pending,
    Processing,
    SubmitUnconfirmed,
    VideoRequest,
    new_task_id,
)
from jimeng_core.backends.demo.faults.fault_plan import FaultPlan, FaultRule, NetworkFault, Step
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport, step_of
from tests.core.faults.cases import (
    GATEWAY,
    LIGHT,
    LOST_ON_THE_WAY,
    UPLOADS,
    code_of,
    nothing_left_open,
    with_requests,
)
from tests.core.virtual_time import VirtualClock, VirtualTimeLoop
from tests.core.web.fake_site import TOKEN, FakeSite, sent_json
from tests.each import each

pytestmark = [pytest.mark.anyio, pytest.mark.untraced]
TIMEOUT = 30
SETTLING = 1 + 2 + 4 + 8
BACKOFF = 5
"""Maximum seconds of all pauses between the attempts of a step."""

faults = each(("fault", "carried_out"), LIGHT.values())
faults_and_requests = each(("fault", "carried_out", "request_"), with_requests(LIGHT))
how_often = each("times", [1, None])


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on a loop with virtual time."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class RecordingTransport(httpx.AsyncBaseTransport):
    """Records what a client sends."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.steps: list[Step | None] = []
        self.hosts: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Record a request, and pass it on."""
        self.steps.append(step_of(request))
        self.hosts.add(request.url.host)
        return await self._inner.handle_async_request(request)


class Scenario:
    """A healthy site, faults in front of it, and a client."""

    def __init__(self, *rules: FaultRule, site: FakeSite) -> None:
        clock = VirtualClock()
        self.site = site
        self.recorded = RecordingTransport(FaultyTransport(site.transport, FaultPlan(rules), clock))
        self.jimeng = AsyncJimeng(
            "web", TOKEN, timeout=TIMEOUT, transport=self.recorded, clock=clock
        )

    def count(self, step: Step) -> int:
        """How many requests the client sent for a step."""
        return self.recorded.steps.count(step)

    @property
    def stored(self) -> list[str]:
        """The id of each submission that the site processed."""
        return [sent_json(call.request)["submit_id"] for call in self.site.generate.calls]


@asynccontextmanager
async def scenario(*rules: FaultRule, running: int = 0) -> AsyncIterator[Scenario]:
    """A scenario on a site where some tasks run.

    At the end nothing is open, and no request went to the target of a redirect.
    """
    site = FakeSite(VirtualClock())
    old = VirtualClock().now() - timedelta(hours=1)
    site.records = {new_task_id(old): {"status": 42} for _ in range(running)}
    with nothing_left_open():
        one = Scenario(*rules, site=site)
        async with one.jimeng:
            yield one
    assert "elsewhere.demo.invalid" not in one.recorded.hosts


@asynccontextmanager
async def with_timeout(seconds: float) -> AsyncIterator[None]:
    """Check that the block ends in time, by the clock of the loop."""
    start = anyio.current_time()
    yield
    assert anyio.current_time() - start <= seconds + 0.001


async def outcome(call: Any) -> Any:
    """The result of a call, or the `JimengError` that it raises."""
    try:
        return await call
    except JimengError as error:
        return error


def fatal_to_upload(step: Step, fault: NetworkFault, times: int | None) -> bool:
    """Whether a fault during the upload ends a submission."""
    if fault is NetworkFault.REDIRECT and step is Step.TOKEN:
        return times is None
    if fault in (NetworkFault.RATE_LIMITED, NetworkFault.REDIRECT):
        # Not repeated; but an apply for several pictures falls back to one for each.
        return times is None or step is not Step.APPLY
    return times is None


@how_often
@faults_and_requests
@pytest.mark.parametrize("step", UPLOADS)
async def test_upload(
    step: Step, fault: NetworkFault, carried_out: bool, times: int | None, request_: VideoRequest
) -> None:
    """A step is repeated; if it keeps failing, its error is raised and nothing is submitted."""
    rule = FaultRule(step, fault, times=times, carried_out=carried_out)
    async with scenario(rule) as one, with_timeout(4 * TIMEOUT + BACKOFF):
        got = await outcome(one.jimeng.submit_video(request_))
        if fatal_to_upload(step, fault, times):
            assert got.code == (code_of(fault) if step is Step.TOKEN else "upload_failed")
            assert one.count(Step.GENERATE) == 0
        else:
            assert isinstance(got, Pending)
            assert one.stored == [got.id]


@how_often
@faults_and_requests
async def test_submission(
    fault: NetworkFault, carried_out: bool, times: int | None, request_: VideoRequest
) -> None:
    """The site creates one task or none; the caller gets the task, its id, or a refusal.

    Only a request that was not sent is repeated.
    """
    rule = FaultRule(Step.GENERATE, fault, times=times, carried_out=carried_out)
    async with scenario(rule) as one, with_timeout(TIMEOUT + SETTLING + BACKOFF):
        got = await outcome(one.jimeng.submit_video(request_))
        sent = one.count(Step.GENERATE)
        if fault is NetworkFault.REFUSED and times is None:
            assert (got.code, one.stored, sent) == ("network_error", [], 3)
        elif fault is NetworkFault.REFUSED:
            assert (one.stored, sent) == ([got.id], 2)
        elif fault is NetworkFault.RATE_LIMITED:
            assert (got.code, one.stored, sent) == ("rate_limited", [], 1)
        elif rule.reaches_site:
            assert isinstance(got, Pending)
            assert (one.stored, sent) == ([got.id], 1)
        else:
            assert isinstance(got, SubmitUnconfirmed)
            assert got.task_id
            assert (one.stored, sent, one.count(Step.LOOK_UP)) == ([], 1, 5)


@faults_and_requests
async def test_unconfirmed_submission(
    fault: NetworkFault, carried_out: bool, request_: VideoRequest
) -> None:
    """When the answer and all look-ups are lost, the error has the id, and nothing is sent again.

    A second submission with that id sends nothing while look-ups fail, and then finds the task.
    """
    lost = FaultRule(Step.GENERATE, NetworkFault.RESET, carried_out=True)
    blind = FaultRule(Step.LOOK_UP, fault, times=10, carried_out=carried_out)
    async with scenario(lost, blind) as one:
        async with with_timeout(5 * TIMEOUT + SETTLING):
            first = await outcome(one.jimeng.submit_video(request_))
        assert isinstance(first, SubmitUnconfirmed)
        assert first.task_id in one.site.records
        async with with_timeout(5 * TIMEOUT + SETTLING):
            second = await outcome(one.jimeng.submit_video(request_, task_id=first.task_id))
        assert second.code == code_of(fault)
        assert second.task_id == first.task_id
        third = await one.jimeng.submit_video(request_, task_id=first.task_id)
        assert one.stored == [third.id] == [first.task_id]


@how_often
@faults
async def test_one_look_up(fault: NetworkFault, carried_out: bool, times: int | None) -> None:
    """`get_video` sends one request, ends in time, and raises the error of the look-up."""
    rule = FaultRule(Step.LOOK_UP, fault, times=times, carried_out=carried_out)
    async with scenario(rule, running=1) as one, with_timeout(TIMEOUT):
        [task_id] = one.site.records
        got = await outcome(one.jimeng.get_video(task_id))
        assert (got.code, got.task_id) == (code_of(fault), task_id)
        assert one.recorded.steps == [Step.LOOK_UP]


@faults
async def test_thirty_look_ups(fault: NetworkFault, carried_out: bool) -> None:
    """A fault that happens once costs one more request, and no id its result."""
    rule = FaultRule(Step.LOOK_UP, fault, carried_out=carried_out)
    async with scenario(rule, running=30) as one, with_timeout(3 * TIMEOUT):
        found = await one.jimeng.get_videos(one.site.records)
        assert all(isinstance(lookup.task, Processing) for lookup in found)
        assert one.count(Step.LOOK_UP) == 2


@faults
async def test_thirty_look_ups_with_one_bad_id(fault: NetworkFault, carried_out: bool) -> None:
    """A fault of one id costs only that id; while the network is down, few requests are sent.

    A failed look-up is not a failed task.
    """
    async with scenario(running=30) as healthy:
        ids = list(healthy.site.records)
    rule = FaultRule(
        Step.LOOK_UP, fault, times=None, ids=frozenset({ids[19]}), carried_out=carried_out
    )
    async with scenario(rule) as one, with_timeout(3 * TIMEOUT):
        one.site.records = dict(healthy.site.records)
        found = await one.jimeng.get_videos(ids)
        wrong = [lookup.id for lookup in found if lookup.error]
        errors = {lookup.error.code for lookup in found if lookup.error}
        assert all(lookup.error or isinstance(lookup.task, Processing) for lookup in found)
        assert not any(lookup.task for lookup in found if lookup.error)
        assert errors == {code_of(fault)}
        if fault in LOST_ON_THE_WAY | {NetworkFault.RATE_LIMITED}:
            assert (wrong, one.count(Step.LOOK_UP)) == (ids, 2)
        else:
            assert fault in GATEWAY | {NetworkFault.HTML, NetworkFault.TRUNCATED}
            assert wrong == [ids[19]]
            assert one.count(Step.LOOK_UP) - 1 <= 2 * math.log2(30) + 2
