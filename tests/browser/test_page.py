import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from jimeng_core import new_task_id
from tests.app.app_process import pictures
from tests.browser.conftest import OpenPage
from tests.browser.steps import (
    A_TASK_ID,
    FORMS,
    ROWS,
    choose,
    field,
    fill_form,
    frame,
    go,
    line,
    look_up,
    stored,
    upload,
)

# The demo renders at a low priority, which may take long on a busy machine.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MARKUP = '<img src=x onerror="document.title=1"> #1'
TOKEN = "credential-of-the-test-7c1e"


@pytest.fixture(scope="session")
def markup_task(make_task: Callable[[str], str]) -> str:
    """A finished task whose prompt is markup."""
    return make_task(MARKUP)


@pytest.fixture(scope="session")
def failed_task(make_task: Callable[[str], str]) -> str:
    """A task that failed."""
    return make_task("#fail:content_refused")


def test_submit_and_look_up(used_page: OpenPage, tmp_path: Path) -> None:
    """In every mode a filled form returns an id at once, and one click looks the task up.

    A double click sends one task.
    """
    page = used_page()
    for mode in FORMS:
        fill_form(page, mode, tmp_path)
        known = page.evaluate("jimeng.store.entries().length")
        page.locator(f"#{mode}-submit").dblclick()
        page.wait_for_function(f"jimeng.store.entries().length > {known}")
        expect(field(page, f"#{mode}-task-id")).to_have_value(A_TASK_ID)
        expect(page.locator(f"#{mode}-submit")).to_be_enabled()
        assert page.evaluate("jimeng.store.entries().length") == known + 1
        task_id = field(page, f"#{mode}-task-id").input_value()
        assert A_TASK_ID.fullmatch(task_id)
        card = page.locator(f"#{mode}-result [data-task-id='{task_id}']")
        expect(card).to_be_in_viewport()
        look_up(page, task_id)
        expect(page.locator(ROWS)).to_have_count(1)
        first = line(page, 0)
        assert first["id"] == task_id
        assert first["state"][0] in "◔◑●"


def test_button_names_each_step(used_page: OpenPage, tmp_path: Path) -> None:
    """The button names each step while it cannot be pressed, and a line says when it is done."""
    page = used_page("zh-CN")
    for end, picture in zip(("first", "last"), pictures(tmp_path, "orchid", "plum"), strict=True):
        upload(page, f"#first-last-frame-{end}", [picture])  # no other test sends it
    field(page, "#first-last-frame-prompt").fill("waves")
    button = page.locator("#first-last-frame-submit")
    button.evaluate(
        """button => {
          window.texts = [];
          const end = () => button.disabled ? "" : "!";
          const note = () => window.texts.push(button.innerText.trim() + end());
          const changes = { childList: true, characterData: true, subtree: true, attributes: true };
          new MutationObserver(note).observe(button, changes);
        }"""
    )
    button.click()
    expect(page.locator("#first-last-frame-problem")).to_contain_text("已提交")
    expect(button).to_be_enabled()
    texts = page.evaluate("window.texts")
    steps = ["检查中…", "正在发送文件 0%…", "正在提交任务…", "生成!"]
    last = {text: index for index, text in enumerate(texts)}
    assert sorted(steps, key=lambda text: last[text]) == steps
    percents = [int(found[1]) for text in texts if (found := re.search(r"(\d+)%", text))]
    assert percents == sorted(percents)
    assert max(percents) > 0


def test_problems_stand_at_their_field(used_page: OpenPage, tmp_path: Path) -> None:
    """A problem is shown at its field, in the reader's language, and nothing is sent.

    A press that sends nothing says so beside the button, and scrolls to why.
    """
    page = used_page("zh-CN")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-prompt-problem")).to_contain_text("提示词为空")
    text = tmp_path / "a.png"
    text.write_text("no picture")
    page.locator("#first-last-frame-first input[type=file]").set_input_files(text)
    field(page, "#first-last-frame-prompt").fill("海" * 5000)
    page.locator("#first-last-frame-first img").wait_for(state="attached")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-pictures-problem p")).to_have_count(1)
    expect(page.locator("#first-last-frame-prompt-problem")).to_contain_text("2000")
    go(page, "multi-frame")
    eleven = pictures(tmp_path, *["teal"] * 11)
    page.locator("#multi-frame-pictures input[type=file]").set_input_files(eleven)
    expect(page.locator("#multi-frame-pictures .list-status")).to_contain_text("最多 10 张")
    expect(page.locator("#multi-frame-pictures img")).to_have_count(10)
    page.locator("#multi-frame-seconds-2").fill("7")
    page.locator("#multi-frame-submit").click()
    expect(page.locator("#multi-frame-problem")).to_contain_text("没有提交")
    expect(page.locator("#multi-frame-pictures-problem")).to_contain_text("第 2 帧")
    expect(page.locator("#multi-frame-pictures-problem p")).to_be_in_viewport()
    go(page, "subject-reference")
    field(page, "#subject-reference-prompt").fill("@图片4")
    page.locator("#subject-reference-submit").click()
    expect(page.locator("#subject-reference-pictures-problem")).to_contain_text("主体参考需要")
    expect(page.locator("#subject-reference-prompt-problem")).to_contain_text("@图片4")
    assert page.evaluate("jimeng.store.entries()") == []


