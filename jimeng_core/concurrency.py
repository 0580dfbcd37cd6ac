"""Concurrency helpers: `gather`, weighted semaphores, a thread-safe warning filter."""

import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio

T = TypeVar("T")


async def gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls concurrently and return their results in order.

    The first error cancels the other calls and is raised as itself, never in a group.
    """
    results: dict[int, T] = {}

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        results[index] = await call()

    try:
        async with anyio.create_task_group() as tasks:
            for index, call in enumerate(calls):
                tasks.start_soon(run, index, call)
    except ExceptionGroup as group:
        error: Exception = group
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise error from error.__cause__
    return [results[index] for index in range(len(calls))]


class WeightedLimiter:
    """A weighted semaphore for tasks of one event loop, which are served in order.

    Args:
        units: The units that can be held at a time.
    """

    def __init__(self, units: int) -> None:
        self._units = self._free = units
        self._turn = anyio.Lock()
        self._released = anyio.Event()

    @asynccontextmanager
    async def hold(self, units: int) -> AsyncIterator[None]:
        """Hold units, at most all of them, once they are free."""
        units = min(units, self._units)
        async with self._turn:
            while self._free < units:
                self._released = anyio.Event()
                await self._released.wait()
            self._free -= units
        try:
            yield
        finally:
            self._free += units
            self._released.set()


class WeightedSemaphore:
    """A weighted semaphore for threads, first come, first served.

    Args:
        size: The number of units; `acquire` of more never returns.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        self._changed = threading.Condition()
        self._next = threading.Lock()  # held by the one that waits: small ones cannot overtake it

    def acquire(self, units: int) -> None:
        """Block until `units` are free, then acquire them."""
        with self._next, self._changed:
            self._changed.wait_for(lambda: self._free >= units)
            self._free -= units

    def release(self, units: int) -> None:
        """Release `units` that were acquired."""
        with self._changed:
            self._free += units
            self._changed.notify_all()


class WarningFilter:
    """A reentrant context manager that ignores the warnings of some modules, for threads.

    The list of filters belongs to the process: threads that each restored it would undo one
    another's changes. Here the first one in adds the filter, and the last one out removes it.

    Args:
        module: A regular expression for the modules' names.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._entered = 0
        self._lock = threading.Lock()
        self._saved = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._entered:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.filterwarnings("ignore", module=self._module)
            self._entered += 1

    def __exit__(self, *_error: object) -> None:
        with self._lock:
            self._entered -= 1
            if not self._entered:
                self._saved.__exit__(None, None, None)
