"""A form while it is filled in."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from jimeng_core.settings import BackendName
from tests.app.app_process import picture, pictures
from tests.browser.conftest import OpenPage
from tests.browser.steps import choose, choose_backend, field, fill_form, go, look_up, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TEAL = (0, 128, 128)


def colour(picture: Locator, across: float) -> tuple[int, ...]:
    """The colour shown at half a picture's height, `across` (0 to 1) of its width from the left."""
    shot = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")
    pixel = shot.getpixel((int(across * shot.width), shot.height // 2))
    assert isinstance(pixel, tuple)
    return pixel


def test_summary_of_the_request(used_page: OpenPage, tmp_path: Path) -> None:
    """A line beside the button says what it sends, and follows the fields without the server."""
    page = used_page("zh-CN")
    summary = page.locator("#first-last-frame-summary")
    expect(summary).to_have_text("发送 1 个任务 · 5 秒 · 720p")
    page.route("**/queue/join*", lambda _route: None)  # no answer comes
    choose(page, "#first-last-frame-duration", "8 秒")
    expect(summary).to_have_text("发送 1 个任务 · 8 秒 · 720p")
    page.unroute_all(behavior="ignoreErrors")
    go(page, "multi-frame")
    summary = page.locator("#multi-frame-summary")
    expect(summary).to_have_text("")  # nothing to send yet
    fill_form(page, "multi-frame", tmp_path)
    expect(summary).to_have_text("发送 1 个任务 · 3 帧共 15 秒 · 720p")
    page.locator("#multi-frame-seconds-2").fill("1")
    expect(summary).to_have_text("发送 1 个任务 · 3 帧共 11 秒 · 720p")


def test_unavailable_mode(used_page: OpenPage) -> None:
    """Where the selected backend lacks a form's mode, the form says so before anything is sent."""
    page = used_page()
    page.locator("#connection button").first.click()
    for mode, text in (
        ("multi-frame", "Ark does not offer “Multi-frame”. Choose Demo or JiMeng at the top."),
        ("image", "Ark does not offer “Image”. Choose Demo or JiMeng at the top."),
    ):
        choose_backend(page, BackendName.ARK)
        go(page, mode)
        expect(page.locator(f"#{mode}-summary")).to_have_text(text)
        choose_backend(page, BackendName.DEMO)
        expect(page.locator(f"#{mode}-summary")).not_to_contain_text("Ark")


def test_cropped_part_is_dimmed(used_page: OpenPage, tmp_path: Path) -> None:
    """What the selected ratio cuts off a picture is dimmed, at once and without the server."""
    page = used_page()
    wide = tmp_path / "wide.png"
    wide.write_bytes(picture("teal"))
    upload(page, "#first-last-frame-first", [wide])
    image, line = (
        page.locator("#first-last-frame-first img"),
        page.locator("#first-last-frame-crop-hint"),
    )
    expect(line).to_have_text("")
    assert colour(image, 0.05) == colour(image, 0.5) == TEAL
    page.route("**/queue/join*", lambda _route: None)  # no answer comes
    choose(page, "#first-last-frame-ratio", "1:1")
    expect(line).to_contain_text("Cropped to 1:1")
    edge = (1 - 9 / 16) / 2
    assert colour(image, edge + 0.02) == colour(image, 1 - edge - 0.02) == TEAL
    assert colour(image, edge - 0.02) == colour(image, 1 - edge + 0.02) != TEAL
    page.unroute_all(behavior="ignoreErrors")
    go(page, "multi-frame")
    upload(page, "#multi-frame-pictures", [wide])
    choose(page, "#multi-frame-ratio", "1:1")
    expect(page.locator("#multi-frame-crop-hint")).to_contain_text("Cropped to 1:1")
    assert colour(page.locator("#multi-frame-pictures img"), 0.04) != TEAL


def test_ratio_of_the_first_frame(used_page: OpenPage, tmp_path: Path) -> None:
    """Where the first frame determines the ratio, a line says so, and nothing is dimmed."""
    page = used_page("zh-CN")
    page.locator("#connection button").first.click()
    choose_backend(page, BackendName.WEB)
    upload(page, "#first-last-frame-first", pictures(tmp_path, "teal"))
    choose(page, "#first-last-frame-ratio", "9:16")
    expect(page.locator("#first-last-frame-crop-hint")).to_contain_text("跟随首帧")
    assert colour(page.locator("#first-last-frame-first img"), 0.05) == TEAL


def test_marks_follow_their_pictures(used_page: OpenPage, tmp_path: Path) -> None:
    """A removed picture's mark is removed, the others are renumbered, and undo restores it."""
    page = used_page()
    go(page, "subject-reference")
    upload(page, "#subject-reference-pictures", pictures(tmp_path, "teal", "coral", "gold"))
    prompt = field(page, "#subject-reference-prompt")
    words = "@图片1 sees @图片2 and @Image3, then @图片 3"
    prompt.fill(words)
    sources = "images => images.map(image => image.src)"
    images = page.locator("#subject-reference-pictures img")
    before = images.evaluate_all(sources)
    page.locator("#subject-reference-pictures .remove").nth(1).click()
    expect(prompt).to_have_value("@图片1 sees and @Image2, then @图片 2")
    expect(page.locator("#subject-reference-pictures .list-status")).to_contain_text(
        "Picture 2 removed"
    )
    page.locator("#subject-reference-pictures .undo").click()
    expect(prompt).to_have_value(words)
    assert images.evaluate_all(sources) == before
    page.locator("#subject-reference-pictures .remove").first.click()
    expect(prompt).to_have_value("sees @图片1 and @Image2, then @图片 2")
    page.locator("#subject-reference-pictures .undo").click()
    prompt.fill("＠图３ and @圖片２，a@image2.com")
    page.locator("#subject-reference-pictures .remove").first.click()
    expect(prompt).to_have_value("＠图2 and @圖片1，a@image2.com")
    prompt.fill("the cat sees @图片1")  # later edits are not undone
    page.locator("#subject-reference-pictures .undo").click()
    expect(prompt).to_have_value("the cat sees @图片2")


def test_undo_of_a_removed_frame(used_page: OpenPage, tmp_path: Path) -> None:
    """A removed frame can be restored, with its prompt and seconds."""
    page = used_page("zh-CN")
    fill_form(page, "multi-frame", tmp_path)
    page.locator("#multi-frame-seconds-2").fill("2")
    images = page.locator("#multi-frame-pictures img")
    for left in (2, 1):
        page.locator("#multi-frame-pictures .remove").nth(left).click()
        expect(images).to_have_count(left)
    page.locator("#multi-frame-pictures .list-status button", has_text="撤销").click()
    expect(images).to_have_count(2)
    expect(page.locator("#multi-frame-prompt > li")).to_have_count(2)
    expect(page.locator("#multi-frame-seconds-2")).to_have_value("2")
    expect(page.locator("#multi-frame-prompt textarea").nth(1)).to_have_value("out")


def test_example_in_the_empty_panel(used_page: OpenPage) -> None:
    """Without tasks a button leads to a filled form; its button has the focus, and keeps it."""
    page = used_page()
    go(page, "query")
    page.locator("#query-table button", has_text="Make an example video").click()
    expect(page.locator("#first-last-frame-first img, #first-last-frame-last img")).to_have_count(2)
    expect(page.locator("#first-last-frame-submit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#first-last-frame-result [data-task-id]")).to_be_visible()
    expect(page.locator("#first-last-frame-submit")).to_be_focused()


def test_edits_after_the_press_are_not_sent(used_page: OpenPage) -> None:
    """A press shows at once; edits while it is processed stay in the form and are not sent."""
    page = used_page("en-US")
    held: list[Route] = []
    holding = [True]
    page.route("**/queue/join*", lambda each: held.append(each) if holding else each.continue_())
    words, button = (
        field(page, "#first-last-frame-prompt"),
        page.locator("#first-last-frame-submit"),
    )
    task = field(page, "#first-last-frame-task-id")
    before = task.input_value()
    words.fill("the first words")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    words.fill("other words")
    holding.clear()
    for each in held:
        each.continue_()
    expect(task).not_to_have_value(before)
    expect(words).to_have_value("other words")
    expect(button).to_be_enabled()
    expect(button).not_to_have_attribute("aria-busy", "true")
    look_up(page, task.input_value())
    expect(page.locator("#query-preview")).to_contain_text("the first words")
