"""The tasks of this browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from jimeng_core.settings import BackendName
from tests.browser.conftest import OpenPage
from tests.browser.steps import ROWS, choose_backend, field, go, line, stored, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

OLD_LIST = """() => localStorage.setItem("jimeng-studio-tasks", JSON.stringify([
  { id: "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75", backend: "web", mode: "image", prompt: "old",
    at: "2026-01-02T03:04:05+00:00" }]))"""
"""Stores a list as earlier versions of the page did."""


def expect_tasks(page: Page, count: int) -> None:
    """Expect this number of tasks in the list."""
    expect(page.locator(ROWS)).to_have_count(count)


def remove_listed(page: Page) -> None:
    """Remove the three tasks of the list by its menu, after a look at it."""
    menu = page.locator("#query-more summary")
    page.locator(f"{ROWS} .tick input").first.click()
    menu.click()
    expect(page.locator("#query-remove-shown")).to_have_text("Remove the 1 ticked")
    page.keyboard.press("Escape")
    expect(page.locator("#query-remove-shown")).to_be_hidden()
    expect(menu).to_be_focused()
    page.locator(f"{ROWS} .tick input").first.click()
    menu.click()
    expect(page.locator("#query-remove-shown")).to_have_text("Remove all 3 listed")
    page.locator("#query-remove-shown").click()


def test_the_list_of_a_browser(open_page: OpenPage) -> None:
    """The windows of a browser have the same tasks, each as soon as the other.

    A click removes one task, another all that are listed, and a third restores them. After a reload
    the list has this browser's tasks, and one request asks for all of them. The menu says how many
    it removes; Escape closes it.
    """
    one = open_page()
    one.evaluate(OLD_LIST)
    two = one.context.new_page()
    two.goto(one.url)
    go(two, "query")
    first, second = (submit(one, prompt=f"waves #{name}") for name in "ab")
    expect_tasks(two, 3)
    go(two, "first-last-frame")
    third = submit(two, prompt="<b>waves</b> #c")
    go(one, "query")
    expect_tasks(one, 4)
    expect(one.locator(ROWS).first).to_contain_text("<b>waves</b>")
    expect(one.locator(f"{ROWS}[data-state=completed]")).to_have_count(3)
    assert line(one, 1)["id"] == second
    one.locator(ROWS).nth(1).click()
    one.locator("#query-preview .remove").click()
    for page in (one, two):
        go(page, "query")
        expect_tasks(page, 3)

    requests: list[str] = []
    two.on("request", lambda sent: requests.append(sent.url) if "/page/" in sent.url else None)
    two.reload()
    go(two, "query")
    expect_tasks(two, 3)
    assert [line(two, number)["id"] for number in (0, 1)] == [third, first]
    assert line(two, 2)["mode"] == "Image · JiMeng"  # taken over; asked only at its backend
    expect(two.locator(f"{ROWS}[data-state=completed]")).to_have_count(2)
    assert len(requests) <= 2
    assert stored(two)["local"] == {}

    remove_listed(two)
    for page in (one, two):
        expect_tasks(page, 0)
    two.locator("#query-note button", has_text="Undo").click()
    for page in (one, two):
        expect_tasks(page, 3)


def test_stored_before_it_is_sent(used_page: OpenPage) -> None:
    """The id is in the browser before the request is sent: a page that crashes loses nothing."""
    page = used_page()
    go(page, "first-last-frame")
    field(page, "#first-last-frame-prompt").fill("waves")
    ids: list[str] = []

    def drop_submission(route: Route) -> None:
        ids[:] = [entry["id"] for entry in stored(page)["entries"]]
        # Before it, events check the form and reserve the id. It never arrives.
        if ids:
            route.abort()
        else:
            route.continue_()

    page.route("**/queue/join*", drop_submission)
    with page.expect_event("requestfailed", lambda request: "queue/join" in request.url):
        page.locator("#first-last-frame-submit").click()
    page.unroute_all(behavior="wait")
    [task_id] = ids
    page.reload()
    go(page, "query")
    expect(page.locator(f"[data-task-id='{task_id}']")).to_contain_text("pending")


def test_refused_task_is_removed(used_page: OpenPage) -> None:
    """A task that the upstream refused is not among the tasks."""
    page = used_page()
    field(page, "#first-last-frame-prompt").fill("waves #fail:daily_limit")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-problem")).to_contain_text("limit for today")
    go(page, "query")
    expect(page.locator("#query-table .empty button")).to_be_visible()
    expect_tasks(page, 0)


def test_invalid_request_is_not_stored(used_page: OpenPage, tmp_path: Path) -> None:
    """An invalid request is refused before the browser stores an id, also for its pictures."""
    page = used_page()
    page.evaluate(
        """() => {
          const addEntry = jimeng.addEntry;
          window.added = [];
          jimeng.addEntry = (entry) => {
            window.added.push(entry);
            return addEntry(entry);
          };
        }"""
    )
    text = tmp_path / "a.png"
    text.write_text("not a picture")
    field(page, "#first-last-frame-prompt").fill("waves")
    page.locator("#first-last-frame-first input[type=file]").set_input_files(text)
    page.locator("#first-last-frame-first img").wait_for(state="attached")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-pictures-problem p")).to_have_count(1)
    expect(page.locator("#first-last-frame-submit")).to_be_enabled()
    page.wait_for_function("window.added.length")
    assert page.evaluate("window.added") == [None]


def test_tasks_of_another_backend(used_page: OpenPage) -> None:
    """A demo task is not looked up at the site, but stays in the list with its backend's name."""
    page = used_page()
    page.locator("#connection button").first.click()
    submit(page, prompt="waves")
    choose_backend(page, BackendName.WEB)
    go(page, "query")
    expect(page.locator(ROWS)).to_contain_text("Demo")
    choose_backend(page, BackendName.DEMO)
    expect(page.locator(ROWS)).not_to_contain_text("Demo")
