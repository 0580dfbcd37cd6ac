"""Background tasks: work that finishes even if its caller stops waiting, and timers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""References to the tasks: an event loop itself holds weak ones only."""


class UploadCount(NamedTuple):
    """The progress of uploads, in bytes."""

    done: int
    of: int


async def with_timeout(
    seconds: float, work: Coroutine[Any, Any, T], on_timeout: Callable[[], T]
) -> T:
    """The result of `work`, which must not raise.

    After `seconds` it is the result of `on_timeout` instead, and `work` keeps running.
    """
    task = _start(work)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    return task.result() if done else on_timeout()


async def stream_progress(
    work: Callable[[Callable[[int, int], None]], Coroutine[Any, Any, T]],
) -> AsyncGenerator[UploadCount | T, None]:
    """Yield each count that `work` reports, then its result; it must not raise.

    `work` takes a function that reports (done, total) from this event loop. It finishes even if
    the generator is closed earlier, as when a page is closed.
    """
    counts: asyncio.Queue[UploadCount | None] = asyncio.Queue()
    task = _start(work(lambda done, total: counts.put_nowait(UploadCount(done, total))))
    task.add_done_callback(lambda _: counts.put_nowait(None))  # the end of the stream
    while (count := await counts.get()) is not None:
        yield count
    yield task.result()


def call_later(
    seconds: float, function: Callable[..., object], *args: object
) -> asyncio.TimerHandle:
    """Call a function after some seconds; returns the timer, which can be cancelled.

    It runs in an empty context: that of a call holds its whole request, and the loop would store it
    until then, even for a timer that is cancelled.
    """
    return asyncio.get_running_loop().call_later(seconds, function, *args, context=Context())


def _start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task
