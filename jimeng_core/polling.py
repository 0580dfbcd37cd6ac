"""Waiting for a task: when to ask again, and when to give up."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from .clock import Clock
from .errors import JimengError, NotFound, WaitTimeout
from .tasks import Ended, Processing, Task

OnUpdate = Callable[[Task], Awaitable[None] | None]
"""Called with the task each time that a wait has looked."""

FIRST_INTERVAL: Final = 2.0
"""Seconds before a wait looks for the first time."""


INTERVAL_GROWTH: Final = 1.5
"""How many times longer each later pause is."""


MAX_INTERVAL: Final = 30.0
"""Seconds between two look-ups of a wait at the most."""


LAST_LOOKUP_SECONDS: Final = 2.0
"""Seconds that the last look-up of a wait may take, which begins as time is up."""


async def poll_until_ended(
    task_id: str,
    get: Callable[[str], Awaitable[Task]],
    clock: Clock,
    *,
    timeout: float,
    on_update: OnUpdate | None,
) -> Task:
    """Ask for a task until it has ended; see `AsyncJimeng.wait_video`.

    Args:
        task_id: Whose end is waited for.
        get: One look-up.
        clock: Tells the time, and waits.
        timeout: Seconds of patience.
        on_update: Called with the task after each look-up.
    """
    deadline = clock.monotonic() + timeout
    pause, longest, known = FIRST_INTERVAL, MAX_INTERVAL, False
    while (left := deadline - clock.monotonic()) > 0:
        await clock.sleep(min(pause, left))
        task: Task | None = None
        try:
            # The last look-up begins as time is up, and is not waited for much longer.
            with anyio.move_on_after(max(deadline - clock.monotonic(), LAST_LOOKUP_SECONDS)):
                task = await get(task_id)
        except JimengError as error:
            # A task that was seen to run can be gone for a while (protocol 9).
            if not error.retryable and not (known and isinstance(error, NotFound)):
                raise
        if task:
            known = known or isinstance(task, Processing)
            await tell(on_update, task)
            if isinstance(task, Ended):
                return task
            longest = min(task.poll_seconds or MAX_INTERVAL, MAX_INTERVAL)
        pause = min(pause * INTERVAL_GROWTH, max(longest, FIRST_INTERVAL))
    raise WaitTimeout(task_id=task_id)


async def tell(on_update: OnUpdate | None, task: Task) -> None:
    """Call `on_update`, which may be async."""
    if on_update:
        answer = on_update(task)
        if inspect.isawaitable(answer):
            await answer
