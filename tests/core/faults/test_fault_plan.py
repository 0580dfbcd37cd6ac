"""Fault plans: which calls they affect, and how."""

import json
import pickle
import re
from collections import Counter
from pathlib import Path

import anyio
import httpx
import pytest

from jimeng_core import (
    AsyncJimeng,
    FirstLastFrame,
    InvalidRequest,
    NetworkError,
    UpstreamError,
)
from jimeng_core.backends.demo import FaultPlan, FaultRule, NetworkFault, RecordFault, Step
from jimeng_core.backends.demo.faults.fault_plan import HEAVY, MAX_MISSES
from jimeng_core.backends.demo.faults.fault_transport import FaultyTransport, gzip_bomb, step_of
from jimeng_core.backends.web import wire
from jimeng_core.clock import SystemClock
from tests.core.demo_tools import ManualClock, draw_in_no_time
from tests.each import each

SITE = wire.SITE
HTTP_500 = NetworkFault.HTTP_500


def answer_of(request: httpx.Request) -> httpx.Response:
    """An answer with a record for each requested id."""
    body = json.loads(request.content or b"{}")
    ids = body.get("submit_ids", []) + body.get("history_ids", [])
    data = {name: {"status": 50, "task": {"status": 50}, "item_list": []} for name in ids}
    return httpx.Response(200, json={"ret": "0", "data": data})


class FaultyClient:
    """An HTTP client of a site behind a plan."""

    def __init__(self, *rules: FaultRule) -> None:
        self.clock = ManualClock()
        self.arrived: list[str] = []

        def reply(request: httpx.Request) -> httpx.Response:
            self.arrived.append(request.url.path)
            return answer_of(request)

        self.transport = FaultyTransport(httpx.MockTransport(reply), FaultPlan(rules), self.clock)

    async def status(self, path: str, body: object = None) -> int | str:
        """The status of the answer, or the name of the error."""
        try:
            return (await self.answer(path, body)).status_code
        except httpx.TransportError as error:
            return type(error).__name__

    async def answer(self, path: str, body: object = None) -> httpx.Response:
        """The answer to a POST."""
        async with httpx.AsyncClient(transport=self.transport) as client:
            return await client.post(SITE + path, json=body)

    async def shown(self, *ids: str) -> dict[str, object]:
        """The records that a look-up finds."""
        answer = await self.answer(wire.LOOK_UP, {"submit_ids": ids})
        return dict(answer.json()["data"])


@pytest.mark.anyio
@each(
    ("rule", "affected"),
    [
        (FaultRule(Step.TOKEN, HTTP_500), [1]),
        (FaultRule(Step.TOKEN, HTTP_500, first=3), [3]),
        (FaultRule(Step.TOKEN, HTTP_500, first=2, times=3), [2, 3, 4]),
        (FaultRule(Step.TOKEN, HTTP_500, times=None), [1, 2, 3, 4, 5, 6]),
        (FaultRule(Step.TOKEN, HTTP_500, first=5, times=None), [5, 6]),
        (FaultRule(Step.GENERATE, HTTP_500, times=None), []),
    ],
)
async def test_which_calls(rule: FaultRule, affected: list[int]) -> None:
    """`first` and `times` count the calls of the rule's own step, from 1."""
    client = FaultyClient(rule)
    for call in range(1, 7):
        await client.status(wire.LOOK_UP)
        assert await client.status(wire.UPLOAD_TOKEN) == (500 if call in affected else 200)


@pytest.mark.anyio
async def test_which_ids() -> None:
    """A rule with ids affects and counts only requests for one of them."""
    client = FaultyClient(FaultRule(Step.LOOK_UP, HTTP_500, first=2, ids=frozenset({"b", "4711"})))
    bodies: list[object] = [
        {"submit_ids": ["a", "b"]},
        {"submit_ids": ["a"]},
        {},
        [],
        {"history_ids": ["4711"]},
        {"submit_ids": ["b"]},
    ]
    assert [await client.status(wire.LOOK_UP, body) for body in bodies[:2]] == [200, 200]
    assert await client.status(wire.LOOK_UP, bodies[4]) == 500
    assert await client.status(wire.LOOK_UP, bodies[5]) == 200


