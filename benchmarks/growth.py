"""How cost grows with the number of ids and of submissions: `docs/growth.svg`.

`python -m benchmarks.growth WHAT NUMBER ADDRESS` measures one number, in a process of its own.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any, Final

from benchmarks.bare import TOKEN
from benchmarks.memory import memory
from jimeng_core import AsyncJimeng, FirstLastFrame, new_task_id

CHART: Final = Path(__file__).parents[1] / "docs" / "growth.svg"
NUMBERS: Final = {
    "get_videos of so many ids": (1, 10, 100, 1_000, 10_000),
    "submissions at once": (1, 10, 100, 1_000, 2_000),
}
Points = Mapping[str, Sequence[Mapping[str, float]]]
"""By what was measured: `number`, `seconds`, `processor` (seconds) and `memory` (MB above idle)."""


def growth(base_url: str) -> dict[str, list[dict[str, float]]]:
    """Measure each number of each kind."""
    return {
        what: [_measure(what, number, base_url) for number in numbers]
        for what, numbers in NUMBERS.items()
    }


def _measure(what: str, number: int, base_url: str) -> dict[str, float]:
    command = [sys.executable, "-m", f"{__package__}.growth", what, str(number), base_url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout)
    return found


async def _call(jimeng: AsyncJimeng, what: str, number: int) -> None:
    if what.startswith("get_videos"):
        await jimeng.get_videos([new_task_id() for _ in range(number)])
    else:
        request = FirstLastFrame(prompt="海")
        await asyncio.gather(*(jimeng.submit_video(request) for _ in range(number)))


async def _main(what: str, number: int, base_url: str) -> None:
    async with AsyncJimeng("web", TOKEN, base_url=base_url) as jimeng:
        await _call(jimeng, what, 1)  # imports what it needs, and connects
        idle, start, processor = memory("VmRSS"), time.perf_counter(), time.process_time()
        await _call(jimeng, what, number)
        point = {
            "number": number,
            "seconds": time.perf_counter() - start,
            "processor": time.process_time() - processor,
            "memory": max(memory("VmHWM") - idle, 0.1),
        }
        print(json.dumps(point))


_LINES: Final = {
    "seconds": ("time, s", "#2f7d6d"),
    "processor": ("processor, s", "#b4532a"),
    "memory": ("memory above idle, MB", "#3b5b92"),
}
_WIDTH: Final = 480
_HEIGHT: Final = 360
_LEFT, _TOP, _BOTTOM = 60, 40, 300
_DECADES: Final = (-3, 3)
"""Powers of ten that the vertical axis shows."""


def write_chart(points: Points) -> None:
    """Draw the measurements, on logarithmic axes."""
    panels = [
        _panel(what, list(values), _WIDTH * n) for n, (what, values) in enumerate(points.items())
    ]
    size = f"{_WIDTH * len(panels)} {_HEIGHT}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">'
        "<title>Time, processor and memory by the number of ids and of submissions</title>"
        f'<rect width="{_WIDTH * len(panels)}" height="{_HEIGHT}" fill="#fff"/>'
        '<g font-family="system-ui, sans-serif" font-size="12" fill="#222">'
    )
    CHART.write_text("\n".join([head, *panels, "</g></svg>"]) + "\n", encoding="utf-8")


def _panel(what: str, points: Sequence[Mapping[str, Any]], offset: int) -> str:
    widest = log10(points[-1]["number"])

    def place(number: float, value: float) -> tuple[float, float]:
        low, high = _DECADES
        x = _LEFT + (_WIDTH - _LEFT - 90) * log10(number) / widest
        y = _BOTTOM - (_BOTTOM - _TOP) * (log10(value) - low) / (high - low)
        return round(offset + x, 1), round(y, 1)

    parts = [f'<text x="{offset + _LEFT}" y="20" font-size="14">{escape(what)}</text>']
    for power in range(_DECADES[0], _DECADES[1] + 1):
        x, y = place(1, 10.0**power)
        right = offset + _WIDTH - 90
        parts.append(f'<path d="M{x} {y}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    for point in points:
        x, _ = place(point["number"], 1)
        label = (
            f"{point['number']:,.0f}"
            if point["number"] * 3 < points[-1]["number"] or point is points[-1]
            else ""
        )
        parts.append(f'<text x="{x}" y="{_BOTTOM + 20}" text-anchor="middle">{label}</text>')
    last = float(_HEIGHT)
    for name, (_, colour) in sorted(_LINES.items(), key=lambda line: points[-1][line[0]]):
        places = [place(point["number"], point[name]) for point in points]
        path = " ".join(f"{x},{y}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        y = last = min(y, last - 13)  # the lines are drawn from the lowest to the highest
        parts.append(f'<text x="{x + 8}" y="{y + 4}" fill="{colour}">{points[-1][name]:.2g}</text>')
    legend = "".join(
        f'<tspan fill="{colour}">{title}</tspan><tspan>   </tspan>'
        for title, colour in _LINES.values()
    )
    parts.append(
        f'<text x="{offset + _LEFT}" y="{_BOTTOM + 45}" xml:space="preserve">{legend}</text>'
    )
    return "\n".join(parts)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
