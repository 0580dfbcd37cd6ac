"""Work that goes on to its end whether or not anyone still listens, and tells how far it is."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

_UNDER_WAY: set[asyncio.Task[Any]] = set()
"""The event loop itself does not keep hold of its tasks."""


class UploadCount(NamedTuple):
    """How far something is."""

    done: int
    of: int


async def with_timeout(
    seconds: float, work: Coroutine[Any, Any, T], on_timeout: Callable[[], T]
) -> T:
    """Return the result of `work`, or of `on_timeout` after `seconds`; `work` then keeps running.

    Args:
        seconds: How long to wait.
        work: May not raise.
        on_timeout: Returns the result to use instead.
    """
    task = _started(work)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    return task.result() if done else on_timeout()


async def stream_progress(
    work: Callable[[Callable[[int, int], None]], Coroutine[Any, Any, T]],
) -> AsyncGenerator[UploadCount | T, None]:
    """Each count that the work tells, as it is told, and at last what came of it.

    Whoever stops listening (a page that was closed) does not stop the work.

    Args:
        work: Takes a function to be told (done, in all), in this event loop; may not raise.
    """
    news: asyncio.Queue[UploadCount | None] = asyncio.Queue()
    task = _started(work(lambda done, of: news.put_nowait(UploadCount(done, of))))
    task.add_done_callback(lambda _: news.put_nowait(None))  # the last of them
    while (count := await news.get()) is not None:
        yield count
    yield task.result()


def _started(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    task = asyncio.create_task(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)
    return task
