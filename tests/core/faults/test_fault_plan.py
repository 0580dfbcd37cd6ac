"""What a plan means: which calls it strikes, and what becomes of them."""

import json
import pickle
from collections import Counter
from pathlib import Path

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
from tests.core.demo_tools import ManualClock, draw_in_no_time

SITE = wire.SITE
FIVE_HUNDRED = NetworkFault.HTTP_500


def honest(request: httpx.Request) -> httpx.Response:
    """An answer with a record for each id that is asked for."""
    asked = json.loads(request.content or b"{}")
    ids = asked.get("submit_ids", []) + asked.get("history_ids", [])
    data = {name: {"status": 50, "task": {"status": 50}, "item_list": []} for name in ids}
    return httpx.Response(200, json={"ret": "0", "data": data})


class Wire:
    """A client behind a plan, without a library in between."""

    def __init__(self, *rules: FaultRule) -> None:
        self.clock = ManualClock()
        self.arrived: list[str] = []

        def reply(request: httpx.Request) -> httpx.Response:
            self.arrived.append(request.url.path)
            return honest(request)

        self.transport = FaultyTransport(httpx.MockTransport(reply), FaultPlan(rules), self.clock)

    async def status(self, path: str, body: object = None) -> int | str:
        """The status of an answer, or the name of the error in its place."""
        try:
            return (await self.answer(path, body)).status_code
        except httpx.TransportError as error:
            return type(error).__name__

    async def answer(self, path: str, body: object = None) -> httpx.Response:
        """The answer."""
        async with httpx.AsyncClient(transport=self.transport) as client:
            return await client.post(SITE + path, json=body)

    async def shown(self, *ids: str) -> dict[str, object]:
        """The records that a look-up shows."""
        answer = await self.answer(wire.LOOK_UP, {"submit_ids": ids})
        return dict(answer.json()["data"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        (FaultRule(Step.TOKEN, FIVE_HUNDRED), [1]),
        (FaultRule(Step.TOKEN, FIVE_HUNDRED, first=3), [3]),
        (FaultRule(Step.TOKEN, FIVE_HUNDRED, first=2, times=3), [2, 3, 4]),
        (FaultRule(Step.TOKEN, FIVE_HUNDRED, times=None), [1, 2, 3, 4, 5, 6]),
        (FaultRule(Step.TOKEN, FIVE_HUNDRED, first=5, times=None), [5, 6]),
        (FaultRule(Step.GENERATE, FIVE_HUNDRED, times=None), []),
    ],
)
async def test_which_calls(rule: FaultRule, struck: list[int]) -> None:
    """`first` and `times` count the calls of the rule's own step, from 1."""
    wired = Wire(rule)
    for call in range(1, 7):
        await wired.status(wire.LOOK_UP)
        assert await wired.status(wire.UPLOAD_TOKEN) == (500 if call in struck else 200)


@pytest.mark.anyio
async def test_which_ids() -> None:
    """A rule with ids strikes, and counts, only what names one of them."""
    wired = Wire(FaultRule(Step.LOOK_UP, FIVE_HUNDRED, first=2, ids=frozenset({"b", "4711"})))
    asked: list[object] = [
        {"submit_ids": ["a", "b"]},
        {"submit_ids": ["a"]},
        {},
        [],
        {"history_ids": ["4711"]},
        {"submit_ids": ["b"]},
    ]
    assert [await wired.status(wire.LOOK_UP, body) for body in asked[:2]] == [200, 200]
    assert await wired.status(wire.LOOK_UP, asked[4]) == 500
    assert await wired.status(wire.LOOK_UP, asked[5]) == 200


@pytest.mark.anyio
async def test_the_first_rule_strikes_and_all_count() -> None:
    """Of rules that strike one call the first does; the others count it all the same."""
    wired = Wire(
        FaultRule(Step.TOKEN, NetworkFault.HTTP_502, times=2),
        FaultRule(Step.TOKEN, NetworkFault.HTTP_504, times=3),
    )
    assert [await wired.status(wire.UPLOAD_TOKEN) for _ in range(4)] == [502, 502, 504, 200]


