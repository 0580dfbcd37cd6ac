import asyncio
import gc
import weakref
from contextvars import ContextVar, copy_context
from pathlib import Path

import pytest

from jimeng_app.access import Caller
from jimeng_app.background_tasks import call_later, with_timeout
from jimeng_app.call_context import CallContext
from jimeng_app.client_pool import ClientPool
from jimeng_core import AsyncJimeng, NetworkError, Settings, SubmitUnconfirmed

pytestmark = pytest.mark.anyio


async def test_in_time() -> None:
    """Work that ends in time returns its result."""

    async def work() -> str:
        return "done"

    assert await with_timeout(60, work(), lambda: "late") == "done"


async def test_too_late() -> None:
    """Work that takes too long is replaced by the other result, and runs to its end."""
    go, ended = asyncio.Event(), asyncio.Event()

    async def work() -> str:
        await go.wait()
        ended.set()
        return "done"

    assert await with_timeout(0.01, work(), lambda: "late") == "late"
    go.set()
    async with asyncio.timeout(100):
        await ended.wait()


async def test_timers_hold_no_request() -> None:
    """The request in whose context a timer was started is freed before the timer ends."""

    class Sent:
        """A request."""

    request: ContextVar[Sent] = ContextVar("request")

    def call() -> tuple[asyncio.TimerHandle, weakref.ref[Sent]]:
        request.set(sent := Sent())
        return call_later(3600, print), weakref.ref(sent)

    timer, sent = copy_context().run(call)
    gc.collect()
    assert sent() is None
    timer.cancel()


async def test_known_id_of_a_submission(tmp_path: Path) -> None:
    """A call that is cut off returns the id of its submission; on ark, it has no id yet."""
    settings = Settings(_env_file=None, data_dir=tmp_path, token="t", ark_api_key="k")
    pool = ClientPool(settings, tmp_path)
    caller = Caller("127.0.0.1", {"host": "127.0.0.1"})
    for backend, known in (("demo", True), ("web", True), ("ark", False)):
        call = CallContext(pool, caller, "", chinese=False, backend=backend)
        assert isinstance(call.known_so_far(), NetworkError)
        async with AsyncJimeng(backend, settings=settings) as jimeng:
            task_id = call.reserve(jimeng)
        known_so_far = call.known_so_far()
        assert isinstance(known_so_far, SubmitUnconfirmed if known else NetworkError)
        assert (known_so_far.task_id == task_id) is known
