"""The page in frames and browsers that deny it storage."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.conftest import OpenPage, OpenTools
from tests.browser.steps import A_TASK_ID

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BLOCKED = """for (const name of ["localStorage", "sessionStorage", "indexedDB"])
  Object.defineProperty(window, name, { get() {
    throw new DOMException("Access is denied for this document.", "SecurityError"); } });"""
"""What a browser's settings do that block the storage of a site."""
NOT_THERE = """for (const name of ["localStorage", "indexedDB", "BroadcastChannel"])
  Object.defineProperty(window, name, { value: null });"""
FULL = """IDBObjectStore.prototype.put = () => {
  throw new DOMException("full", "QuotaExceededError"); };"""

NONSENSE = [
    "U2FsdGVkX1+" + "x" * 500,
    (
        '[1, null, [], {}, {"id": 5},'
        ' {"id": "a", "mode": "constructor", "backend": "__proto__", "at": {}, "prompt": [1]}]'
    ),
]

NO_LIST = "This browser keeps no list"


@pytest.fixture(scope="module")
def other_site(app_url: str) -> Iterator[str]:
    """The address of another site, whose page has the app in a frame; `?…` is its `sandbox`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, _, sandbox = self.path.partition("?")
            attribute = f'sandbox="{sandbox.replace("+", " ")}"' if sandbox else ""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{app_url}" width=1300 height=800 {attribute}></iframe>'
            self.wfile.write(f"<!doctype html>{frame}".encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def make_clip(page: Page | Frame) -> None:
    """Submit a form, and look its task up from the list of this window."""
    page.locator("#connection", has_text="·").wait_for()
    page.locator("#first-last-frame-prompt textarea").fill("waves")
    page.locator("#first-last-frame-submit").click()
    task_id = page.locator("#first-last-frame-task-id").locator("input, textarea").first
    expect(task_id).to_have_value(A_TASK_ID)
    page.locator("#tab-query-button").click()
    row = page.locator(f"#query-table [data-task-id='{task_id.input_value()}']")
    expect(row).to_have_count(1)


def framed(page: Page) -> Frame:
    """The app in the page of the other site."""
    page.locator("iframe").wait_for()
    return page.frames[1]


def test_sandboxed(browser: Browser, other_site: str) -> None:
    """A clip can be made in a frame without an origin of its own."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{other_site}?allow-scripts+allow-forms")
        make_clip(framed(page))
        expect(framed(page).locator("#query-note")).to_contain_text(NO_LIST)


@pytest.mark.parametrize("script", [BLOCKED, NOT_THERE, FULL], ids=["blocked", "null", "full"])
def test_no_storage(open_page: OpenPage, devtools: OpenTools, script: str) -> None:
    """A clip can be made without storage, or with a full one; the page says what that costs."""

    def deny_storage(page: Page) -> None:
        tools = devtools(page)
        tools.send("Page.enable")
        tools.send("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    page = open_page(before=deny_storage)
    make_clip(page)
    expect(page.locator("#query-note")).to_contain_text(NO_LIST)


def test_nonsense_in_storage(open_page: OpenPage) -> None:
    """A stored list that cannot be read is lost, and new tasks are stored."""
    page = open_page()
    for stored in NONSENSE:
        page.evaluate("(text) => localStorage.setItem('jimeng-studio-tasks', text)", stored)
        page.reload()
        page.locator("#tab-query-button").click()
        expect(page.locator("#query-search")).to_be_visible()
        expect(page.locator("#query-note .no-storage")).to_have_count(0)
    page.locator("#tab-first-last-frame-button").click()
    make_clip(page)