@pytest.mark.anyio
@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (NetworkFault.RESET, "ReadError"),
        (NetworkFault.HANG, "ReadTimeout"),
        (NetworkFault.HTTP_500, 500),
        (NetworkFault.HTML, 200),
        (NetworkFault.REDIRECT, 302),
    ],
)
async def test_carried_out_or_not(trouble: NetworkFault, carried_out: bool, status: object) -> None:
    """Whether the site has a request that is struck is the rule's to say."""
    wired = Wire(FaultRule(Step.GENERATE, trouble, carried_out=carried_out))
    assert await wired.status(wire.GENERATE, {}) == status
    assert bool(wired.arrived) is carried_out
    assert wired.clock.monotonic() == (5 if trouble is NetworkFault.HANG else 0)


@pytest.mark.anyio
async def test_troubles_that_say_it_themselves() -> None:
    """Refused and rate-limited calls do not arrive; halves and excess are of the site's answer."""
    for trouble, arrives in {
        NetworkFault.REFUSED: False,
        NetworkFault.RATE_LIMITED: False,
        NetworkFault.TRUNCATED: True,
        NetworkFault.HUGE: True,
    }.items():
        wired = Wire(FaultRule(Step.GENERATE, trouble, retry_after=7))
        try:
            answer = await wired.answer(wire.GENERATE, {})
        except httpx.ConnectError:
            assert trouble is NetworkFault.REFUSED
        else:
            whole = honest(httpx.Request("POST", SITE)).content
            if trouble is NetworkFault.RATE_LIMITED:
                assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
            elif trouble is NetworkFault.HUGE:
                padding = answer.json().pop("padding")
                assert len(padding) == 20_000_000
            else:
                assert answer.content == whole[: len(whole) // 2]
        assert bool(wired.arrived) is arrives


def test_a_bomb() -> None:
    """A gigabyte of zeros comes as a megabyte."""
    assert 2**19 < len(gzip_bomb()) < 2**21
    decoder = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip_bomb(3))
    assert decoder.content == bytes(3 * 2**20)


@pytest.mark.anyio
async def test_late_and_gone() -> None:
    """Changes count the look-ups of each id by itself."""
    wired = Wire(
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, times=2),
        FaultRule(Step.LOOK_UP, RecordFault.ABSENT, first=4, ids=frozenset({"a"})),
    )
    seen = [set(await wired.shown("a", "b")) for _ in range(2)]
    seen += [set(await wired.shown("a"))]
    seen += [set(await wired.shown("a", "b")) for _ in range(3)]
    assert seen == [set(), set(), {"a"}, {"b"}, {"a", "b"}, {"a", "b"}]


@pytest.mark.parametrize(
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
    """A rule whose parts do not fit together is refused when it is written."""
    with pytest.raises(ValueError):
        FaultRule(**{"step": Step.TOKEN, "what": NetworkFault.RESET, **wrong})  # type: ignore[arg-type]


def test_random_plans() -> None:
    """A seed is always the same plan; a thousand of them have everything but what is heavy."""
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


def test_a_plan_is_a_value() -> None:
    """Plans are compared, hashed and sent to other processes as what they say."""
    plan = FaultPlan((FaultRule(Step.APPLY, NetworkFault.HANG, ids=frozenset()),))
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 - our own
    assert {plan: 1}[FaultPlan((FaultRule(Step.APPLY, NetworkFault.HANG),))] == 1


@pytest.mark.parametrize(
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
    """A request's step is told by where it goes."""
    assert step_of(httpx.Request("POST", url)) is step


@pytest.mark.anyio
async def test_a_rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of the demo takes a plan; another one beside it starts from the beginning."""
    draw_in_no_time(monkeypatch)
    plan = FaultPlan(
        (FaultRule(Step.LOOK_UP, NetworkFault.RESET), FaultRule(Step.LOOK_UP, FIVE_HUNDRED, 2))
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


def test_only_the_demo_is_rehearsed_on() -> None:
    """A plan for a backend that asks money is refused, and not passed over in silence."""
    with pytest.raises(InvalidRequest):
        AsyncJimeng("web", "a-token", faults=FaultPlan())


def test_the_page_names_everything() -> None:
    """docs/fault-injection.md has every step, trouble and change."""
    page = Path(__file__).parents[3].joinpath("docs/fault-injection.md").read_text("utf-8")
    assert [name for name in (*Step, *NetworkFault, *RecordFault) if f"`{name}`" not in page] == []
