"""Concurrency helpers: `gather`, a weighted semaphore, a thread-safe warning filter."""

import threading
import warnings
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TypeVar

import anyio

T = TypeVar("T")


async def gather(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run calls side by side and give their results in order.

    The first error cancels the others and is raised as itself: callers of this library catch a
    `JimengError`, never a group.
    """
    results: dict[int, T] = {}

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        results[index] = await call()

    try:
        async with anyio.create_task_group() as tasks:
            for index, call in enumerate(calls):
                tasks.start_soon(run, index, call)
    except ExceptionGroup as group:
        first = _first(group)
        raise first from first.__cause__
    return [results[index] for index in range(len(calls))]


def _first(group: ExceptionGroup[Exception]) -> Exception:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, ExceptionGroup) else inner


class WeightedSemaphore:
    """So much of something, which threads take and give back.

    Args:
        size: How much there is; nobody may take more.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._change = threading.Condition()

    def acquire(self, much: int) -> None:
        """Wait until there is so much, and have it."""
        with self._change:
            self._change.wait_for(lambda: self._left >= much)
            self._left -= much

    def release(self, much: int) -> None:
        """Give back what was taken."""
        with self._change:
            self._left += much
            self._change.notify_all()


class WarningFilter:
    """No warnings of some modules while any thread is inside.

    The list of warnings is the process's: threads that each put it back as they found it would
    undo one another. Here the first one in changes it, and the last one out puts it back.

    Args:
        module: A regular expression of the modules' names.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._inside = 0
        self._lock = threading.Lock()
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.filterwarnings("ignore", module=self._module)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._before.__exit__(None, None, None)
