"""Every endpoint × every fault of the wire × whatever a caller may be doing, in virtual time."""

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

pytestmark = pytest.mark.anyio
TIMEOUT = 30
SETTLING = 1 + 2 + 4 + 8
BACKOFF = 5
"""Seconds that the pauses between the tries of a step take at the most, all in all."""

troubles = pytest.mark.parametrize(("trouble", "carried_out"), LIGHT.values(), ids=LIGHT)
troubles_and_requests = pytest.mark.parametrize(
    ("trouble", "carried_out", "request_"), with_requests(LIGHT), ids=LIGHT
)
how_often = pytest.mark.parametrize("times", [1, None], ids=["once", "always"])


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run on a loop whose time jumps."""
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class Watched(httpx.AsyncBaseTransport):
    """What a client sends, before anything can spoil it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.steps: list[Step | None] = []
        self.hosts: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note the request, and pass it on."""
        self.steps.append(step_of(request))
        self.hosts.add(request.url.host)
        return await self._inner.handle_async_request(request)


class Rehearsal:
    """A site that works, the faults in front of it, and a client that meets them."""

    def __init__(self, *rules: FaultRule, site: FakeSite) -> None:
        clock = VirtualClock()
        self.site = site
        self.watched = Watched(FaultyTransport(site.transport, FaultPlan(rules), clock))
        self.jimeng = AsyncJimeng(
            "web", TOKEN, timeout=TIMEOUT, transport=self.watched, clock=clock
        )

    def asked(self, step: Step) -> int:
        """How many requests the client sent for a step."""
        return self.watched.steps.count(step)

    @property
    def stored(self) -> list[str]:
        """The ids of the tasks that the site has made, one for each time that it made one."""
        return [sent_json(call.request)["submit_id"] for call in self.site.generate.calls]


@asynccontextmanager
async def rehearsal(*rules: FaultRule, running: int = 0) -> AsyncIterator[Rehearsal]:
    """A rehearsal on a site where some tasks run, for as long as no bound allows.

    At the end nothing is open, and nobody was asked but the three hosts that are known.
    """
    site = FakeSite(VirtualClock())
    old = VirtualClock().now() - timedelta(hours=1)
    site.records = {new_task_id(old): {"status": 42} for _ in range(running)}
    with nothing_left_open():
        one = Rehearsal(*rules, site=site)
        async with one.jimeng:
            yield one
    assert "elsewhere.demo.invalid" not in one.watched.hosts


@asynccontextmanager
async def with_timeout(seconds: float) -> AsyncIterator[None]:
    """See that something ends in time, by the loop's own clock."""
    start = anyio.current_time()
    yield
    assert anyio.current_time() - start <= seconds + 0.001


async def outcome(call: Any) -> Any:
    """What a call gives, or the error of this library that it raises. Others are raised."""
    try:
        return await call
    except JimengError as error:
        return error


def fatal_to_upload(step: Step, trouble: NetworkFault, times: int | None) -> bool:
    """Whether a trouble on the way of the pictures ends a submission."""
    if trouble is NetworkFault.REDIRECT and step is Step.TOKEN:
        return times is None
    if trouble in (NetworkFault.RATE_LIMITED, NetworkFault.REDIRECT):
        # Not repeated; but an apply for several may be refused for being one for several.
        return times is None or step is not Step.APPLY
    return times is None


@how_often
@troubles_and_requests
@pytest.mark.parametrize("step", UPLOADS)
async def test_on_the_way_of_the_pictures(
    step: Step, trouble: NetworkFault, carried_out: bool, times: int | None, request_: VideoRequest
) -> None:
    """A step is repeated; what ends there has its code, and then nothing was submitted."""
    rule = FaultRule(step, trouble, times=times, carried_out=carried_out)
    async with rehearsal(rule) as one, with_timeout(4 * TIMEOUT + BACKOFF):
        got = await outcome(one.jimeng.submit_video(request_))
        if fatal_to_upload(step, trouble, times):
            assert got.code == (code_of(trouble) if step is Step.TOKEN else "upload_failed")
            assert one.asked(Step.GENERATE) == 0
        else:
            assert isinstance(got, Pending)
            assert one.stored == [got.id]


