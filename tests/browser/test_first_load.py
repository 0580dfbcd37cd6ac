"""What a first visit costs, and whether the page stands still while it is drawn."""

import pytest
from playwright.sync_api import Browser, Request, ViewportSize

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WATCH_SHIFTS = """new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries())
    if (!hadRecentInput) window.shifts = (window.shifts ?? 0) + value;
}).observe({ type: "layout-shift", buffered: true })"""

COUNT_FRAMES = """{
  window.framesAsked = 0;
  const ask = requestAnimationFrame;
  window.requestAnimationFrame = (draw) => { window.framesAsked += 1; return ask(draw); };
}"""

FRAMES_LATER = "new Promise((done) => setTimeout(() => done(window.framesAsked), 300))"


def test_first_load(browser: Browser, app_url: str) -> None:
    """A first visit moves at most 450 KB, 60 KB of them HTML, and nothing jumps on a phone.

    A page at rest draws no frame: nothing runs in the reader's browser.
    """
    window: ViewportSize = {"width": 390, "height": 900}
    with browser.new_context(viewport=window, reduced_motion="reduce") as context:
        page = context.new_page()
        page.add_init_script(WATCH_SHIFTS)
        page.add_init_script(COUNT_FRAMES)
        sizes: dict[str, int] = {}

        def add(request: Request) -> None:
            sizes[request.url] = request.sizes()["responseBodySize"]

        page.on("requestfinished", add)
        # What is not drawn after ten seconds is shown anyway: that time does not come here.
        animations = context.new_cdp_session(page)
        animations.send("Animation.enable")
        animations.send("Animation.setPlaybackRate", {"playbackRate": 0.001})
        page.goto(app_url)
        page.locator("#connection", has_text="·").wait_for()
        page.locator("html[data-drawn]").wait_for(state="attached")
        page.wait_for_function(
            "[...document.images].every(image => image.complete && image.naturalWidth)"
        )
        page.locator("#first-last-frame-submit").wait_for()
        assert sizes[app_url] <= 60_000
        assert sum(sizes.values()) <= 450_000
        assert page.evaluate("window.shifts ?? 0") <= 0.05
        before, now = -1, 0
        while before != now:
            before, now = now, page.evaluate(FRAMES_LATER)
