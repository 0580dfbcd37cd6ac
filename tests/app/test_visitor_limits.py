import asyncio
from pathlib import Path

import pytest

from jimeng_app import server
from jimeng_app.access import Caller
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoints import registry
from jimeng_app.visitor_limits import ALL_SLOTS, PAGE_SLOTS, VISITOR_SLOTS, VisitorLimits
from jimeng_core import Settings
from jimeng_core.errors import TooManyRunning

ENDPOINTS = {endpoint.name: endpoint for endpoint in registry()}


def test_slots_of_a_visitor() -> None:
    """A visitor who has taken all his slots is refused, and no one else is."""
    limits = VisitorLimits(of_all=3, of_visitor=1)
    with limits.slot("a"), limits.slot("b"):
        with pytest.raises(TooManyRunning), limits.slot("a"):
            pass
        with limits.slot(""):
            with pytest.raises(TooManyRunning), limits.slot("c"):
                pass
            with pytest.raises(TooManyRunning), limits.slot(""):
                pass
    with limits.slot("a"):
        pass


def test_slots_are_given_back() -> None:
    """A call that fails gives its slot back."""
    limits = VisitorLimits(of_all=1, of_visitor=1)
    for _ in range(3):
        with pytest.raises(KeyError), limits.slot("a"):
            raise KeyError
    with limits.slot("a"):
        pass


def test_the_page_has_events_of_its_own() -> None:
    """Gradio runs more events at once than there are slots, and its submissions have their own."""
    assert VISITOR_SLOTS < ALL_SLOTS
    assert ALL_SLOTS + PAGE_SLOTS < server.MAX_CONCURRENT_CALLS


def test_a_full_server_has_room_for_the_page(tmp_path: Path) -> None:
    """Calls at the endpoints, however many wait, take no slot of the page."""
    pool = ClientPool(Settings(_env_file=None), tmp_path)
    pool.visitor_limits = VisitorLimits(of_all=0)
    call = CallContext(pool, Caller("203.0.113.7", {}), base_url="", chinese=False, backend="demo")
    with pytest.raises(TooManyRunning), call.slot():
        pass
    with call.slot(page=True):
        pass


@pytest.mark.anyio
async def test_call_without_a_slot(tmp_path: Path) -> None:
    """A submission without a slot is refused at once as a row; a look-up needs none."""
    async with ClientPool(Settings(_env_file=None), tmp_path) as pool:
        pool.visitor_limits = VisitorLimits(of_all=0)
        caller = Caller("127.0.0.1", {"host": "127.0.0.1:7860"})
        call = CallContext(pool, caller, base_url="", chinese=False, backend="demo")
        async with asyncio.timeout(100):
            for name in ("submit_first_last_frame", "generate_first_last_frame"):
                row = await ENDPOINTS[name].call(call, {"prompt": "waves"})
                assert isinstance(row, dict)
                assert row["error"]
                assert row["error"]["code"] == "too_many_running"
            row = await ENDPOINTS["get_video"].call(call, {"task_id": "nonsense"})
            assert isinstance(row, dict)
            assert row["error"]
            assert row["error"]["code"] == "invalid_task_id"