@how_often
@troubles_and_requests
async def test_at_the_submission(
    trouble: NetworkFault, carried_out: bool, times: int | None, request_: VideoRequest
) -> None:
    """The site makes one task at the most; the caller has it, or its id, or a refusal.

    Only what surely never left is sent again.
    """
    rule = FaultRule(Step.GENERATE, trouble, times=times, carried_out=carried_out)
    async with rehearsal(rule) as one, with_timeout(TIMEOUT + SETTLING + BACKOFF):
        got = await outcome(one.jimeng.submit_video(request_))
        sent = one.asked(Step.GENERATE)
        if trouble is NetworkFault.REFUSED and times is None:
            assert (got.code, one.stored, sent) == ("network_error", [], 3)
        elif trouble is NetworkFault.REFUSED:
            assert (one.stored, sent) == ([got.id], 2)
        elif trouble is NetworkFault.RATE_LIMITED:
            assert (got.code, one.stored, sent) == ("rate_limited", [], 1)
        elif rule.reaches_site:
            assert isinstance(got, Pending)
            assert (one.stored, sent) == ([got.id], 1)
        else:
            assert isinstance(got, SubmitUnconfirmed)
            assert got.task_id
            assert (one.stored, sent, one.asked(Step.LOOK_UP)) == ([], 1, 5)


@troubles_and_requests
async def test_when_nobody_can_tell(
    trouble: NetworkFault, carried_out: bool, request_: VideoRequest
) -> None:
    """A lost answer, and then no look-up works: the error has the id, and nothing is sent again.

    Asked again with that id while the look-ups fail, it sends nothing; afterwards it finds the one
    task that there is.
    """
    lost = FaultRule(Step.GENERATE, NetworkFault.RESET, carried_out=True)
    blind = FaultRule(Step.LOOK_UP, trouble, times=10, carried_out=carried_out)
    async with rehearsal(lost, blind) as one:
        async with with_timeout(5 * TIMEOUT + SETTLING):
            first = await outcome(one.jimeng.submit_video(request_))
        assert isinstance(first, SubmitUnconfirmed)
        assert first.task_id in one.site.records
        async with with_timeout(5 * TIMEOUT + SETTLING):
            second = await outcome(one.jimeng.submit_video(request_, task_id=first.task_id))
        assert second.code == code_of(trouble)
        assert second.task_id == first.task_id
        third = await one.jimeng.submit_video(request_, task_id=first.task_id)
        assert one.stored == [third.id] == [first.task_id]


@how_often
@troubles
async def test_one_look_up(trouble: NetworkFault, carried_out: bool, times: int | None) -> None:
    """`get_video` asks once, ends in time, and tells what went wrong with the question."""
    rule = FaultRule(Step.LOOK_UP, trouble, times=times, carried_out=carried_out)
    async with rehearsal(rule, running=1) as one, with_timeout(TIMEOUT):
        [task_id] = one.site.records
        got = await outcome(one.jimeng.get_video(task_id))
        assert (got.code, got.task_id) == (code_of(trouble), task_id)
        assert one.watched.steps == [Step.LOOK_UP]


@troubles
async def test_thirty_look_ups(trouble: NetworkFault, carried_out: bool) -> None:
    """A fault that passes costs one request more, and no id its answer."""
    rule = FaultRule(Step.LOOK_UP, trouble, carried_out=carried_out)
    async with rehearsal(rule, running=30) as one, with_timeout(3 * TIMEOUT):
        found = await one.jimeng.get_videos(one.site.records)
        assert all(isinstance(lookup.task, Processing) for lookup in found)
        assert one.asked(Step.LOOK_UP) == 2


@troubles
async def test_thirty_look_ups_with_one_bad_id(trouble: NetworkFault, carried_out: bool) -> None:
    """What one id can cause costs only that id; a network that is down is not asked on and on.

    No look-up that failed is a failed task.
    """
    async with rehearsal(running=30) as healthy:
        ids = list(healthy.site.records)
    rule = FaultRule(
        Step.LOOK_UP, trouble, times=None, ids=frozenset({ids[19]}), carried_out=carried_out
    )
    async with rehearsal(rule) as one, with_timeout(3 * TIMEOUT):
        one.site.records = dict(healthy.site.records)
        found = await one.jimeng.get_videos(ids)
        wrong = [lookup.id for lookup in found if lookup.error]
        errors = {lookup.error.code for lookup in found if lookup.error}
        assert all(lookup.error or isinstance(lookup.task, Processing) for lookup in found)
        assert not any(lookup.task for lookup in found if lookup.error)
        assert errors == {code_of(trouble)}
        if trouble in LOST_ON_THE_WAY | {NetworkFault.RATE_LIMITED}:
            assert (wrong, one.asked(Step.LOOK_UP)) == (ids, 2)
        else:
            assert trouble in GATEWAY | {NetworkFault.HTML, NetworkFault.TRUNCATED}
            assert wrong == [ids[19]]
            assert one.asked(Step.LOOK_UP) - 1 <= 2 * math.log2(30) + 2
