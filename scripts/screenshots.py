"""Take the screenshots of docs/screenshots: every tab, in Chinese and English, wide and narrow.

Usage: `make screenshots`. Needs Chromium and a Chinese font (Debian: `apt-get install
fonts-noto-cjk`).
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen, run

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "screenshots"
FORMS = ("first-last-frame", "multi-frame", "subject-reference", "image")
LOCALES = {"zh": "zh-CN", "en": "en-US"}
WIDTHS = (1400, 390)
COLOURS = 128
"""Colours of a screenshot: few, so that its file is small."""
TIMEOUT = 180_000
"""Milliseconds that the demo may take for its videos."""


def main() -> None:
    """Take all screenshots."""
    if (
        shutil.which("fc-list")
        and not run(
            ["fc-list", ":lang=zh"],  # noqa: S607 - found on the PATH
            check=True,
            capture_output=True,
        ).stdout.strip()
    ):
        sys.exit("No Chinese font: install one (Debian: apt-get install fonts-noto-cjk).")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with served_page() as (browser, url):
        for language, locale in LOCALES.items():
            for width in WIDTHS:
                visit(browser, url, locale, width, f"{language}-{width}")


@contextmanager
def served_page() -> Iterator[tuple[Browser, str]]:
    """Run the app and a browser; yields the browser and the app's address."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        ) as browser,
    ):
        yield browser, url


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run the app on a free port, with an empty data folder; yields its address."""
    settings = {
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "JIMENG_BACKEND": "demo",
        "JIMENG_DATA_DIR": str(folder / "data"),
        "JIMENG_PORT": "0",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, str(ROOT / "app.py")]
    with Popen(command, cwd=folder, env=os.environ | settings, stdout=PIPE, text=True) as app:
        assert app.stdout  # noqa: S101 - for the type checker
        try:
            line = next(line for line in app.stdout if "Running on local URL" in line)
            yield line.split()[-1]
        finally:
            app.terminate()


def visit(browser: Browser, url: str, locale: str, width: int, name: str) -> None:
    """Submit every example, look the tasks up, and take a screenshot of each tab."""
    context = browser.new_context(
        locale=locale,
        viewport={"width": width, "height": 900},
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(TIMEOUT)
    expect.set_options(timeout=TIMEOUT)
    page = context.new_page()
    page.goto(url)
    for form in FORMS:
        # As another visitor each time: the demo limits the unfinished tasks of one.
        page.set_extra_http_headers({"x-forwarded-for": f"{name} {form}"})
        page.locator(f"#tab-{form}-button").click()
        page.locator(f"#{form}-example").click()
        page.locator(f"#tab-{form} .columns > :first-child img").last.wait_for()
        page.locator(f"#{form}-submit").click()
        page.locator(f"#{form}-result [data-state=completed]").wait_for()
        page.wait_for_timeout(1500)  # until the poster or the images are loaded
        take(page, f"{form}-{name}")
    page.locator("#tab-query-button").click()
    rows = page.locator("#query-table [data-task-id]")  # the newest first
    for row, result, tab in (
        (rows.last, "video", "query"),
        (rows.first, ".gallery img", "query-image"),
    ):
        expect(row).to_contain_text("●")
        row.click()
        page.locator(f"#query-preview {result}").first.wait_for()
        page.wait_for_timeout(1500)  # until posters and images are loaded
        take(page, f"{tab}-{name}")
    context.close()


def take(page: Page, name: str) -> None:
    """Take one screenshot of the whole page."""
    path = FOLDER / f"{name}.png"
    page.mouse.move(0, 0)
    page.wait_for_timeout(600)  # until transitions have ended
    page.screenshot(path=path, full_page=True)
    picture = Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
