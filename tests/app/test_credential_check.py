"""Trying a credential on the page, without a task."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jimeng_app.access import Caller
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_app.page.credential_check import balance_of, try_credential
from jimeng_core import Settings
from tests.core.ark.fake_ark import KEY, FakeArk, served
from tests.core.demo_tools import InstantClock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ClientPool]:
    """The clients of a server without a credential; nothing answers at its site."""
    with served(FakeArk(InstantClock())) as ark:
        settings = Settings(
            _env_file=None,
            base_url="http://127.0.0.1:9",
            ark_base_url=ark.base_url,
            data_dir=tmp_path,
        )
        async with ClientPool(settings, tmp_path) as pool:
            yield pool


def call_of(pool: ClientPool, backend: str, token: str = "") -> CallContext:
    """A call from elsewhere."""
    caller = Caller("203.0.113.5", {})
    return CallContext(pool, caller, base_url="", chinese=False, backend=backend, token=token)


@pytest.mark.parametrize(
    ("backend", "token", "balance", "text"),
    [
        ("demo", "", 100, "The balance is 100 credits."),
        ("ark", KEY, None, "It works. Ark does not show a balance."),
        ("ark", "wrong", None, 'class="problem"'),
        ("ark", "", None, "Enter the credential first."),
        ("web", "a-credential", None, "could not be reached"),
    ],
)
async def test_result(
    pool: ClientPool, backend: str, token: str, balance: int | None, text: str
) -> None:
    """The page says whether a credential works, with the balance, or what is wrong."""
    found, html = await try_credential(call_of(pool, backend, token))
    assert found == balance
    assert text in html


async def test_balance(pool: ClientPool) -> None:
    """No balance is shown where nothing is paid, none is told, or no answer comes."""
    for backend in ("demo", "ark", "web", ""):
        assert await balance_of(call_of(pool, backend, KEY)) is None
