import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.app_process import films
from tests.browser.conftest import OpenPage
from tests.browser.steps import field, go, line, look_up, server_events, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def two_tasks(make_task: Callable[[str], str]) -> tuple[str, str]:
    """Two tasks that ended: a finished video and a failed one."""
    return make_task("a calm sea #1"), make_task("a storm #fail:content_refused")


def test_rows(open_page: OpenPage, two_tasks: tuple[str, str]) -> None:
    """What can be done with looked-up rows.

    One click copies every visible id, a line each; another copies the selected row's. Rows can be
    reached and selected without a mouse, searched, and ordered as entered or the newest first.
    """
    page = open_page()
    sea, storm = two_tasks
    look_up(page, f"{sea} {storm}")
    assert [line(page, number)[-1] for number in (0, 1)] == [sea, storm]

    page.locator("#query-copy").click()
    expect(page.get_by_text("2 IDs copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").split() == [sea, storm]
    page.locator("#query-preview [data-copy]").click()
    page.locator("#query-preview [data-copy]", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == sea

    page.locator("#query-table [data-task-id]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#query-preview")).to_contain_text("content review")
    expect(page.locator("#query-table [aria-selected=true] .id")).to_have_text(storm)

    page.locator("#query-order label", has_text="Newest").click()
    expect(page.locator("#query-table [data-row='0'] code")).to_have_text(storm)
    field(page, "#query-search").press_sequentially("calm")
    expect(page.locator("#query-table [data-task-id]")).to_have_count(1)
    assert line(page, 0)[-1] == sea
    field(page, "#query-search").fill("no such words")
    expect(page.locator("#query-table")).to_contain_text("No task matches")


def test_next_step_of_a_failed_task(open_page: OpenPage, two_tasks: tuple[str, str]) -> None:
    """A failed row says why, and its button leads back to the form with its prompt."""
    page = open_page("zh-CN")
    look_up(page, two_tasks[1])
    expect(page.locator("#query-preview")).to_contain_text("内容审核未通过")
    page.locator("#query-preview .next", has_text="修改后重新提交").click()
    expect(field(page, "#first-last-frame-prompt")).to_have_value(re.compile("a storm"))


def test_next_step_without_a_credential(open_page: OpenPage) -> None:
    """Where a credential is missing, the button opens the field to enter it."""
    page = open_page()
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    field(page, "#token").wait_for()
    page.locator("#connection button").first.click()
    look_up(page, "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75")
    page.locator("#query-preview .next", has_text="Enter the credential").click()
    expect(field(page, "#token")).to_be_visible()


def test_refresh_by_itself(open_page: OpenPage, app_folder: Path) -> None:
    """It is off at first; then it follows a task to its end and stops, and nothing jumps."""
    page = open_page(own_clock=True)
    with films(app_folder, "held"):
        task_id = submit(page, prompt="waves")
        go(page, "query")
        expect(page.locator("#query-follow input")).not_to_be_checked()
        look_up(page, f"nonsense {task_id}")
        row = page.locator(f"#query-table [data-task-id='{task_id}']")
        row.click()
        expect(page.locator("#query-preview .id")).to_contain_text(task_id)
        row.evaluate("row => { row.isSameRow = true }")
        page.locator("#query-follow input").check()
        expect(row).to_contain_text("◑ processing")
    page.clock.fast_forward("01:00")
    expect(page.locator("#query-note")).to_contain_text("all have ended")
    expect(row).to_contain_text("● completed")
    expect(row).to_have_attribute("aria-selected", "true")
    assert row.evaluate("row => row.isSameRow")  # its cells were changed, not the row
    video = page.locator("#query-preview video")
    expect(video).to_have_count(1)
    note = page.locator("#query-note").inner_text()
    events = server_events(page)
    page.clock.fast_forward("10:00")
    page.locator("#query-copy").click()
    expect(page.get_by_text("2 IDs copied.")).to_be_visible()
    assert len(events) == 1  # by the click
    assert page.locator("#query-note").inner_text() == note
