"""Retries of requests to an upstream."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import stamina

from jimeng_core.errors import NetworkError, UpstreamError, UpstreamUnreadable

from .http import NotSent, ResponseLost

T = TypeVar("T")
P = ParamSpec("P")

_WORTH_A_RETRY: Final = (
    NotSent,
    ResponseLost,
    NetworkError,
    UpstreamError,
    UpstreamUnreadable,
)
# Contexts, not stamina's decorators: those log arguments, which hold what the author of a request
# wrote, and keep them, large bodies too, in cycles until the next collection.


async def retry_unsent(call: Callable[[], Awaitable[T]]) -> T:
    """Call a function that submits a task, again only while nothing was sent: 3 times in 15 s."""
    async for attempt in stamina.retry_context(
        NotSent, attempts=3, timeout=15, wait_initial=0.2, wait_max=2
    ):
        with attempt:
            return await call()
    raise AssertionError  # the last attempt returns or raises


def retry_idempotent(step: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorate a free step that may be repeated: up to 3 attempts in 60 s."""
    return _retried(step, 60)


def retry_transfer(step: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorate a step that sends much: up to 3 attempts, each as long as its line needs."""
    return _retried(step, None)


def _retried(
    step: Callable[P, Awaitable[T]], seconds: float | None
) -> Callable[P, Coroutine[Any, Any, T]]:
    @wraps(step)
    async def retried(*args: P.args, **kwargs: P.kwargs) -> T:
        async for attempt in stamina.retry_context(
            _WORTH_A_RETRY, attempts=3, timeout=seconds, wait_initial=0.2, wait_max=2
        ):
            with attempt:
                return await step(*args, **kwargs)
        raise AssertionError  # the last attempt returns or raises

    return retried