@pytest.mark.anyio
async def test_first_matching_rule() -> None:
    """The first matching rule decides; the others count the call too."""
    client = FaultyClient(
        FaultRule(Step.TOKEN, NetworkFault.HTTP_502, times=2),
        FaultRule(Step.TOKEN, NetworkFault.HTTP_504, times=3),
    )
    assert [await client.status(wire.UPLOAD_TOKEN) for _ in range(4)] == [502, 502, 504, 200]


@pytest.mark.anyio
@each("carried_out", [False, True])
@each(
    ("fault", "status"),
    [
        (NetworkFault.RESET, "ReadError"),
        (NetworkFault.HANG, "ReadTimeout"),
        (NetworkFault.HTTP_500, 500),
        (NetworkFault.HTML, 200),
        (NetworkFault.REDIRECT, 302),
    ],
)
async def test_carried_out_or_not(fault: NetworkFault, carried_out: bool, status: object) -> None:
    """The rule says whether the site receives an affected request."""
    client = FaultyClient(FaultRule(Step.GENERATE, fault, carried_out=carried_out))
    assert await client.status(wire.GENERATE, {}) == status
    assert bool(client.arrived) is carried_out
    assert client.clock.monotonic() == (5 if fault is NetworkFault.HANG else 0)


@pytest.mark.anyio
async def test_implied_carried_out() -> None:
    """Refused and rate-limited calls do not arrive; truncated and padded answers are the site's."""
    for fault, arrives in {
        NetworkFault.REFUSED: False,
        NetworkFault.RATE_LIMITED: False,
        NetworkFault.TRUNCATED: True,
        NetworkFault.HUGE: True,
    }.items():
        client = FaultyClient(FaultRule(Step.GENERATE, fault, retry_after=7))
        try:
            answer = await client.answer(wire.GENERATE, {})
        except httpx.ConnectError:
            assert fault is NetworkFault.REFUSED
        else:
            whole = answer_of(httpx.Request("POST", SITE)).content
            if fault is NetworkFault.RATE_LIMITED:
                assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
            elif fault is NetworkFault.HUGE:
                padding = answer.json().pop("padding")
                assert len(padding) == 20_000_000
            else:
                assert answer.content == whole[: len(whole) // 2]
        assert bool(client.arrived) is arrives


def test_gzip_bomb() -> None:
    """A megabyte decompresses to a gigabyte of zeros."""
    assert 2**19 < len(gzip_bomb()) < 2**21
    decoder = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip_bomb(3))
    assert decoder.content == bytes(3 * 2**20)


@pytest.mark.anyio
async def test_record_faults_by_id() -> None:
    """Record faults count the look-ups of each id separately."""
    client = FaultyClient(
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, times=2),
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, first=4, ids=frozenset({"a"})),
    )
    seen = [set(await client.shown("a", "b")) for _ in range(2)]
    seen += [set(await client.shown("a"))]
    seen += [set(await client.shown("a", "b")) for _ in range(3)]
    assert seen == [set(), set(), {"a"}, {"b"}, {"a", "b"}, {"a", "b"}]


@each(
    "wrong",
    [
        {"first": 0},
        {"times": 0},
        {"what": RecordFault.ABSENT},
        {"ids": frozenset({"a"})},
        {"what": NetworkFault.REFUSED, "carried_out": True},
        {"what": NetworkFault.RATE_LIMITED, "carried_out": True},
    ],
)
def test_rules_that_make_no_sense(wrong: dict[str, object]) -> None:
    """A rule whose attributes contradict each other is refused."""
    with pytest.raises(ValueError):
        FaultRule(**{"step": Step.TOKEN, "what": NetworkFault.RESET, **wrong})  # type: ignore[arg-type]


