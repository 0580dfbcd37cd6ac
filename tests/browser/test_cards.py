"""From the press of a form's button to the player, and from there to the next video."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.app_process import films, pictures
from tests.browser.conftest import OpenPage
from tests.browser.steps import choose, field, fill_form, go, submit, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

RESULT = "#first-last-frame-result"
FOLLOW_FIVE = """() => {
  const real = setTimeout;
  let timers = 0;
  window.setTimeout = (call, delay) => {
    timers += 1;
    return real(call, delay);
  };
  for (let tasks = 0; tasks < 5; tasks += 1) jimeng.tracker.follow([]);
  window.setTimeout = real;
  return timers;
}"""
"""How many look-ups are scheduled when five tasks are sent at once."""


def test_card_follows_its_task(open_page: OpenPage, app_folder: Path) -> None:
    """A card follows its task up to the player, and the tab's title counts.

    In a narrow window its id and state are in view at once. The same form that is pressed again
    within seconds asks first. When the task ends, screen readers hear it, and a key plays it, also
    if its link has died meanwhile.
    """
    page = open_page("en-US", width=390)
    assert page.evaluate("document.documentElement.lang") == "en"
    prompt = field(page, "#first-last-frame-prompt")
    card = page.locator(f"{RESULT} [data-task-id]")
    with films(app_folder, "held"):
        prompt.fill("waves")
        page.keyboard.press("Control+Enter")
        expect(card).to_have_attribute("data-state", re.compile("pending|processing"))
        expect(card.locator(".state")).to_be_in_viewport()
        expect(field(page, "#first-last-frame-task-id")).to_be_in_viewport()
        task_id = field(page, "#first-last-frame-task-id").input_value()
        expect(card).to_have_attribute("data-task-id", task_id)
        expect(card.locator("progress")).to_be_visible()
        expect(page).to_have_title("(1) JiMeng Studio")
        expect(page.locator("#first-last-frame-submit")).to_be_in_viewport()  # the bar stays

        page.locator("#first-last-frame-submit").click()
        note = page.locator("#tab-first-last-frame .form-note")
        expect(note).to_contain_text("Send it once more?")
        note.locator("button", has_text="No").click()
        expect(note).to_be_hidden()
        expect(card).to_have_count(1)
    expect(card).to_have_attribute("data-state", "completed")
    expect(page).to_have_title("● 1 done · JiMeng Studio")
    expect(page.locator("#announcer")).to_contain_text("● completed · waves")
    video = card.locator("video")
    expect(video).to_have_attribute("src", re.compile(rf"/demo-media/{task_id}\.mp4$"))
    assert video.evaluate("video => video.muted && !video.readyState")  # only its poster is loaded
    page.evaluate(
        """async () => {
          const [entry] = jimeng.store.entries();
          const dead = entry.row.video_url.replace(/[^/]+$/, "gone.mp4");
          await jimeng.store.addAll([{ ...entry, row: { ...entry.row, video_url: dead } }]);
        }"""
    )
    page.keyboard.press("p")  # from the button, which has the focus
    expect(video).to_have_attribute("src", re.compile(rf"{task_id}\.mp4$"))
    expect(video).to_have_js_property("paused", False)
    video.focus()
    page.keyboard.press("Enter")
    assert video.evaluate("video => video.paused")
    expect(card.locator(".facts")).to_contain_text("Seedance 2.0 Fast")

    page.locator("#first-last-frame-submit").click()
    note.locator("button", has_text="Send once more").click()
    expect(card).to_have_count(2)
    expect(card.nth(1)).to_have_attribute("data-task-id", task_id)  # the newest is first


def test_again_and_continue(used_page: OpenPage, tmp_path: Path) -> None:
    """A form is had back with all its values, also a random seed; what stood there by "Undo".

    The last frame of a finished video begins another one. Tasks that are sent one after the other
    do not put their look-up off.
    """
    page = used_page("zh-CN")
    fill_form(page, "subject-reference", tmp_path)
    choose(page, "#subject-reference-model", "Seedance 2.5")
    choose(page, "#subject-reference-duration", "8 秒")
    choose(page, "#subject-reference-ratio", "1:1")
    task_id = submit(page, "subject-reference")
    assert page.evaluate(FOLLOW_FIVE) < 5
    page.locator("#subject-reference-pictures .remove").first.click()
    field(page, "#subject-reference-prompt").fill("别的话")
    field(page, "#subject-reference-seed").fill("-")
    choose(page, "#subject-reference-model", "Seedance 2.0 Fast")
    card = page.locator(
        f"#subject-reference-result [data-task-id='{task_id}'][data-state=completed]"
    )
    card.locator(".again").click()
    values: dict[str, Any] = {"prompt": "@图片1 @图片3", "ratio": "1:1"}
    values["seed"] = re.compile(r"^\d+$")
    values |= {"model": "Seedance 2.5", "duration": "8 秒"}
    for name, value in values.items():
        expect(field(page, f"#subject-reference-{name}")).to_have_value(value)
    expect(page.locator("#subject-reference-pictures img")).to_have_count(3)
    expect(page.locator("#subject-reference-submit")).to_be_focused()
    note = page.locator("#tab-subject-reference .form-note", has_text="包括种子")
    note.locator("button", has_text="撤销").click()
    expect(field(page, "#subject-reference-seed")).to_have_value("-")
    expect(field(page, "#subject-reference-prompt")).to_have_value("别的话")
    expect(field(page, "#subject-reference-model")).to_have_value("Seedance 2.0 Fast")
    expect(page.locator("#subject-reference-pictures img")).to_have_count(2)

    card.locator(".continue").click()
    frame = page.locator("#first-last-frame-first img")
    expect(frame).to_have_attribute("src", re.compile(f"/{task_id}[^/]*$"))
    expect(page.locator("#tab-first-last-frame .form-note")).to_contain_text("最后一帧")
    field(page, "#first-last-frame-prompt").fill("继续")
    submit(page)
    expect(page.locator(f"{RESULT} [data-state=completed]")).to_have_count(1)


def test_problems_while_typing(used_page: OpenPage, tmp_path: Path) -> None:
    """What does not fit is told at its field without a press, and no longer once it is mended."""
    page = used_page("zh-CN")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    expect(page).to_have_title("即梦工作台")
    expect(page.locator("#first-last-frame-crop-hint")).to_contain_text("仅按文字生成")
    prompt, problem = field(page, "#first-last-frame-prompt"), "#first-last-frame-prompt-problem"
    prompt.fill("海" * 2001)
    expect(page.locator(problem)).to_contain_text("2001 个字")
    prompt.fill("海")
    expect(page.locator(f"{problem} p")).to_have_count(0)
    seed = field(page, "#first-last-frame-seed")
    expect(seed).to_have_attribute("inputmode", "numeric")
    seed.fill("abc")
    expect(page.locator("#first-last-frame-settings-problem")).to_contain_text("种子应为整数")
    prompt.fill("海" * 2001)
    expect(page.locator(problem)).to_contain_text("2001 个字")
    prompt.fill("海")
    text = tmp_path / "a.png"
    text.write_text("no picture")
    seed.fill("")
    page.locator("#first-last-frame-first input[type=file]").set_input_files(text)
    expect(page.locator("#first-last-frame-pictures-problem")).to_contain_text("首帧")
    expect(page.locator("#first-last-frame-settings-problem p")).to_have_count(0)
    page.locator(
        "#first-last-frame-first [aria-label='Clear'], #first-last-frame-first button"
    ).first.click()
    go(page, "subject-reference")
    upload(page, "#subject-reference-pictures", pictures(tmp_path, *["teal"] * 9))
    tenth = pictures(tmp_path, "coral")
    page.locator("#subject-reference-pictures input[type=file]").set_input_files(tenth)
    expect(page.locator("#subject-reference-pictures .list-status")).to_contain_text("最多 9 张")
    expect(page.locator("#subject-reference-pictures img")).to_have_count(9)


def test_before_paying(used_page: OpenPage) -> None:
    """Where tasks cost something, the price is shown, and the form can be tried on the demo.

    Without a credential the page says where to find one, and its field takes the focus.
    """
    page = used_page()
    expect(page.locator("#first-last-frame-try-demo")).to_be_hidden()
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    expect(page.locator("#backend-about li")).to_have_count(3)
    page.locator("#connection-test").click()
    expect(page.locator("#connection-tested")).to_contain_text("Enter the credential first")
    page.locator("#connection button").first.click()
    field(page, "#first-last-frame-prompt").fill("waves")
    page.locator("#first-last-frame-submit").click()
    expect(page.locator("#first-last-frame-problem")).to_contain_text("a credential is needed")
    expect(field(page, "#token")).to_be_focused()
    field(page, "#first-last-frame-prompt").fill("waves at noon")
    page.locator("#first-last-frame-try-demo").dblclick()
    card = page.locator(f"{RESULT} [data-task-id]", has_text="waves at noon")
    expect(card).to_have_attribute("data-state", "completed")
    expect(page.locator("#first-last-frame-problem")).to_contain_text("Sent")
    expect(card).to_contain_text("Demo")
    page.locator("#first-last-frame-try-demo").click()
    expect(page.locator("#tab-first-last-frame .form-note")).to_contain_text("a moment ago")
    expect(page.locator("#connection-tested p")).to_have_count(1)
    field(page, "#token").fill("a-credential")
    expect(page.locator("#connection-tested p")).to_have_count(0)  # of another credential
    expect(page.locator("#first-last-frame-price")).to_have_text("")
    page.evaluate("jimeng.setBalance(1234)")
    expect(page.locator("#first-last-frame-summary")).to_contain_text("balance 1,234")
    choose(page, "#first-last-frame-model", "Seedance 2.5")
    expect(page.locator("#first-last-frame-price")).to_contain_text("about 100 credits")
    page.evaluate("jimeng.setBalance(null)")
