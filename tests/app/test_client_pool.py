from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from jimeng_app import client_pool
from jimeng_app.access import Access, Caller
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoints import generate
from jimeng_core import BackendName, FirstLastFrame, Row, Settings

pytestmark = pytest.mark.anyio

OWN = Access(BackendName.WEB)
MINE = Access(BackendName.WEB, SecretStr("mine"))
YOURS = Access(BackendName.WEB, SecretStr("yours"))
DEMO = Access(BackendName.DEMO)


@pytest.fixture
def pool(tmp_path: Path) -> ClientPool:
    """A pool that has opened nothing."""
    settings = Settings(_env_file=None, token="server's", data_dir=tmp_path, demo_pace=0)
    return ClientPool(settings, tmp_path)


async def test_same_caller_shares_a_client(pool: ClientPool) -> None:
    """Calls with one credential share a client, and those with another do not."""
    async with pool:
        async with pool.client(MINE, "a") as first, pool.client(MINE, "b") as second:
            assert first is second
        async with pool.client(YOURS, "a") as third, pool.client(OWN, "a") as fourth:
            assert len({id(first), id(third), id(fourth)}) == 3


async def test_visitors_of_the_demo_are_apart(pool: ClientPool) -> None:
    """In the demo each visitor has a client, by which tasks are counted."""
    async with pool, pool.client(DEMO, "a") as first, pool.client(DEMO, "b") as second:
        assert first is not second


async def test_no_credential_in_the_table(pool: ClientPool) -> None:
    """What the pool finds its clients by holds neither a credential nor an address."""
    async with pool, pool.client(MINE, "a"), pool.client(DEMO, "203.0.113.7"):
        keys = repr(pool._clients.keys())
        assert "mine" not in keys
        assert "203.0.113.7" not in keys


async def test_not_too_many(pool: ClientPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One client too many closes that which rested longest, and none that is in use."""
    monkeypatch.setattr(client_pool, "MAX_CLIENTS", 2)
    async with pool, pool.client(OWN, "a") as busy:
        async with pool.client(MINE, "a") as rested:
            pass
        async with pool.client(YOURS, "a"):
            assert len(pool._clients) == 2
        async with pool.client(MINE, "a") as again:
            assert again is not rested
        async with pool.client(OWN, "a") as same:
            assert same is busy


async def test_rest_ends(pool: ClientPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that nobody used for a while is closed, and its credential forgotten."""
    monkeypatch.setattr(client_pool, "IDLE_SECONDS", 0)
    async with pool:
        async with pool.client(MINE, "a"):
            pass
        with anyio.fail_after(5):
            while pool._clients:
                await anyio.lowlevel.checkpoint()


async def test_end_closes_everything(pool: ClientPool) -> None:
    """When the server stops, every client is closed, one in use too."""
    async with pool:
        inside = pool.client(DEMO, "a")
        await inside.__aenter__()
    assert not pool._clients
    await inside.__aexit__(None, None, None)


async def test_waits_end_with_the_server(tmp_path: Path) -> None:
    """When the server stops, a call that waits answers with the row as it stands."""
    settings = Settings(_env_file=None, data_dir=tmp_path, demo_pace=1000)
    rows: list[Row] = []
    async with ClientPool(settings, tmp_path) as pool:
        call = CallContext(pool, Caller("127.0.0.1", {}), "http://a", chinese=False)

        async def wait() -> None:
            rows.append(await generate(call, FirstLastFrame(prompt="waves"), 600))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                while not any(tmp_path.rglob("*.json")):  # the task is on disk: it was submitted
                    await anyio.lowlevel.checkpoint()
                await anyio.wait_all_tasks_blocked()
                pool.end_waits()
    [row] = rows
    assert (row["state"], row["error"]) == ("pending", None)
