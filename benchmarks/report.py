"""The measured rows as a table, as JSON and as a picture."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Final

from .measure import Times
from .rows import Row

RESULTS: Final = Path(__file__).parent / "results"


def table(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    lines = [
        "| what | against | measured | goal | met | ours, ms | other, ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = (
            row.what,
            row.against,
            shown(row.value, row.unit),
            f"{'≥' if row.unit == '× faster' else '≤'} {row.goal:g} {row.unit}",
            "yes" if row.met else "**no**",
            _times(row.ours),
            _times(row.other),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def shown(value: float, unit: str) -> str:
    """A value with as many digits as mean something."""
    return f"{value:.2f} {unit}" if abs(value) < 10 else f"{value:.0f} {unit}"


def _times(times: Times | None) -> str:
    """The median, and between which times half of the rounds were."""
    if times is None:
        return ""
    low, high = times.spread
    return f"{times.median:.1f} ({low:.1f}–{high:.1f})"


def keep(rows: Sequence[Row]) -> tuple[Path, Path]:
    """Write `latest.json` and `latest.svg`; gives where they are."""
    RESULTS.mkdir(exist_ok=True)
    data, picture = RESULTS / "latest.json", RESULTS / "latest.svg"
    found = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "make bench",
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processors": os.cpu_count(),
            "load_average": [round(load, 2) for load in os.getloadavg()],
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("httpx", "pillow", "gradio")},
        },
        "rows": [row.plain() for row in rows],
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    data.write_text(f"{text}\n", encoding="utf-8")
    picture.write_text(_svg(rows), encoding="utf-8")
    return data, picture


_LINE: Final = 34
_WIDTH: Final = 980
_BAR: Final = 300
_COLOURS: Final = {True: "#2f7d6d", False: "#b4532a"}


def _svg(rows: Sequence[Row]) -> str:
    """One bar a row: how much of its goal it uses up, so that shorter is better everywhere."""
    height = _LINE * len(rows) + 60
    goal = _WIDTH - _BAR - 130
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"',
        ' font-family="system-ui, sans-serif" font-size="13">',
        "<title>How much of its goal each row of the benchmark uses up</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        *(_line(row, 16 + _LINE * number, goal) for number, row in enumerate(rows)),
        f'<path d="M{goal + _BAR * 2 // 3} 8V{height - 44}" stroke="#333" stroke-dasharray="4 3"/>',
        f'<text x="{goal + _BAR * 2 // 3}" y="{height - 26}" text-anchor="middle">goal</text>',
        f'<text x="{goal}" y="{height - 8}" fill="#555">share of the goal used: less is better'
        "</text></svg>",
    ]
    return "\n".join(parts) + "\n"


def _line(row: Row, top: int, left: int) -> str:
    faster = row.unit == "× faster"
    share = row.goal / row.value if faster else row.value / row.goal
    length = round(min(max(share, 0.005), 1.5) * _BAR * 2 / 3)
    what = row.what.replace("`", "") + (f" : {row.against}".replace("`", "") if row.against else "")
    what = what if len(what) < 84 else f"{what[:82]}…"
    sign = "≥" if faster else "≤"
    value = f"{shown(row.value, row.unit)} ({sign} {row.goal:g})"
    return (
        f'<text x="10" y="{top + 15}">{escape(what)}</text>'
        f'<rect x="{left}" y="{top}" width="{length}" height="20" fill="{_COLOURS[row.met]}"/>'
        f'<text x="{left + length + 6}" y="{top + 15}">{escape(value)}</text>'
    )