def test_random_plans() -> None:
    """A seed always gives the same plan; a thousand seeds have every fault but the heavy ones."""
    plans = [FaultPlan.random(seed, ["bad"]) for seed in range(1000)]
    assert plans == [FaultPlan.random(seed, ["bad"]) for seed in range(1000)]
    assert len(set(plans)) > 990
    rules = [rule for plan in plans for rule in plan.rules]
    assert {rule.what for rule in rules} == {*NetworkFault, *RecordFault} - HEAVY
    assert {rule.step for rule in rules} == set(Step)
    assert {rule.ids for rule in rules} == {frozenset(), frozenset({"bad"})}
    for plan in plans:
        hidden = [rule.times or 99 for rule in plan.rules if rule.what is RecordFault.ABSENT]
        assert sum(hidden) <= MAX_MISSES
    counted = Counter(rule.carried_out for rule in rules)
    assert min(counted[True], counted[False]) > 500


def test_plans_are_values() -> None:
    """Plans can be compared, hashed and pickled."""
    plan = FaultPlan((FaultRule(Step.APPLY, NetworkFault.HANG, ids=frozenset()),))
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 - our own
    assert {plan: 1}[FaultPlan((FaultRule(Step.APPLY, NetworkFault.HANG),))] == 1


@each(
    ("url", "step"),
    [
        (SITE + wire.UPLOAD_TOKEN, Step.TOKEN),
        (SITE + wire.GENERATE + "?aid=1", Step.GENERATE),
        (SITE + wire.LOOK_UP, Step.LOOK_UP),
        (SITE + wire.CREDITS, None),
        (wire.IMAGEX + "/?Action=ApplyImageUpload", Step.APPLY),
        (wire.IMAGEX + "/?Action=CommitImageUpload&x=1", Step.COMMIT),
        ("https://anywhere.example/upload/v1/tos/x", Step.UPLOAD),
        ("https://anywhere.example/", None),
    ],
)
def test_steps(url: str, step: Step | None) -> None:
    """The step of a request follows from its URL."""
    assert step_of(httpx.Request("POST", url)) is step


@pytest.mark.anyio
async def test_clients_with_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client with a plan counts calls from the start; one without has no faults."""
    draw_in_no_time(monkeypatch)
    plan = FaultPlan(
        (FaultRule(Step.LOOK_UP, NetworkFault.RESET), FaultRule(Step.LOOK_UP, HTTP_500, 2))
    )
    async with AsyncJimeng("demo", data_dir=tmp_path, demo_pace=0) as plain:
        task = await plain.submit_video(FirstLastFrame(prompt="海"))
        for _ in range(2):
            async with AsyncJimeng("demo", data_dir=tmp_path, faults=plan) as jimeng:
                with pytest.raises(NetworkError):
                    await jimeng.get_video(task.id)
                with pytest.raises(UpstreamError):
                    await jimeng.get_video(task.id)
                assert (await jimeng.get_video(task.id)).id == task.id
        assert (await plain.get_video(task.id)).id == task.id


def test_only_the_demo_takes_faults() -> None:
    """A backend that charges refuses a plan."""
    with pytest.raises(InvalidRequest):
        AsyncJimeng("web", "a-token", faults=FaultPlan())


PAGE = Path(__file__).parents[3].joinpath("docs/fault-injection.md").read_text("utf-8")


def test_documentation_is_complete() -> None:
    """docs/fault-injection.md names every step and every fault."""
    assert [name for name in (*Step, *NetworkFault, *RecordFault) if f"`{name}`" not in PAGE] == []


def test_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of docs/fault-injection.md ends with a completed task."""

    async def sleep(_clock: SystemClock, _seconds: float) -> None:
        await anyio.sleep(0.01)

    draw_in_no_time(monkeypatch)
    monkeypatch.setenv("JIMENG_DEMO_PACE", "0")
    monkeypatch.setattr(SystemClock, "sleep", sleep)
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    exec(code, {})  # noqa: S102 - our own
    assert "Completed" in capsys.readouterr().out
