"""Images, from their form to their place beside the table."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.steps import choose, field, go, line, look_up, submit, try_example

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_from_the_example_to_the_images(used_page: OpenPage) -> None:
    """The example with other settings is sent and followed to its end, and its images are shown."""
    page = used_page("zh-CN")
    expect(page.locator("#tab-image-button")).to_have_text("图片")
    try_example(page, "image")
    expect(page.locator("#image-summary")).to_have_text("发送 1 个任务 · 4 张 · 2k")
    choose(page, "#image-count", "2")
    choose(page, "#image-ratio", "16:9")
    expect(page.locator("#image-summary")).to_have_text("发送 1 个任务 · 2 张 · 2k")
    task_id = submit(page, "image")
    look_up(page, task_id)
    row = page.locator(f"#query-table [data-task-id='{task_id}']")
    for words in ("图片", "● 已完成"):
        expect(row).to_contain_text(words, timeout=120_000)
    images = page.locator("#query-preview .gallery img")
    expect(images).to_have_count(2)
    page.wait_for_function(
        "[...document.querySelectorAll('.gallery img')].every(image => image.naturalWidth > 2000)"
    )
    for words in ("张数\n2", "尺寸\n2560 × 1440"):
        assert words in page.locator("#query-preview dl").inner_text()
    first = page.locator("#query-preview .gallery a").first
    with page.context.expect_page() as opened:
        first.click()
    expect(opened.value).to_have_url(re.compile(rf"/demo-media/{task_id}-1\.jpg$"))
    with page.expect_download() as saved:
        page.locator("#query-preview .gallery [download]").last.click()
    assert saved.value.suggested_filename == f"{task_id}-2.jpg"


def test_images_among_videos(
    used_page: OpenPage, make_task: Callable[[str], str], made_images: str
) -> None:
    """Videos and images are looked up together, and each is shown as what it is."""
    page = used_page()
    video = make_task("a river #1")
    look_up(page, f"n0nsense {made_images} {video}")
    assert [line(page, number)["mode"] for number in (1, 2)] == ["Image", "First & last frame"]
    expect(page.locator("#query-preview .gallery img")).to_have_count(3)  # the first result
    page.locator(f"#query-table [data-task-id='{video}']").click()
    expect(page.locator("#query-preview video")).to_have_count(1)
    expect(page.locator("#query-preview .gallery")).to_have_count(0)


def test_images_that_failed(used_page: OpenPage) -> None:
    """A failed task says why, is in the list, and leads back to its own form."""
    page = used_page()
    go(page, "image")
    task_id = submit(page, "image", "snow #fail:content_refused")
    go(page, "query")
    expect(page.locator(f"#query-table [data-task-id='{task_id}']")).to_have_count(1)
    expect(page.locator("#query-preview")).to_contain_text("content review", timeout=120_000)
    page.locator("#query-again").click()
    expect(field(page, "#image-prompt")).to_be_visible()
    expect(field(page, "#image-prompt")).to_have_value(re.compile("snow"))
