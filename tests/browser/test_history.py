import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jimeng_app.startup import available_port
from tests.app.app_process import running_app
from tests.browser.conftest import OpenPage
from tests.browser.steps import field, go, line, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STORED = "localStorage.getItem('jimeng-studio-tasks') ?? ''"


def expect_kept(page: Page, count: int) -> None:
    """Expect so many tasks to be offered."""
    expect(page.locator(".kept-ask")).to_contain_text(str(count))


@pytest.mark.parametrize(
    ("locale", "words"), [("zh-CN", "本浏览器的任务（2）"), ("en-US", "This browser's tasks (2)")]
)
def test_reload_keeps_the_tasks(locale: str, words: str, open_page: OpenPage) -> None:
    """After a reload the query panel offers this browser's tasks, and looks all up in one call."""
    page = open_page(locale)
    first, second = submit(page, prompt="waves #a"), submit(page, prompt="waves #b")
    page.reload()
    go(page, "query")
    expect(page.locator(".kept-ask")).to_have_text(words)
    asked = []
    page.on("request", lambda each: asked.append(each) if "queue/join" in each.url else None)
    page.locator(".kept-ask").click()
    assert [line(page, number)[-1] for number in (0, 1)] == [second, first]
    assert len(asked) == 1


def test_server_restart_keeps_the_tasks(browser: Browser, tmp_path: Path) -> None:
    """After the server stopped and started, the tasks are offered and found."""
    port = str(available_port("127.0.0.1", 0))
    page = browser.new_context().new_page()
    with running_app(tmp_path, JIMENG_PORT=port) as url:
        page.goto(url)
        task_id = submit(page, prompt="waves")
    with running_app(tmp_path, JIMENG_PORT=port) as url:
        page.goto(url)
        go(page, "query")
        page.locator(".kept-ask").click()
        assert line(page, 0)[-1] == task_id
        page.context.close()


def test_kept_before_it_is_sent(open_page: OpenPage) -> None:
    """The id is in the browser before the submission leaves: a page that dies loses nothing."""
    page = open_page()
    go(page, "first-last-frame")
    field(page, "#first-last-frame-prompt").fill("waves")
    stored_when_asked: list[str] = []

    def lose_the_submission(route: Route) -> None:
        stored_when_asked.append(page.evaluate(STORED))
        # The first request reserves the id. The second is the submission, and never arrives.
        if len(stored_when_asked) > 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/queue/join*", lose_the_submission)
    page.locator("#first-last-frame-submit").click()
    page.wait_for_timeout(1500)
    page.unroute_all()
    before, after = stored_when_asked
    assert before != after
    page.reload()
    go(page, "query")
    expect_kept(page, 1)
    page.locator(".kept-ask").click()
    expect(page.locator("#query-table")).to_contain_text("pending")  # its id is a minute old


def test_refused_is_not_kept(open_page: OpenPage) -> None:
    """What surely came to nothing is not among the tasks."""
    page = open_page()
    field(page, "#first-last-frame-prompt").fill("waves #fail:daily_limit")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-problem")).to_contain_text("limit for today")
    page.locator("#tab-query-button").click()
    expect(page.locator(".kept-ask")).to_be_disabled()


def test_forgetting(open_page: OpenPage) -> None:
    """One is forgotten with a click, all with another, and a third brings them back."""
    page = open_page()
    for prompt in ("waves #a", "waves #b", "<b>waves</b> #c"):
        submit(page, prompt=prompt)
    go(page, "query")
    page.locator("#query-kept summary").click()
    lines = page.locator("#query-kept li")
    expect(lines.first).to_contain_text("<b>waves</b>")
    lines.nth(1).locator(".forget").click()
    expect_kept(page, 2)
    page.reload()
    go(page, "query")
    expect_kept(page, 2)
    page.locator("#query-kept summary").click()
    page.locator(".forget-all").click()
    expect(page.locator(".kept-ask")).to_be_disabled()
    page.locator("#query-kept .undo").click()
    expect_kept(page, 2)


def test_two_windows(open_page: OpenPage) -> None:
    """Two windows of one browser lose nothing of each other's."""
    one = open_page()
    two = one.context.new_page()
    two.goto(one.url)
    submit(one, prompt="waves #a")
    submit(two, prompt="waves #b")
    submit(one, prompt="waves #c")
    for page in (one, two):
        go(page, "query")
        expect_kept(page, 3)
    two.reload()
    go(two, "query")
    expect_kept(two, 3)


def test_each_backend_knows_its_own(open_page: OpenPage) -> None:
    """A demo task is not looked for at the site, but stays in the list, with where it ran."""
    page = open_page()
    submit(page, prompt="waves")
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    go(page, "query")
    expect(page.locator(".kept-ask")).to_be_disabled()
    page.locator("#query-kept summary").click()
    expect(page.locator("#query-kept li")).to_contain_text("Demo")
    page.locator("#backend label", has_text="Demo").click()
    expect_kept(page, 1)


def test_damaged_list(open_page: OpenPage) -> None:
    """A list that cannot be read costs the list, not the submission."""
    page = open_page()
    page.evaluate("localStorage.setItem('jimeng-studio-tasks', 'nonsense:nonsense')")
    page.reload()
    submit(page, prompt="waves")
    go(page, "query")
    expect_kept(page, 1)


def test_no_credential_among_it(open_page: OpenPage) -> None:
    """What is kept is the id, mode, prompt and time; a typed credential is in no storage."""
    page = open_page()
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    field(page, "#token").fill("credential-of-the-test-41aa")
    field(page, "#first-last-frame-prompt").fill("waves")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-problem")).not_to_be_empty()
    go(page, "query")
    kept = page.evaluate("JSON.stringify(document.querySelector('#query-kept')?.innerText)")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "41aa" not in kept + stored
    assert set(json.loads(stored)[0]) <= {"jimeng-studio-tasks"}