def test_bad_id_among_good_ones(used_page: OpenPage, markup_task: str, failed_task: str) -> None:
    """Each id has its line, in order; the selected row's error or video is shown beside.

    A prompt that is markup is shown as it was written, in the table and beside it.
    """
    page = used_page()
    old = "0190e7a0-0000-7000-8000-000000000000"
    look_up(page, f"n0nsense，{markup_task}\n{failed_task}; {old}、{new_task_id()}")
    lines = [line(page, number) for number in range(5)]
    assert [each["id"] for each in lines][:4] == ["n0nsense", markup_task, failed_task, old]
    assert [each["state"] for each in lines] == [
        "? could not check",
        "● completed",
        "✕ failed",
        "? could not check",
        "◔ pending",
    ]
    assert lines[1]["prompt"] == MARKUP
    assert "content review" in lines[2]["note"]
    page.locator(ROWS).nth(0).click()
    expect(page.locator("#query-preview")).to_contain_text("This is not a task id")
    expect(page.locator("#query-preview video")).to_have_count(0)
    page.locator(ROWS).nth(1).click()
    expect(page.locator("#query-preview video")).to_have_count(1)
    expect(page.locator("#query-preview .prompt-text")).to_have_text(MARKUP)
    assert page.locator("#query-panel img[src='x']").count() == 0
    assert "JiMeng Studio" in page.title()


def test_number_of_ids(used_page: OpenPage) -> None:
    """A look-up without an id says what is missing; with too many, how many were left out."""
    page = used_page("zh-CN")
    go(page, "query")
    page.locator("#query-run").click()
    expect(page.locator("#query-note")).to_contain_text("没有找到任务 ID")
    old = datetime(2020, 1, 1, tzinfo=UTC)
    look_up(page, " ".join(new_task_id(old) for _ in range(1003)))
    expect(page.locator("#query-note")).to_contain_text("其余 3 个")
    expect(page.locator("#query-table [role=grid]")).to_have_attribute("aria-rowcount", "1001")
    assert page.locator(ROWS).count() < 100  # those in view, and some around them


