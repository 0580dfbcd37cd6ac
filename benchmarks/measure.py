"""Times that can be compared: taken in turns, so that a busy machine slows both sides alike."""

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Times:
    """Several rounds of one thing, in milliseconds."""

    rounds: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """A quarter of the rounds is below the first, a quarter above the second."""
        low, _, high = statistics.quantiles(self.rounds, n=4, method="inclusive")
        return low, high


async def in_turns(
    works: Mapping[str, Work], rounds: int, before: Callable[[], None] = lambda: None
) -> dict[str, Times]:
    """Run each work once a round, after one round that does not count.

    Args:
        works: By name.
        rounds: How many that count.
        before: Prepares each run; its time is not taken.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            before()
            start = time.perf_counter()
            await work()
            if number:
                taken[name].append((time.perf_counter() - start) * 1000)
    return {name: Times(times) for name, times in taken.items()}


def ratio(one: Times, other: Times) -> float:
    """How many times the other's time one takes: the median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(one.rounds, other.rounds, strict=True))


def excess(one: Times, other: Times) -> float:
    """How many milliseconds one takes more: the median of the rounds' own differences."""
    return statistics.median(a - b for a, b in zip(one.rounds, other.rounds, strict=True))
