"""What stands in the forms survives."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jimeng_app.startup import available_port
from tests.app.app_process import running_app
from tests.browser.steps import FORMS, choose, field, fill_form, frame, go, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def expect_drafts(page: Page) -> None:
    """Expect every form as it was left."""
    page.locator("#connection", has_text="JiMeng").wait_for()
    expect(page.locator("#tab-image")).to_be_visible()  # the tab that was open
    for mode in FORMS:
        go(page, mode)
        count = 2 if mode == "first-last-frame" else 3
        images = page.locator(f"#tab-{mode} .columns > :first-child img")
        expect(images).to_have_count(count)
        page.wait_for_function(
            f"[...document.querySelectorAll('#tab-{mode} .columns > :first-child img')]"
            ".every(image => image.naturalWidth)"
        )
    expect(frame(page, 3).locator("textarea")).to_have_value("back")
    expect(page.locator("#multi-frame-seconds-2")).to_have_value("2")
    expect(field(page, "#subject-reference-prompt")).to_have_value("@图片1 @图片3")
    go(page, "first-last-frame")
    for name, value in {
        "model": "Video 3.0 Pro",
        "duration": "8 s",
        "resolution": "1080p",
        "ratio": "1:1",
        "seed": "77",
        "prompt": "waves",
    }.items():
        expect(field(page, f"#first-last-frame-{name}")).to_have_value(value)


def test_drafts(browser: Browser, tmp_path: Path) -> None:
    """Every form is as it was after a reload, and after a restart that has lost the uploads.

    So are the open tab and the selected backend. A form whose uploads are lost is sent too: at once
    after it was opened again, else at the second press.
    """
    port = str(available_port("127.0.0.1", 0))
    with browser.new_context(locale="en-US") as context:
        page = context.new_page()
        with running_app(tmp_path, JIMENG_PORT=port) as url:
            page.goto(url)
            page.locator("#connection button").first.click()
            page.locator("#backend label", has_text="JiMeng").click()
            for mode in FORMS:
                fill_form(page, mode, tmp_path)
            go(page, "multi-frame")
            page.locator("#multi-frame-seconds-2").fill("2")
            go(page, "first-last-frame")
            choose(page, "#first-last-frame-model", "Video 3.0 Pro")
            choose(page, "#first-last-frame-duration", "8 s")
            choose(page, "#first-last-frame-ratio", "1:1")
            field(page, "#first-last-frame-seed").fill("77")
            go(page, "image")
            page.reload()
            expect_drafts(page)
            go(page, "image")
        shutil.rmtree(tmp_path / "data" / "uploads")
        with running_app(tmp_path, JIMENG_PORT=port) as url:
            page.goto(url)
            expect_drafts(page)
            go(page, "multi-frame")
            page.locator("#multi-frame-try-demo").click()
            expect(page.locator("#multi-frame-result [data-task-id]")).to_have_count(1)
            shutil.rmtree(tmp_path / "data" / "uploads")
            page.locator("#multi-frame-seconds-2").fill("3")
            page.locator("#multi-frame-try-demo").click()
            expect(page.locator("#tab-multi-frame .form-note")).to_contain_text("Press again")
            page.locator("#multi-frame-try-demo").click()
            expect(page.locator("#multi-frame-result [data-task-id]")).to_have_count(2)


def submit_on_hold(page: Page, known: int) -> list[Route]:
    """Press the button; the submission that follows does not leave the browser.

    Args:
        page: The page.
        known: The number of tasks that the browser has stored; one more is the new task's id.
    """
    held: list[Route] = []

    def hold(route: Route) -> None:
        if page.evaluate("jimeng.store.entries().length") == known:
            route.continue_()
        else:
            held.append(route)

    page.route("**/queue/join*", hold)
    page.locator("#first-last-frame-submit").click()
    while not held:
        page.wait_for_timeout(50)
    return held


def press_without_network(page: Page) -> None:
    """Press a form's button again, without a network: what was said of the last press is gone."""
    said = page.locator("#first-last-frame-problem")
    expect(said).to_contain_text("已提交")
    page.context.set_offline(True)
    page.locator("#first-last-frame-submit").click()
    page.get_by_role("button", name="再提交一个").click()
    expect(page.get_by_text("没有提交")).to_be_visible()
    expect(said).not_to_contain_text("已提交")
    page.context.set_offline(False)


def test_lost_connection(browser: Browser, tmp_path: Path) -> None:
    """A break of the connection is said in the page's language, and the page goes on after it.

    A press that it cut off names the task to check first. The page is not reloaded. After a restart
    of the server, the tasks of before are found.
    """
    port = str(available_port("127.0.0.1", 0))
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        with running_app(tmp_path, JIMENG_PORT=port) as url:
            page.goto(url)
            earlier = submit(page, prompt="calm")
            field(page, "#first-last-frame-prompt").fill("waves")
            page.evaluate("window.isSamePage = true")
            held = submit_on_hold(page, known=1)
        for route in held:
            route.abort()
        page.unroute_all(behavior="wait")
        banner = page.locator("#connection-lost")
        expect(banner).to_contain_text("连接中断")
        ids = page.evaluate("jimeng.store.entries().map(({ id }) => id)")
        [task_id] = set(ids) - {earlier}
        panel = page.locator("#tab-first-last-frame")
        expect(panel.get_by_text("先看看这个任务")).to_contain_text(task_id)
        button = page.locator("#first-last-frame-submit")
        expect(button).to_have_text("生成")
        expect(button).to_be_enabled()
        assert page.get_by_text("Connection").count() == 0
        with running_app(tmp_path, JIMENG_PORT=port):
            expect(banner).to_have_count(0)
            expect(field(page, "#first-last-frame-prompt")).to_have_value("waves")
            button.click()
            expect(page.locator("#first-last-frame-result [data-task-id]")).to_have_count(3)
            expect(button).to_be_enabled()
            press_without_network(page)
            expect(banner).to_have_count(0)
            assert page.evaluate("window.isSamePage")
            page.reload()
            go(page, "query")
            found = page.locator(f"[data-task-id='{earlier}'][data-state=completed]")
            expect(found).to_be_visible()