def test_credential_is_not_stored(used_page: OpenPage, app_folder: Path) -> None:
    """A typed credential is in no storage of the browser, in no address, and in no file.

    What the browser stores is the history, which does not show it either.
    """
    page = used_page()
    addresses: list[str] = []
    page.on("request", lambda sent: addresses.append(sent.url))
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    field(page, "#token").fill(TOKEN)
    assert field(page, "#token").get_attribute("type") == "password"
    field(page, "#first-last-frame-prompt").fill("waves")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-problem p")).to_have_count(1)
    look_up(page, new_task_id())
    assert line(page, 0)["state"] == "? could not check"
    kept = stored(page)
    shown = page.evaluate("JSON.stringify(document.querySelector('#query-panel')?.innerText)")
    assert TOKEN not in json.dumps(kept) + shown
    assert kept["local"] == {}
    assert not any(TOKEN in address for address in addresses)
    page.reload()
    page.locator("#connection button").first.click()
    expect(field(page, "#token")).to_have_value("")
    files = [path for path in app_folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_choice_before_the_first_answer(open_page: OpenPage) -> None:
    """A backend that is chosen before the server's first answer stays chosen, with its field."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = open_page(before=lambda page: page.route("**/queue/join*", hold, times=1))
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    field(page, "#token").wait_for()
    with page.expect_request("**/queue/join*"):  # it selects the backend again
        held[0].continue_()
    expect(page.locator("#connection")).to_contain_text("JiMeng")
    expect(field(page, "#token")).to_be_visible()


def test_frames_move_as_a_whole(used_page: OpenPage, tmp_path: Path) -> None:
    """A picture moves together with its prompt and its seconds, and their sum is shown."""
    page = used_page()
    fill_form(page, "multi-frame", tmp_path)
    page.locator("#multi-frame-seconds-3").fill("2")
    summary = page.locator("#multi-frame-summary")
    expect(summary).to_have_text("Sends 1 task · 3 frames, 12 s · 720p")
    sources = "images => images.map(image => image.src)"
    images = page.locator("#multi-frame-pictures img")
    before = images.evaluate_all(sources)
    frame(page, 3).locator(".earlier").click()
    expect(frame(page, 2).locator("textarea")).to_have_value("back")
    expect(page.locator("#multi-frame-seconds-2")).to_have_value("2")
    assert images.evaluate_all(sources) == [before[0], before[2], before[1]]
    expect(frame(page, 2).locator(".earlier")).to_be_focused()  # so that the key moves it again
    page.keyboard.press("Enter")
    expect(frame(page, 1).locator("textarea")).to_have_value("back")
    frame(page, 1).locator(".thumb").drag_to(frame(page, 3))
    expect(frame(page, 3).locator("textarea")).to_have_value("back")
    assert images.evaluate_all(sources) == before
    frame(page, 1).locator(".remove").click()
    expect(summary).to_have_text("Sends 1 task · 2 frames, 7 s · 720p")
    expect(frame(page, 1).locator("textarea")).to_have_value("out")


def test_frames_swap(used_page: OpenPage, tmp_path: Path) -> None:
    """A click swaps the first and the last frame."""
    page = used_page()
    fill_form(page, "first-last-frame", tmp_path)
    first, last = (page.locator(f"#first-last-frame-{end} img") for end in ("first", "last"))
    was = first.get_attribute("src")
    assert was
    page.locator("#first-last-frame-swap").click()
    expect(last).to_have_attribute("src", was)


def test_marks_are_inserted_at_the_cursor(used_page: OpenPage, tmp_path: Path) -> None:
    """A click inserts a picture's mark into the prompt at the cursor."""
    page = used_page()
    go(page, "subject-reference")
    upload(page, "#subject-reference-pictures", pictures(tmp_path, "teal", "coral"))
    prompt = field(page, "#subject-reference-prompt")
    prompt.fill("a cat runs")
    prompt.evaluate("box => box.setSelectionRange(2, 5)")
    page.locator("#subject-reference-mark-2").click()
    expect(prompt).to_have_value("a @image2 runs")
    expect(page.locator("#subject-reference-mark-3")).to_have_count(0)
    page.keyboard.type("!")  # the cursor is behind the mark
    expect(prompt).to_have_value("a @image2! runs")


def test_choices_follow_the_model(used_page: OpenPage) -> None:
    """Each model offers its own resolutions and lengths, at once and in the reader's language."""
    page = used_page("zh-CN")
    page.route("**/queue/join*", lambda _route: None)  # no answer comes
    choose(page, "#first-last-frame-model", "视频 3.0 Pro")
    expect(field(page, "#first-last-frame-resolution")).to_have_value("1080p")
    expect(field(page, "#first-last-frame-model")).to_have_value("视频 3.0 Pro")
    page.locator("#first-last-frame-duration input").click()
    offered = page.locator("ul[role=listbox] li")
    expect(offered).to_have_count(6)
    assert [text.strip("✓ \n") for text in offered.all_inner_texts()][:2] == ["5 秒", "6 秒"]


def test_where_tasks_go(used_page: OpenPage) -> None:
    """A chip says where tasks run and opens the settings, which explain a wrong credential.

    For readers of Chinese, all of it is in Chinese.
    """
    page = used_page("zh-CN")
    expect(page.locator("h1")).to_have_text("即梦工作台")
    expect(page.locator("#tab-first-last-frame-button")).to_contain_text("首尾帧")
    chip = page.locator("#connection button").first
    expect(chip).to_contain_text("演示 · 免费示意视频")
    expect(page.locator("#backend")).not_to_be_visible()
    chip.click()
    page.locator("#backend label").nth(1).click()
    expect(chip).to_contain_text("即梦 · 消耗积分")
    expect(page.locator("#backend-about")).to_contain_text("填错或过期")
    expect(page.locator("#token")).to_contain_text("jimeng.jianying.com")
    expect(page.locator("#first-last-frame-seed")).to_be_visible()
    page.locator("#backend label").nth(2).click()
    expect(page.locator("#first-last-frame-seed")).to_be_hidden()  # its usual model takes none


def test_other_languages(open_page: OpenPage) -> None:
    """For readers of any other language, the page is in English.

    From 900 px on the result is beside the form, in a narrower window below it. The panel for
    programs links to the description of the HTTP API, as the page itself does.
    """
    page = open_page("fr-FR", 900)
    expect(page.locator("#first-last-frame-crop-hint")).to_contain_text("from words alone")
    expect(page.locator("h1")).to_have_text("JiMeng Studio")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#tab-first-last-frame-button")).to_contain_text("First")
    expect(page.locator("#connection button").first).to_contain_text("Demo · free sample videos")
    for width, beside in ((900, True), (899, False)):
        page.set_viewport_size({"width": width, "height": 900})
        form, result = (
            page.locator(f"#first-last-frame-{part}").bounding_box()
            for part in ("prompt", "task-id")
        )
        assert form
        assert result
        assert (result["x"] >= form["x"] + form["width"]) is beside
    page.locator("footer .show-api").click()
    link = page.locator(".api-docs .docs-link a")
    expect(link).to_have_text("the HTTP API")
    assert page.request.head(str(link.evaluate("link => link.href"))).ok
