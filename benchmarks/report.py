"""The measured rows as a table, as JSON and as a picture."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.rows import Row

RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
_BEGIN: Final = "<!-- measured: begin -->"
_END: Final = "<!-- measured: end -->"
_FEW: Final = 10
"""Values below it are shown with two digits."""


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The table in Markdown, from rows as JSON keeps them."""
    lines = [
        "| what | against | measured | at best | goal | met | ours, ms | other, ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = (
            row["what"],
            row["against"],
            shown(row["value"], row["unit"]),
            "" if row["best"] is None else shown(row["best"], row["unit"]),
            f"{'≥' if row['unit'] == '× faster' else '≤'} {row['goal']:g} {row['unit']}",
            "yes" if row["met"] else "**no**",
            _times(row["ours"]),
            _times(row["other"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def shown(value: float, unit: str) -> str:
    """A value with as many digits as mean something."""
    return f"{value:.{2 if abs(value) < _FEW else 0}f} {unit}"


def _times(times: Mapping[str, Any] | None) -> str:
    """The median, and between which times half of the rounds were."""
    if times is None:
        return ""
    low, high = times["quarters_ms"]
    return f"{times['median_ms']:.1f} ({low:.1f}–{high:.1f})"


def keep(rows: Sequence[Row]) -> tuple[Path, ...]:
    """Write `latest.json`, `latest.svg` and the page's table; gives where they are."""
    RESULTS.mkdir(exist_ok=True)
    data, picture = RESULTS / "latest.json", RESULTS / "latest.svg"
    found = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "make bench",
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processors": os.cpu_count(),
            "load_average": [round(load, 2) for load in os.getloadavg()],
            "nice": os.nice(0),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("httpx", "pillow", "gradio")},
        },
        "rows": [row.plain() for row in rows],
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    data.write_text(f"{text}\n", encoding="utf-8")
    picture.write_text(_svg(rows), encoding="utf-8")
    fill_page()
    return data, picture, PAGE


def fill_page() -> None:
    """Put what is kept into the page, between the two marks."""
    found = json.loads((RESULTS / "latest.json").read_text(encoding="utf-8"))
    machine = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    told = (
        f"Measured by `{found['command']}` at {found['measured_at']} on {machine['system']} with"
        f" {machine['processors']} processors (load average at the end"
        f" {machine['load_average'][0]}, niceness {machine['nice']}), Python {machine['python']},"
        f" {packages}."
    )
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    filled = f"{before}{_BEGIN}\n\n{told}\n\n{table(found['rows'])}\n\n{_END}{after}"
    PAGE.write_text(filled, encoding="utf-8")


_LINE: Final = 44
_WIDTH: Final = 1000
_LEFT: Final = 560
"""Where the bars begin."""
_GOAL: Final = 240
"""How long a bar is that just reaches its goal."""
_MARGIN: Final = 16
_COLOURS: Final = {True: "#2f7d6d", False: "#b4532a"}


def _svg(rows: Sequence[Row]) -> str:
    """One bar a row: how much of its goal it uses up, so that shorter is better everywhere."""
    bottom = _LINE * len(rows) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 32}" role="img">',
        '<g font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        "<title>How much of its goal each row of the benchmark uses up</title>",
        f'<rect width="{_WIDTH}" height="{bottom + 32}" fill="#fff"/>',
        *(_bar(row, _MARGIN + _LINE * number) for number, row in enumerate(rows)),
        f'<path d="M{_LEFT + _GOAL} 8V{bottom}" stroke="#222" stroke-dasharray="4 3"/>',
        f'<text x="{_LEFT + _GOAL}" y="{bottom + 20}" text-anchor="middle">the goal</text>',
        f'<text x="{_LEFT}" y="{bottom + 20}" fill="#555">shorter is better</text>',
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(row: Row, top: int) -> str:
    faster = row.unit == "× faster"
    share = row.goal / row.value if faster else row.value / row.goal
    length = round(min(max(share, 0.01), 1.4) * _GOAL)
    what, against = (escape(text.replace("`", "")) for text in (row.what, row.against))
    value = escape(f"{shown(row.value, row.unit)} (goal {'≥' if faster else '≤'} {row.goal:g})")
    against = f"{'than' if faster else 'against'} {against}" if against else ""
    return (
        f'<text x="10" y="{top + 12}">{what}</text>'
        f'<text x="10" y="{top + 28}" fill="#555" font-size="12">{against}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length}" height="12" fill="{_COLOURS[row.met]}"/>'
        f'<text x="{_LEFT}" y="{top + 28}" font-size="12">{value}</text>'
    )


if __name__ == "__main__":
    fill_page()
    print(f"wrote {PAGE}")
