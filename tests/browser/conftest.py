"""One app for all tests of this directory, a browser for a file, a fresh window for a test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.app.app_process import running_app

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
SMALL = {"duration": 4, "model": "seedance-2.5", "resolution": "480p"}
"""What renders quickest."""


@pytest.fixture(scope="session")
def app_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running app keeps its files."""
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="session")
def app_url(app_folder: Path) -> Iterator[str]:
    """The address of the running app, whose site is a port where nobody listens."""
    with running_app(app_folder, JIMENG_BASE_URL="http://127.0.0.1:9") as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window.

    Playwright keeps an event loop running as long as it is open, so it is not left open for the
    files that the same worker runs next: their own loops could not start.
    """
    program = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "google-chrome"))), None
    )
    if program is None:
        pytest.fail("No browser: install Chromium, or name one in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, app_url: str, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open the app as a visitor of this test alone; no page may fail or ask another host."""
    contexts, wrong = [], []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(f"failed: {error}"))
        page.on(
            "request",
            lambda asked: (
                wrong.append(f"asked {asked.url}")
                if asked.url.startswith("http") and not asked.url.startswith(app_url)
                else None
            ),
        )

    def open_it(locale: str = "en-US", width: int = 1400, *, dark: bool = False) -> Page:
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
            extra_http_headers={"x-forwarded-for": request.node.name},
        )
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        watch(page)
        page.goto(app_url)
        page.locator("#connection", has_text="·").wait_for()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture(scope="session")
def make_task(app_url: str) -> Callable[[str], str]:
    """Make a video of words through the app's own endpoint; gives its id when it has ended."""

    def make(prompt: str) -> str:
        values: dict[str, Any] = {"prompt": prompt, "first": None, "last": None, **SMALL}
        return _made(app_url, "first_last_frame", list(values.values()))

    return make


@pytest.fixture(scope="session")
def made_images(app_url: str) -> str:
    """The id of a finished task of three images of words."""
    return _made(app_url, "image", ["a cabin in the snow", [], 3])


def _made(app_url: str, mode: str, values: list[object]) -> str:
    answer = httpx.post(
        f"{app_url}gradio_api/run/generate_{mode}",
        json={"data": values},
        headers={"x-forwarded-for": f"maker of {mode}: {values[0]}"},
        timeout=280,
    )
    [row] = answer.json()["data"]
    return str(row["id"])
