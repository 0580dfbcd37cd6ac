"""What stands in the forms survives."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jimeng_app.startup import available_port
from jimeng_core.settings import BackendName
from tests.app.app_process import running_app
from tests.browser.steps import (
    FORMS,
    choose,
    choose_backend,
    field,
    fill_form,
    frame,
    go,
    look_up,
    submit,
)

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


def leave_drafts(page: Page, folder: Path) -> None:
    """Fill every form, and select another backend and tab."""
    page.locator("#connection button").first.click()
    choose_backend(page, BackendName.WEB)
    for mode in FORMS:
        fill_form(page, mode, folder)
    go(page, "multi-frame")
    page.locator("#multi-frame-seconds-2").fill("2")
    go(page, "first-last-frame")
    choose(page, "#first-last-frame-model", "Video 3.0 Pro")
    choose(page, "#first-last-frame-duration", "8 s")
    choose(page, "#first-last-frame-ratio", "1:1")
    field(page, "#first-last-frame-seed").fill("77")
    go(page, "image")


def send_without_uploads(page: Page, uploads: Path) -> None:
    """Send a form whose uploads were lost before the page was opened, and then once more."""
    button, cards = (
        page.locator("#multi-frame-try-demo"),
        page.locator("#multi-frame-result [data-task-id]"),
    )
    go(page, "multi-frame")
    button.click()
    expect(cards).to_have_count(1)
    shutil.rmtree(uploads)
    page.locator("#multi-frame-seconds-2").fill("3")
    button.click()
    expect(page.locator("#tab-multi-frame .form-note")).to_contain_text("Press again")
    button.click()
    expect(cards).to_have_count(2)


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


def expect_loss(page: Page, earlier: str) -> None:
    """Expect a page to say that the connection is lost, and which task was cut off.

    Args:
        page: The page.
        earlier: The other task that it knows.
    """
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


def test_reload_and_restart(browser: Browser, tmp_path: Path) -> None:
    """Every form is as it was after a reload, and after a restart that has lost the uploads.

    So are the open tab and the selected backend. A form whose uploads are lost is sent too: at once
    after it was opened again, else at the second press. An open page says in its language that the
    connection is lost, and goes on after it without a reload. A press that was cut off names the
    task to check first. After the restart, the tasks of before are found.
    """
    port = str(available_port("127.0.0.1", 0))
    with (
        browser.new_context(locale="en-US") as context,
        browser.new_context(locale="zh-CN") as chinese,
    ):
        drafts, page = context.new_page(), chinese.new_page()
        with running_app(tmp_path, JIMENG_PORT=port) as url:
            drafts.goto(url)
            leave_drafts(drafts, tmp_path)
            drafts.reload()
            expect_drafts(drafts)
            go(drafts, "image")
            drafts.goto("about:blank")
            page.goto(url)
            earlier = submit(page, prompt="calm")
            field(page, "#first-last-frame-prompt").fill("waves")
            page.evaluate("window.isSamePage = true")
            held = submit_on_hold(page, known=1)
        for route in held:
            route.abort()
        page.unroute_all(behavior="wait")
        expect_loss(page, earlier)
        shutil.rmtree(tmp_path / "data" / "uploads")
        with running_app(tmp_path, JIMENG_PORT=port) as url:
            drafts.goto(url)
            expect_drafts(drafts)
            send_without_uploads(drafts, tmp_path / "data" / "uploads")
            expect(page.locator("#connection-lost")).to_have_count(0)
            expect(field(page, "#first-last-frame-prompt")).to_have_value("waves")
            button = page.locator("#first-last-frame-submit")
            button.click()
            expect(page.locator("#first-last-frame-result [data-task-id]")).to_have_count(3)
            expect(button).to_be_enabled()
            press_without_network(page)
            expect(page.locator("#connection-lost")).to_have_count(0)
            assert page.evaluate("window.isSamePage")
            look_up(page, earlier)
            found = page.locator(f"#query-table [data-task-id='{earlier}'][data-state=completed]")
            expect(found).to_be_visible()
