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
    """A pool without clients."""
    settings = Settings(_env_file=None, token="server's", data_dir=tmp_path, demo_pace=0)
    return ClientPool(settings, tmp_path)


async def test_same_caller_shares_a_client(pool: ClientPool) -> None:
    """Calls with the same credential share a client; others do not."""
    async with pool:
        async with pool.client(MINE, "a") as first, pool.client(MINE, "b") as second:
            assert first is second
        async with pool.client(YOURS, "a") as third, pool.client(OWN, "a") as fourth:
            assert len({id(first), id(third), id(fourth)}) == 3


async def test_visitors_of_the_demo(pool: ClientPool) -> None:
    """Each visitor of the demo has a client, which counts their tasks."""
    async with pool, pool.client(DEMO, "a") as first, pool.client(DEMO, "b") as second:
        assert first is not second


async def test_no_credential_in_the_keys(pool: ClientPool) -> None:
    """The keys of the pool contain neither a credential nor an address."""
    async with pool, pool.client(MINE, "a"), pool.client(DEMO, "203.0.113.7"):
        keys = repr(pool._clients.keys())
        assert "mine" not in keys
        assert "203.0.113.7" not in keys


async def test_eviction(pool: ClientPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, the least recently used idle client is closed, and none in use."""
    monkeypatch.setattr(client_pool, "MAX_CLIENTS", 2)
    async with pool, pool.client(OWN, "a") as busy:
        async with pool.client(MINE, "a") as idle:
            pass
        async with pool.client(YOURS, "a"):
            assert len(pool._clients) == 2
        async with pool.client(MINE, "a") as again:
            assert again is not idle
        async with pool.client(OWN, "a") as same:
            assert same is busy


async def test_eviction_after_a_burst(pool: ClientPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients above the limit, which were all in use at a time, are closed when they are idle."""
    monkeypatch.setattr(client_pool, "MAX_CLIENTS", 1)
    async with pool:
        async with pool.client(OWN, "a"), pool.client(MINE, "a"), pool.client(YOURS, "a"):
            assert len(pool._clients) == 3
        assert len(pool._clients) == 1


async def test_idle_clients(pool: ClientPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle client is closed after a while, and its credential forgotten."""
    monkeypatch.setattr(client_pool, "IDLE_SECONDS", 0)
    async with pool:
        async with pool.client(MINE, "a"):
            pass
        with anyio.fail_after(100):
            while pool._clients:
                await anyio.lowlevel.checkpoint()


async def test_shutdown(pool: ClientPool) -> None:
    """When the server stops, every client is closed, including those in use."""
    async with pool:
        context = pool.client(DEMO, "a")
        await context.__aenter__()
    assert not pool._clients
    await context.__aexit__(None, None, None)


async def test_waiting_calls_at_shutdown(tmp_path: Path) -> None:
    """When the server stops, a waiting call returns the current row."""
    settings = Settings(_env_file=None, data_dir=tmp_path, demo_pace=1000)
    rows: list[Row] = []
    async with ClientPool(settings, tmp_path) as pool:
        call = CallContext(pool, Caller("127.0.0.1", {}), "http://a", chinese=False)

        async def wait() -> None:
            rows.append(await generate(call, FirstLastFrame(prompt="waves"), 600))

        with anyio.fail_after(100):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                while not call.submitted.task:
                    await anyio.lowlevel.checkpoint()
                await anyio.wait_all_tasks_blocked()
                pool.end_waits()
    [row] = rows
    assert (row["state"], row["error"]) == ("pending", None)
