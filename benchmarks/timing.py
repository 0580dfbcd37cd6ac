"""Comparable times: measured in turns, so that other load slows both sides alike."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Times:
    """Durations of several rounds of one function, in milliseconds."""

    rounds: Sequence[float]

    @property
    def median(self) -> float:
        """The median duration."""
        return statistics.median(self.rounds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile."""
        low, _, high = statistics.quantiles(self.rounds, n=4, method="inclusive")
        return low, high


async def interleaved(
    works: Mapping[str, Work], rounds: int, before: Callable[[], None] = lambda: None
) -> dict[str, Times]:
    """Measure several functions, each once a round, after one warm-up round.

    Args:
        works: The functions, by name.
        rounds: Number of measured rounds.
        before: Called before each function; its time is not measured.
    """
    durations: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            before()
            start = time.perf_counter()
            await work()
            if number:
                durations[name].append((time.perf_counter() - start) * 1000)
    return {name: Times(each) for name, each in durations.items()}


def ratio(one: Times, other: Times) -> float:
    """The median of the rounds' ratios of one to the other."""
    return statistics.median(a / b for a, b in zip(one.rounds, other.rounds, strict=True))


def difference(one: Times, other: Times) -> float:
    """The median of the rounds' differences between one and the other, in milliseconds."""
    return statistics.median(a - b for a, b in zip(one.rounds, other.rounds, strict=True))


async def longest_hold(work: Work) -> float:
    """The longest time for which `work` held the event loop, in milliseconds."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - start)
            await asyncio.sleep(0.0005)

    watching = asyncio.create_task(watch())
    await work()
    watching.cancel()
    return longest * 1000


def percentile(times: Times, percent: int) -> float:
    """The duration below which this part of the rounds stayed, in milliseconds."""
    return sorted(times.rounds)[round((len(times.rounds) - 1) * percent / 100)]
