"""Accessibility: screen readers, small windows, both colour schemes."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.steps import EXAMPLES, FORMS, field, go, look_up, submit, try_example

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def finished(make_task: Callable[[str], str]) -> str:
    """A finished task."""
    return make_task("a finished one #1")


SMALL_TARGETS = """() => [...document.querySelectorAll("[role=tabpanel] button, .links a")]
  .filter(each => each.checkVisibility({ visibilityProperty: true }))
  .filter(each => each.offsetHeight > 0 && each.offsetHeight < 44)
  .map(each => each.outerHTML)"""
"""The visible targets that are too low, found at once: the page may draw some anew meanwhile."""
WITH_CARDS = ("first-last-frame", "image")
"""The forms whose cards differ."""
VALUES = "form => [...form.querySelectorAll('textarea, input, img')].map(x => x.value ?? x.src)"
"""What stands in a form."""


def see_example(page: Page, form: str) -> None:
    """Expect the pictures of a form's example."""
    expect(page.locator(f"#tab-{form} .thumbs img")).to_have_count(EXAMPLES[form])
    page.wait_for_function(
        f"[...document.querySelectorAll('#tab-{form} .thumbs img')]"
        ".every(image => image.naturalWidth > 100)"
    )


def every_view(page: Page, video: str, images: str, sent: Sequence[str]) -> Iterator[str]:
    """Show each view of the page, one after the other: every tab, empty and filled."""
    for form in FORMS:
        go(page, form)
        yield f"empty {form}"
        see_example(page, form)
        try_example(page, form)
        yield f"filled {form}"
        if form not in sent:
            continue
        fields = page.locator(f"#tab-{form} .columns > :first-child")
        values = fields.evaluate(VALUES)
        submit(page, form)
        page.locator(f"#{form}-result [data-state=completed]").wait_for()
        assert fields.evaluate(VALUES) == values  # ready for a variation
        if form in WITH_CARDS:
            yield f"a card of {form}"
    go(page, "query")
    yield "empty query"
    look_up(page, f"{video} n0nsense {images}")
    page.locator("#query-preview video").wait_for()
    yield "a video"
    page.locator(f"#query-table [data-task-id='{images}']").click()
    expect(page.locator("#query-preview .gallery img")).to_have_count(3)
    yield "images"


@pytest.mark.parametrize(
    ("locale", "dark", "example"),
    [("zh-CN", False, "火箭点火升空"), ("en-US", True, "The rocket lifts off")],
)
def test_every_view(
    locale: str, dark: bool, example: str, open_page: OpenPage, finished: str, made_images: str
) -> None:
    """Every view, empty or filled, is readable in either scheme and in a small window.

    At 390 px nothing scrolls sideways, and targets are large enough; at 1400 px axe-core finds
    nothing serious; in the dark scheme, whose elements are the same, only colours are examined.
    Each form shows an example, in the reader's language; a click loads it, and it can be sent.
    """
    page = open_page(locale, width=390, dark=dark)
    page.add_style_tag(content="* { transition: none !important }")  # colours that fade in
    page.evaluate(AXE_SCRIPT)
    options: dict[str, list[str]] = {"resultTypes": ["violations"]}
    if dark:
        options["runOnly"] = ["color-contrast"]
    page.locator("#connection button").first.click()
    part = "html"
    for view in every_view(page, finished, made_images, WITH_CARDS if dark else FORMS):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        small = page.evaluate(SMALL_TARGETS)
        assert not small, (view, small)
        assert page.locator("[aria-label='Upload file'], [aria-label='Remove Image']").count() == 0
        page.set_viewport_size({"width": 1400, "height": 900})
        page.mouse.move(0, 0)
        found = page.evaluate("([part, options]) => axe.run(part, options)", [part, options])
        part = "[role=tabpanel]:not([style*=none])"  # the rest is the same in each view
        bad = [
            (each["id"], [node["html"][:160] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in {"serious", "critical"}
        ]
        assert not bad, (view, bad)
        page.set_viewport_size({"width": 390, "height": 900})
    assert example in field(page, "#first-last-frame-prompt").input_value()
