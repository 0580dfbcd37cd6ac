import anyio
import pytest

from jimeng_core.concurrency import gather
from jimeng_core.errors import NetworkError, NotFound, Unauthorized

pytestmark = pytest.mark.anyio


async def test_order() -> None:
    """Results are in the order of the calls, whichever ends first."""
    turn = anyio.Event()

    async def first() -> str:
        await turn.wait()
        return "first"

    async def second() -> str:
        turn.set()
        return "second"

    assert await gather([first, second]) == ["first", "second"]


async def test_no_calls() -> None:
    """No calls have no results."""
    assert await gather([]) == []


async def test_side_by_side() -> None:
    """All calls run at the same time."""
    here: list[int] = []
    everybody = anyio.Event()

    async def meet() -> int:
        here.append(1)
        if len(here) == 20:
            everybody.set()
        await everybody.wait()
        return len(here)

    assert await gather([meet] * 20) == [20] * 20


async def test_first_error() -> None:
    """The first error is raised as itself, in no group, and the other calls are stopped."""
    stopped: list[str] = []

    async def fail() -> None:
        raise NotFound(task_id="7")

    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            stopped.append("stopped")

    with pytest.raises(NotFound) as caught:
        await gather([wait, fail, wait])
    assert caught.value.task_id == "7"
    assert stopped == ["stopped", "stopped"]


async def test_cause_stays() -> None:
    """An error has its cause, which a log then shows."""
    cause = OSError("refused")

    async def fail() -> None:
        raise NetworkError from cause

    with pytest.raises(NetworkError) as caught:
        await gather([fail])
    assert caught.value.__cause__ is cause


async def test_inside_each_other() -> None:
    """An error of a gather inside a gather is the error itself, too."""

    async def fail() -> None:
        raise Unauthorized

    async def inner() -> list[None]:
        return await gather([fail])

    with pytest.raises(Unauthorized):
        await gather([inner])


async def test_cancelled() -> None:
    """Cancelled from outside, it stops all calls and is no error of theirs."""
    with anyio.move_on_after(0) as scope:
        await gather([anyio.sleep_forever])
    assert scope.cancelled_caught
