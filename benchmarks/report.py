"""The results as a Markdown table, as JSON and as a chart."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks import growth
from benchmarks.result import Result

RESULTS: Final = Path(__file__).parent / "results"
DATA: Final = RESULTS / "latest.json"
LOAD_DATA: Final = RESULTS / "load.json"
CHART: Final = RESULTS / "latest.svg"
BATCH_DATA: Final = RESULTS / "batch.json"
DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "performance.md"
SCALE_PAGE: Final = DOCS / "scale.md"

_ROUNDED_FROM: Final = 10
"""Values from here on are shown without digits after the point."""

_Stored = Mapping[str, Any]
"""A result as `Result.as_json` returns it."""


def table(results: Iterable[_Stored]) -> str:
    """The results as a table in Markdown."""
    lines = [
        "| benchmark | baseline | measured | best | goal | met | time, ms | baseline, ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        unit = result["unit"]
        cells = (
            result["name"],
            result["baseline"],
            _value(result["value"], unit),
            "" if result["best"] is None else _value(result["best"], unit),
            f"{'≥' if unit == '× faster' else '≤'} {result['goal']:g} {unit}",
            "yes" if result["met"] else "**no**",
            _times(result["times"]),
            _times(result["baseline_times"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _value(value: float, unit: str) -> str:
    if unit == "lost":
        return f"{value:.0f} {unit}"
    return f"{value:.{2 if abs(value) < _ROUNDED_FROM else 0}f} {unit}"


def _times(times: _Stored | None) -> str:
    """The median and the quartiles."""
    if times is None:
        return ""
    low, high = times["quartiles_ms"]
    return f"{times['median_ms']:.1f} ({low:.1f}–{high:.1f})"


def store(results: Sequence[Result], points: growth.Points) -> tuple[Path, ...]:
    """Write the results as JSON, charts and table; returns the paths."""
    write_json(DATA, as_data("make bench", results) | {"growth": points})
    update_pages()
    return DATA, CHART, growth.CHART, PAGE


def store_load(results: Sequence[Result]) -> tuple[Path, ...]:
    """Write the results of `make load` as JSON and table; returns the paths."""
    write_json(LOAD_DATA, as_data("make load", results))
    update_pages()
    return LOAD_DATA, PAGE


def store_batch(lines: Sequence[tuple[str, str]]) -> tuple[Path, ...]:
    """Write what was measured of batches as JSON and table; returns the paths."""
    data = as_data("python -m benchmarks.batch", [])
    write_json(BATCH_DATA, data | {"lines": lines})
    update_pages()
    return BATCH_DATA, SCALE_PAGE


def as_data(command: str, results: Sequence[Result]) -> dict[str, Any]:
    """The results of a command, and where they were measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processors": os.cpu_count(),
            "load_average": [round(load, 2) for load in os.getloadavg()],
            "nice": os.nice(0),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("httpx", "pillow", "gradio")},
        },
        "results": [result.as_json() for result in results],
    }


def write_json(path: Path, data: object) -> None:
    """Write a file of the results."""
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def update_pages() -> None:
    """Write the charts, and the tables between the marks of the page, from the stored JSON."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    _write_table(PAGE, "measured", data, table(data["results"]))
    CHART.write_text(_chart(data["results"]), encoding="utf-8")
    if "growth" in data:
        growth.write_chart(data["growth"])
    if LOAD_DATA.exists():
        load = json.loads(LOAD_DATA.read_text(encoding="utf-8"))
        _write_table(PAGE, "load", load, table(load["results"]))
    if BATCH_DATA.exists():
        batch = json.loads(BATCH_DATA.read_text(encoding="utf-8"))
        lines = [f"| {name} | {value} |" for name, value in batch["lines"]]
        head = ["| what | measured |", "| --- | --- |"]
        _write_table(SCALE_PAGE, "batch", batch, "\n".join([*head, *lines]))


def _write_table(page: Path, mark: str, data: _Stored, found: str) -> None:
    """Write a table between the two marks of a name."""
    machine = data["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    source = (
        f"Measured by `{data['command']}` at {data['measured_at']} on {machine['system']} with"
        f" {machine['processors']} processors (load average at the end"
        f" {machine['load_average'][0]}, niceness {machine['nice']}), Python {machine['python']},"
        f" {packages}."
    )
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    text = f"{before}{begin}\n\n{source}\n\n{found}\n\n{end}{after}"
    page.write_text(text, encoding="utf-8")


_LINE: Final = 44
_WIDTH: Final = 1000
_LEFT: Final = 560
"""Where the bars begin."""
_GOAL: Final = 240
"""Length of a bar that just reaches its goal."""
_MARGIN: Final = 16
_COLOURS: Final = {True: "#2f7d6d", False: "#b4532a"}


def _chart(results: Sequence[_Stored]) -> str:
    """One bar for each result: the used share of its goal, so that shorter is always better."""
    bottom = _LINE * len(results) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 32}" role="img">',
        '<g font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        "<title>Share of its goal that each benchmark uses</title>",
        f'<rect width="{_WIDTH}" height="{bottom + 32}" fill="#fff"/>',
        *(_bar(result, _MARGIN + _LINE * number) for number, result in enumerate(results)),
        f'<path d="M{_LEFT + _GOAL} 8V{bottom}" stroke="#222" stroke-dasharray="4 3"/>',
        f'<text x="{_LEFT + _GOAL}" y="{bottom + 20}" text-anchor="middle">the goal</text>',
        f'<text x="{_LEFT}" y="{bottom + 20}" fill="#555">shorter is better</text>',
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _bar(result: _Stored, top: int) -> str:
    value, goal, unit = result["value"], result["goal"], result["unit"]
    faster = unit == "× faster"
    length = round(
        min(max(goal / value if faster else value / goal if goal else value, 0.01), 1.4) * _GOAL
    )
    name, baseline = (escape(result[key].replace("`", "")) for key in ("name", "baseline"))
    baseline = f"{'than' if faster else 'against'} {baseline}" if baseline else ""
    shown = escape(f"{_value(value, unit)} (goal {'≥' if faster else '≤'} {goal:g})")
    return (
        f'<text x="10" y="{top + 12}">{name}</text>'
        f'<text x="10" y="{top + 28}" fill="#555" font-size="12">{baseline}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length}" height="12"'
        f' fill="{_COLOURS[result["met"]]}"/>'
        f'<text x="{_LEFT}" y="{top + 28}" font-size="12">{shown}</text>'
    )


if __name__ == "__main__":
    update_pages()
    print(f"wrote {PAGE}, {SCALE_PAGE} and {CHART}")
