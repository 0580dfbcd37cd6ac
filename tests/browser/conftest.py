"""One browser for all tests of this directory, a fresh window for a test."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Request,
    expect,
    sync_playwright,
)

from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName
from tests.browser.steps import choose_backend

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # one process less to talk to
    "--js-flags=--no-turbofan",  # no page lives long enough for its slowest compiler
    "--disable-background-networking",
    "--disable-component-update",
    "--process-per-site",  # a second window takes over what the first has compiled
]
SMALL = {"duration": 4, "model": "seedance-2.5", "resolution": "480p"}
"""What renders quickest."""


_CONTEXTS: WeakKeyDictionary[Browser, dict[object, BrowserContext]] = WeakKeyDictionary()
_USED: WeakSet[Page] = WeakSet()
"""Windows in which the page is loaded for the next test; see `used_page`."""
_PASSED = pytest.StashKey[bool]()
_BROWSER = pytest.StashKey[Browser]()
_CLOSING = pytest.StashKey[ExitStack]()


def program_path() -> str:
    """The path of the browser's program."""
    program = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "google-chrome"))), None
    )
    return program or pytest.fail("No browser: install Chromium, or name one in CHROMIUM.")


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """Chromium, without a window: one for all browser tests that follow one another."""
    stash = request.config.stash
    if _BROWSER not in stash:
        closing = stash[_CLOSING] = ExitStack()
        playwright = closing.enter_context(sync_playwright())
        stash[_BROWSER] = closing.enter_context(
            playwright.chromium.launch(executable_path=program_path(), args=ARGUMENTS)
        )
    return stash[_BROWSER]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser after the last test that needs it.

    Playwright keeps an event loop running as long as it is open: the loops of other tests could not
    start.
    """
    if nextitem is None or not nextitem.get_closest_marker("browser"):
        closing = item.config.stash.get(_CLOSING, None)
        if closing:
            del item.config.stash[_BROWSER], item.config.stash[_CLOSING]
            closing.close()


OpenPage = Callable[..., Page]
OpenTools = Callable[[Page], CDPSession]
expect.set_options(timeout=60_000)


@pytest.fixture
def watch(app_url: str) -> Iterator[Callable[[Page], None]]:
    """Watch a page during a test: it may not fail, and not ask another host."""
    wrong: list[str] = []

    def note_error(error: object) -> None:
        wrong.append(f"failed: {error}")

    def note_foreign(asked: Request) -> None:
        if asked.url.startswith("http") and not asked.url.startswith(app_url):
            wrong.append(f"asked {asked.url}")

    with ExitStack() as closing:

        def watch_it(page: Page) -> None:
            page.on("pageerror", note_error)
            page.on("request", note_foreign)
            closing.callback(page.remove_listener, "pageerror", note_error)
            closing.callback(page.remove_listener, "request", note_foreign)

        yield watch_it
    assert not wrong


@pytest.fixture
def open_page(
    browser: Browser,
    app_url: str,
    watch: Callable[[Page], None],
    request: pytest.FixtureRequest,
) -> Iterator[OpenPage]:
    """Open the app as a visitor of this test alone.

    Its arguments: the visitor's `locale`, the window's `width`, `dark` for the dark scheme,
    `own_clock` for a clock that the test puts forward, `before`, which gets the window before it
    loads the page, and `at`, the query of its address.
    """
    with ExitStack() as closing:

        def open_it(
            locale: str = "en-US",
            width: int = 1400,
            *,
            dark: bool = False,
            own_clock: bool = False,
            before: Callable[[Page], object] = lambda _page: None,
            at: str = "",
        ) -> Page:
            context = _context(browser, locale, dark=dark)
            if own_clock:  # it cannot be taken out again
                context = closing.enter_context(_new_context(browser, locale, dark=dark))
            page = _window(context, app_url)
            context.set_extra_http_headers({"x-forwarded-for": request.node.name})
            closing.callback(_forget_visitor, page, app_url)
            page.set_viewport_size({"width": width, "height": 900})
            if own_clock:
                page.clock.install()
            watch(page)
            before(page)
            _load(page, app_url + at)
            return page

        yield open_it


@pytest.fixture
def devtools() -> Iterator[OpenTools]:
    """Open the developer tools of a window, whose settings hold until the test ends."""
    with ExitStack() as closing:

        def open_them(page: Page) -> CDPSession:
            session = page.context.new_cdp_session(page)
            closing.callback(session.detach)
            return session

        yield open_them


@pytest.fixture
def used_page(
    browser: Browser,
    app_url: str,
    watch: Callable[[Page], None],
    request: pytest.FixtureRequest,
) -> Iterator[OpenPage]:
    """Open the app where earlier tests of this fixture have used it, which saves a page load.

    As on a new page, the forms and the list are empty, the first tab is open and the demo is
    selected. Cards, messages and the order of the list are as they were left. The
    arguments are the first two of `open_page`.
    """
    pages: list[Page] = []

    def open_it(locale: str = "en-US", width: int = 1400) -> Page:
        context = _context(browser, locale, dark=False)
        page = context.pages[0] if context.pages else context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        watch(page)
        if page in _USED:
            _empty(page)
        else:
            context.set_extra_http_headers({"x-forwarded-for": f"a visitor from {locale}"})
            _load(page, app_url)
        return page

    yield open_it
    for page in pages:
        if request.node.stash.get(_PASSED, False):
            page.unroute_all(behavior="ignoreErrors")
            _USED.add(page)
        else:
            _forget_visitor(page, app_url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test has passed: after another one, no page is used again."""
    report = yield
    item.stash[_PASSED] = call.when == "call" and report.passed
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that use one page again, or start an app together, one after the other.

    Those with an app of their own come first: no other worker takes some of them and starts it too.
    Short ones come last, and are shared out better.
    """

    def order(item: pytest.Item) -> tuple[bool, bool]:
        fixtures = getattr(item, "fixturenames", ())
        return ("app_url" in fixtures, "used_page" in fixtures)

    items.sort(key=order)


def _load(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#connection", has_text="·").wait_for()


_EMPTY = """async (modes) => {
  const load = (name) => import(document.querySelector(`link[href$='/${name}.js']`).href);
  const [{ fill }, { formState }] = [await load("drafts"), await load("form_state")];
  for (const mode of modes) if (jimeng.store.draft(mode)) await fill(mode, {});
  for (const mode of modes) formState.setNote(mode, null);
  document.querySelector("#query-note button")?.click();  // "Show all", or the "Undo" of a removal
  await jimeng.store.remove(jimeng.store.entries().map(({ id }) => id));
  return jimeng.tracker.backend;
}"""


def _empty(page: Page) -> None:
    """Empty the forms and the list of a page, and select the demo and the first tab."""
    page.wait_for_function(  # no press of an earlier test is under way
        "[...document.querySelectorAll('button[id$=-submit]')]"
        ".every(button => !button.disabled && button.ariaBusy !== 'true')"
    )
    chip, demo = page.locator("#connection button").first, page.locator("#backend label").first
    if page.evaluate(_EMPTY, [mode.value for mode in Mode]) != BackendName.DEMO:
        if not demo.is_visible():
            chip.click()
        choose_backend(page, BackendName.DEMO)
    if demo.is_visible():
        chip.click()
    page.locator("#tabs [role=tab]").first.click()


def _window(context: BrowserContext, app_url: str) -> Page:
    """The first window of a context, empty."""
    page = context.pages[0] if context.pages else context.new_page()
    if page in _USED:
        _forget_visitor(page, app_url)
    return page


def _context(browser: Browser, locale: str, *, dark: bool) -> BrowserContext:
    """A context of the browser, which is kept with its first window.

    What they have loaded and compiled is two thirds of the work of a page load.
    """
    contexts = _CONTEXTS.setdefault(browser, {})
    if (locale, dark) not in contexts:
        contexts[locale, dark] = _new_context(browser, locale, dark=dark)
    return contexts[locale, dark]


def _new_context(browser: Browser, locale: str, *, dark: bool) -> BrowserContext:
    context = browser.new_context(
        locale=locale,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(60_000)
    return context


def _forget_visitor(page: Page, origin: str) -> None:
    """Empty a window, close the others of its visitor, and delete what the browser has stored."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    _USED.discard(page)
    page.unroute_all(behavior="ignoreErrors")
    page.goto("about:blank")
    stored = {"origin": origin, "storageTypes": "cookies,indexeddb,local_storage"}
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", stored)
    session.detach()


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
        timeout=300,
    )
    [row] = answer.json()["data"]
    return str(row["id"])
