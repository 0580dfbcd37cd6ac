"""The result of one benchmark."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from benchmarks.timing import Times

Unit = Literal["×", "× faster", "ms", "s", "KB", "MB", "%", "lost"]


@dataclass(frozen=True, slots=True)
class Result:
    """A measured value beside its goal."""

    name: str
    baseline: str
    """What it was compared with; empty for an absolute value."""
    value: float
    goal: float
    """The minimum for `× faster`, else the maximum."""
    unit: Unit
    times: Times | None = None
    baseline_times: Times | None = None

    @property
    def best(self) -> float | None:
        """The value from the fastest round of each side, which other load disturbed least."""
        if self.times is None or self.baseline_times is None:
            return None
        ours, other = min(self.times.rounds), min(self.baseline_times.rounds)
        match self.unit:
            case "×":
                return ours / other
            case "× faster":
                return other / ours
            case _:
                return ours - other

    @property
    def met(self) -> bool:
        """Whether the goal is reached, by the value rounded to two digits."""
        value = round(self.value, 2)
        return value >= self.goal if self.unit == "× faster" else value <= self.goal

    def as_json(self) -> dict[str, Any]:
        """The result as JSON stores it: times as their median and quartiles."""
        best = None if self.best is None else round(self.best, 3)
        data = asdict(self) | {"value": round(self.value, 3), "best": best, "met": self.met}
        for name, times in (("times", self.times), ("baseline_times", self.baseline_times)):
            if times:
                low, high = times.quartiles
                data[name] = {
                    "median_ms": round(times.median, 2),
                    "quartiles_ms": [round(low, 2), round(high, 2)],
                    "rounds": len(times.rounds),
                }
        return data
