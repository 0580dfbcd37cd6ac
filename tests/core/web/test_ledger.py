"""What a task cost, by the site's ledger (protocol 10)."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_core import (
    AsyncJimeng,
    Cost,
    InvalidTaskId,
    JimengError,
    UpstreamUnreadable,
    new_task_id,
)
from jimeng_core.backends.web import wire
from jimeng_core.backends.web.ledger import read_page
from tests.core.demo_tools import client
from tests.core.web.fake_site import FakeClock, FakeSite, envelope, in_turn, sent_json

pytestmark = pytest.mark.anyio
START = FakeClock().now().timestamp()
OTHER = {"submit_id": "x", "amount": 8, "create_time": START, "title": "图片生成"}


def page(*entries: object, cursor: object = "", more: bool = False) -> httpx.Response:
    """A page of the ledger."""
    data = {"total_credit": 90, "records": [*entries], "new_cursor": cursor, "has_more": more}
    return envelope(data)


def entry(task_id: str, amount: object, age: float = 0) -> dict[str, Any]:
    """An entry of a task."""
    return {"submit_id": task_id, "amount": amount, "create_time": int(START - age), "status": 1}


@pytest.mark.parametrize(
    ("amounts", "cost"),
    [([30], 30), (["24"], 24), ([-45], 45), ([0], 0), ([20, 5], 25), ([7.5], 7.5), (["?"], None)],
)
async def test_cost(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, amounts: list[object], cost: float | None
) -> None:
    """What was charged under the task's id, in one request for what was spent."""
    task_id = new_task_id(clock.now())
    site.router.post(path=wire.LEDGER).mock(
        return_value=page(OTHER, *(entry(task_id, amount) for amount in amounts))
    )
    assert await jimeng.cost(f" {task_id} ") == (cost if cost is None else Cost(cost, "credits"))
    [request] = site.requests
    assert sent_json(request) == {"count": 50, "cursor": "0", "history_type": 2}


async def test_pages(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """Further pages are read until the task is found."""
    task_id = new_task_id(clock.now())
    ledger = site.router.post(path=wire.LEDGER)
    ledger.mock(
        side_effect=in_turn(page(OTHER, cursor=50, more=True), page(entry(task_id, 70), more=True))
    )
    assert await jimeng.cost(task_id) == Cost(70, "credits")
    assert [sent_json(request)["cursor"] for request in site.requests] == ["0", "50"]


@pytest.mark.parametrize(
    ("answer", "pages"),
    [
        (page(OTHER), 1),
        (page(), 1),
        (page(OTHER, cursor="0", more=True), 1),
        (page(OTHER, entry("y", 1, age=3601), cursor="50", more=True), 1),
        (page(OTHER, entry("y", 1, age=3599), cursor="50", more=True), 2),
    ],
)
async def test_not_there(
    jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock, answer: httpx.Response, pages: int
) -> None:
    """A task that is not in the ledger, yet, has no cost; pages older than it are not read."""
    site.router.post(path=wire.LEDGER).mock(return_value=answer)
    assert await jimeng.cost(new_task_id(clock.now())) is None
    assert len(site.requests) == pages


async def test_at_most_five_pages(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """A ledger without an end is given up."""
    numbers = iter(range(1, 100))
    site.router.post(path=wire.LEDGER).mock(
        side_effect=lambda _: page(OTHER, cursor=next(numbers), more=True)
    )
    assert await jimeng.cost(new_task_id(clock.now())) is None
    assert len(site.requests) == 5


async def test_errors(jimeng: AsyncJimeng, site: FakeSite, clock: FakeClock) -> None:
    """A refusal is its error; a response without records is unreadable; a bad id asks nothing."""
    with pytest.raises(InvalidTaskId):
        await jimeng.cost("nonsense")
    assert site.requests == []
    site.router.post(path=wire.LEDGER).mock(
        side_effect=in_turn(envelope(ret="1015"), envelope({}), envelope("no"))
    )
    for code in ("unauthorized", "upstream_unreadable", "upstream_unreadable"):
        with pytest.raises(JimengError) as caught:
            await jimeng.cost(new_task_id(clock.now()))
        assert caught.value.code == code


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "records", "amount", "submit_id", "response", "new_cursor"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json(data: Any) -> None:
    """Whatever the JSON, a page is read or unreadable."""
    for body in ({"data": data}, {"response": json.dumps(data)}, {"records": data}):
        try:
            found = read_page(body, "0")
        except UpstreamUnreadable:
            continue
        cost = found.cost("x")
        assert cost is None or cost.amount >= 0
        found.ends_before(FakeClock().now())


async def test_demo_is_free(tmp_path: Path) -> None:
    """A task of the demo cost nothing."""
    async with client(tmp_path) as demo:
        assert await demo.cost(new_task_id()) == Cost(0, "credits")
