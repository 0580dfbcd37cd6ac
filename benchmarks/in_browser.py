"""Benchmarks of the page in Chromium: its first load, and a list of a thousand tasks."""

import os
import statistics
from typing import Final

import anyio.to_thread
from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.result import Result
from benchmarks.running_app import running_app
from jimeng_core import AsyncJimeng, new_task_id

LOADS: Final = 5
"""First loads that are measured."""
TASKS: Final = 1000
KEYS: Final = "clip 7"
"""What is typed into the search."""

_WATCH_SHIFTS: Final = """new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries())
    if (!hadRecentInput) window.shifts = (window.shifts ?? 0) + value;
}).observe({ type: "layout-shift", buffered: true })"""
_ADD_TASKS: Final = """(ids) => jimeng.store.addAll(ids.map((id, number) => ({
  id, backend: "demo", mode: "image", prompt: `clip ${number} of a calm sea`,
  at: new Date(1.7e12 + number * 1000).toISOString(),
  row: { id, state: "completed", ended: true, interval: null, error: null, progress: 100 },
})))"""
_OPEN_LIST: Final = """() => new Promise((resolve) => {
  const start = performance.now();
  const look = () => document.querySelector("#query-table [data-task-id]")
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)))
    : requestAnimationFrame(look);
  document.querySelector("#tab-query-button").click();
  look();
})"""
_TYPE: Final = """(text) => new Promise((resolve) => {
  const search = document.querySelector("#query-search input");
  const start = performance.now();
  search.value = text;
  search.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
})"""


async def page_results(_: AsyncJimeng, base_url: str) -> list[Result]:
    """What the page costs, in the browser that the variable CHROMIUM names."""
    return await anyio.to_thread.run_sync(_measure, base_url)


def _measure(base_url: str) -> list[Result]:
    with running_app(base_url) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        results = [*_first_load(browser, app.url), *_long_list(browser, app.url)]
        browser.close()
    return results


def _first_load(browser: Browser, app: str) -> list[Result]:
    loads = [_load(browser, app) for _ in range(LOADS)]
    html, everything, shifts = (max(values) for values in zip(*loads, strict=True))
    return [
        Result("first load of the page: HTML, compressed", "", html / 1000, 60, "KB"),
        Result("first load of the page: everything", "", everything / 1000, 450, "KB"),
        Result(f"layout shift at 390 px, the worst of {LOADS} loads", "", shifts * 100, 5, "%"),
    ]


def _load(browser: Browser, app: str) -> tuple[float, float, float]:
    """Bytes of the HTML and of all, and the layout shift."""
    sizes: dict[str, int] = {}

    def add(request: Request) -> None:
        sizes[request.url] = request.sizes()["responseBodySize"]

    with browser.new_context(viewport={"width": 390, "height": 900}) as context:
        page = context.new_page()
        page.add_init_script(_WATCH_SHIFTS)
        page.on("requestfinished", add)
        _open(page, app)
        page.wait_for_load_state("networkidle")
        shifts = float(page.evaluate("window.shifts ?? 0"))
    return sizes[app.rstrip("/") + "/"], sum(sizes.values()), shifts


def _long_list(browser: Browser, app: str) -> list[Result]:
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        page = context.new_page()
        _open(page, app)
        page.evaluate(_ADD_TASKS, [new_task_id() for _ in range(TASKS)])
        painted = []
        for _ in range(LOADS):
            page.reload()
            _wait(page)
            painted.append(float(page.evaluate(_OPEN_LIST)))
        keys = [float(page.evaluate(_TYPE, KEYS[: n + 1])) for n in range(len(KEYS))]
    return [
        Result(
            f"{TASKS} tasks of the browser are painted", "", statistics.median(painted), 500, "ms"
        ),
        Result(f"a key in the search through {TASKS} tasks", "", max(keys), 50, "ms"),
    ]


def _open(page: Page, app: str) -> None:
    page.goto(app)
    _wait(page)


def _wait(page: Page) -> None:
    """Wait until the page can be used."""
    page.locator("#connection", has_text="·").wait_for()
    page.evaluate("jimeng.ready")
