"""Record the main path of the page, from an example to the saved results, in Chinese and English.

Usage: `make recording`. Needs what `make screenshots` needs. Each recording is an animated WebP
picture in docs/screenshots.
"""

import base64
import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from scripts.screenshots import FOLDER, LOCALES, ROOT, TIMEOUT, served_page

SIZE = (1120, 700)
"""Of the window, in pixels."""
SHOWN = 900
"""The width of the recording."""
LONGEST = 1200
"""Milliseconds that a picture stays: what takes longer is shortened."""
SHORTEST = 120
QUALITY = 72
TYPED = {"zh": "，夜色很静", "en": ", in a quiet night"}

_POINTER = """() => {
  const dot = document.createElement("div");
  dot.style = `position: fixed; z-index: 9999; width: 18px; height: 18px; margin: -9px; left: -99px;
    border-radius: 50%; background: #0f766e80; border: 2px solid #0f766e; pointer-events: none`;
  document.body.append(dot);
  addEventListener("mousemove", ({ clientX, clientY }) => {
    dot.style.left = `${clientX}px`;
    dot.style.top = `${clientY}px`;
  }, true);
}"""


def main() -> None:
    """Make both recordings."""
    with served_page() as (browser, url):
        for language in LOCALES:
            record(browser, url, language)


def record(browser: Browser, url: str, language: str) -> None:
    """Go the main path in a language, and save what was seen."""
    context = browser.new_context(
        locale=LOCALES[language],
        viewport={"width": SIZE[0], "height": SIZE[1]},
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(TIMEOUT)
    expect.set_options(timeout=TIMEOUT)
    page = context.new_page()
    page.goto(url)
    page.locator("#connection", has_text="·").wait_for()
    page.evaluate(_POINTER)
    with filmed(page) as frames:
        make_and_take_home(page, TYPED[language])
    context.close()
    save(frames, FOLDER / f"recording-{language}.webp")


def make_and_take_home(page: Page, typed: str) -> None:
    """The main path: an example, a video of it, the list, and an archive."""
    page.wait_for_timeout(1000)
    press(page, page.locator("#first-last-frame-example"))
    expect(page.locator("#tab-first-last-frame .columns > :first-child img")).to_have_count(2)
    page.wait_for_timeout(800)
    prompt = page.locator("#first-last-frame-prompt textarea")
    prompt.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(typed, delay=120)
    press(page, page.locator("#first-last-frame-submit"))
    card = page.locator("#first-last-frame-result [data-state=completed]")
    card.wait_for()
    page.mouse.move(SIZE[0] / 2, SIZE[1] - 60)
    card.locator("video").evaluate("video => video.play()")
    page.wait_for_timeout(4000)
    press(page, page.locator("#tab-query-button"))
    row = page.locator("#query-table .body [data-task-id]").first
    press(page, row)
    page.locator("#query-preview video").wait_for()
    page.wait_for_timeout(1500)
    with page.expect_download():
        press(page, page.locator("#query-zip"))
    expect(page.locator("#query-note")).to_contain_text(re.compile("[1-9]"))
    page.wait_for_timeout(2000)


def press(page: Page, target: Locator) -> None:
    """Click, as a hand does: go there first."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box  # noqa: S101 - for the type checker
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 30), steps=6)
    page.wait_for_timeout(400)
    target.click(position={"x": box["width"] / 2, "y": min(box["height"] / 2, 30)})
    page.wait_for_timeout(600)


@contextmanager
def filmed(page: Page) -> Iterator[list[tuple[float, bytes]]]:
    """The pictures of a page, with their times, as the browser draws them."""
    frames: list[tuple[float, bytes]] = []
    session = page.context.new_cdp_session(page)

    def add(frame: dict[str, Any]) -> None:
        frames.append((time.monotonic(), base64.b64decode(frame["data"])))
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", add)
    session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 2})
    yield frames
    session.send("Page.stopScreencast")
    frames.append((time.monotonic(), page.screenshot()))  # the end, of which it may have no picture
    session.detach()


def save(frames: list[tuple[float, bytes]], path: Path) -> None:
    """Save pictures as an animated one; what takes long is shortened."""
    chosen: list[tuple[float, bytes]] = []
    for at, data in frames:
        if not chosen or (at - chosen[-1][0]) * 1000 >= SHORTEST:
            chosen.append((at, data))
        else:  # the newest, so that the last one is the end
            chosen[-1] = chosen[-1][0], data
    times = [at for at, _ in chosen] + [chosen[-1][0] + 2]
    durations = [min(int((end - start) * 1000), LONGEST) for start, end in pairwise(times)]
    height = round(SHOWN * SIZE[1] / SIZE[0])
    pictures = [
        Image.open(io.BytesIO(data)).convert("RGB").resize((SHOWN, height)) for _, data in chosen
    ]
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=QUALITY,
        method=4,
        allow_mixed=True,
    )
    kilobytes = path.stat().st_size // 1024
    print(f"{path.relative_to(ROOT)}: {sum(durations) / 1000:.0f} s, {kilobytes} KB")


if __name__ == "__main__":
    main()
