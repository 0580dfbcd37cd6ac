"""Polling: which tasks to look up again, when, and for how long."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import anyio

from .clock import Clock
from .errors import JimengError, NotFound, WaitTimeout
from .rows import Lookup
from .tasks import Processing, Task

T = TypeVar("T")
OnEvent = Callable[[T], Awaitable[None] | None]
OnUpdate = OnEvent[Task]
"""Called with the task after each look-up of a wait."""
OnLookup = OnEvent[Lookup]
"""Called with each look-up of a wait for several tasks."""

MIN_INTERVAL: Final = 2.0
"""Seconds before the first look-up, and the shortest interval between two."""
MAX_INTERVAL: Final = 30.0
"""Seconds between two look-ups of a wait, whatever the upstream suggests."""
INTERVAL_GROWTH: Final = 1.5
"""Factor by which the interval grows after each look-up."""
LAST_LOOKUP_SECONDS: Final = 2.0
"""Seconds that the last look-up of a wait may take; it starts when the timeout is reached."""


async def poll_until_ended(
    task_ids: Iterable[str],
    look_up: Callable[[Sequence[str]], Awaitable[list[Lookup]]],
    clock: Clock,
    *,
    timeout: float,
    on_lookup: OnLookup | None = None,
) -> tuple[dict[str, Lookup], list[str]]:
    """Look tasks up until each has ended or failed for good, or `timeout` is reached.

    The first round starts after `MIN_INTERVAL`; later intervals grow up to `next_interval`.

    Args:
        task_ids: Ids to wait for.
        look_up: One round: returns a `Lookup` for each of the ids.
        clock: Source of time and sleep.
        timeout: Seconds.
        on_lookup: Called with each look-up.

    Returns:
        The last look-up of each id, without ids that were never looked up; and the ids that
        were still waited for when `timeout` was reached.
    """
    deadline = clock.monotonic() + timeout
    latest: dict[str, Lookup] = {}
    seen_running: set[str] = set()
    pending, interval = list(dict.fromkeys(task_ids)), MIN_INTERVAL
    while pending and (left := deadline - clock.monotonic()) > 0:
        await clock.sleep(min(interval, left))
        lookups: list[Lookup] = []
        with anyio.move_on_after(max(deadline - clock.monotonic(), LAST_LOOKUP_SECONDS)):
            lookups = await look_up(pending)
        for lookup in lookups:
            latest[lookup.id] = lookup
            await notify(on_lookup, lookup)
            if isinstance(lookup.task, Processing):
                seen_running.add(lookup.id)
        # A running task can be missing from the upstream for a while (protocol 9).
        missing = {each.id for each in lookups if isinstance(each.error, NotFound)} & seen_running
        if lookups:
            pending = [each.id for each in lookups if each.unfinished or each.id in missing]
        longest = next_interval(lookups, default=MAX_INTERVAL) or MAX_INTERVAL
        interval = min(interval * INTERVAL_GROWTH, longest)
    return latest, pending


async def wait_for_task(
    task_id: str,
    get: Callable[[str], Awaitable[Task]],
    clock: Clock,
    *,
    timeout: float,
    on_update: OnUpdate | None = None,
) -> Task:
    """Look a task up with `get` until it has ended; see `AsyncJimeng.wait_video`."""

    async def look_up(_: Sequence[str]) -> list[Lookup]:
        try:
            return [Lookup(task_id, await get(task_id), None, clock.now())]
        except JimengError as error:
            return [Lookup(task_id, None, error, clock.now())]

    async def on_lookup(lookup: Lookup) -> None:
        if lookup.task:
            await notify(on_update, lookup.task)

    lookups, pending = await poll_until_ended(
        [task_id], look_up, clock, timeout=timeout, on_lookup=on_lookup
    )
    lookup = lookups.get(task_id)
    if lookup and lookup.ended:
        return lookup.ended
    if lookup and lookup.error and not pending:
        raise lookup.error
    raise WaitTimeout(task_id=task_id)


async def wait_for_tasks(
    ids: Sequence[str],
    get_many: Callable[[Sequence[str]], Awaitable[list[Lookup]]],
    clock: Clock,
    *,
    timeout: float,
    on_update: OnLookup | None = None,
) -> list[Lookup]:
    """Look tasks up with `get_many` until all have ended; see `AsyncJimeng.wait_videos`."""
    lookups, _ = await poll_until_ended(ids, get_many, clock, timeout=timeout, on_lookup=on_update)
    missing = [task_id for task_id in ids if task_id not in lookups]
    if missing:  # no time for a round, or the only one was cut off
        lookups |= {lookup.id: lookup for lookup in await get_many(missing)}
    return [lookups[task_id] for task_id in ids]


def next_interval(
    lookups: Iterable[Lookup], *, default: float, maximum: float = MAX_INTERVAL
) -> float | None:
    """Seconds until the next look-up, the shortest that the upstream suggests for these tasks.

    Args:
        lookups: The latest look-ups.
        default: Seconds for a task without a suggested interval.
        maximum: Longest interval in seconds.

    Returns:
        The interval, at least `MIN_INTERVAL`; None when every task has ended.
    """
    intervals = [
        (lookup.task.poll_seconds if lookup.task else None) or default
        for lookup in lookups
        if lookup.unfinished
    ]
    return min(max(min(intervals), MIN_INTERVAL), maximum) if intervals else None


async def notify(callback: OnEvent[T] | None, value: T) -> None:
    """Call a callback, which may be async."""
    if callback:
        result = callback(value)
        if inspect.isawaitable(result):
            await result
