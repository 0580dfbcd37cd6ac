"""The events of the page, without a browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from jimeng_app.page.components import html_name
from jimeng_core.requests import Mode
from jimeng_core.settings import BackendName
from tests.app.app_process import picture
from tests.app.page_events import PageEvents, Values
from tests.each import each

CREDENTIAL = "a" * 32


@pytest.fixture(scope="module")
def page(app_url: str) -> Iterator[PageEvents]:
    """The page of a visitor."""
    page = PageEvents.load(app_url, "events of the page")
    yield page
    page.close()


def ended(outputs: Values) -> dict[str, Any]:
    """What the browser is told at the end of a submission."""
    [end] = (each for each in outputs.values() if isinstance(each, dict) and "entry" in each)
    return end


@pytest.mark.parametrize("mode", list(Mode))
def test_from_the_example_to_the_task(page: PageEvents, mode: Mode) -> None:
    """The example of each form is a request that is accepted, under the id the browser stored."""
    name = html_name(mode)
    example = page.send(f"{name}-example", {})
    outputs = page.send(f"{name}-submit", {"backend": "demo", **example})
    end = ended(outputs)
    assert outputs[f"{name}-task-id"] == end["entry"]["id"] == end["row"]["id"]
    assert end["row"]["state"] == "pending"
    assert end["row"]["error"] is None
    assert outputs[f"{name}-submit"]["interactive"] is True


@each(
    ("mode", "values", "field", "sentence"),
    [
        (Mode.FIRST_LAST_FRAME, {}, "prompt-problem", "is empty"),
        (Mode.MULTI_FRAME, {"multi-frame-pictures": []}, "pictures-problem", "2 to 10"),
        (Mode.SUBJECT_REFERENCE, {}, "prompt-problem", "is empty"),
        (
            Mode.FIRST_LAST_FRAME,
            {"first-last-frame-first": {"path": "data:image/png;base64,AAAA"}},
            "pictures-problem",
            "",
        ),
    ],
)
def test_refused(page: PageEvents, mode: Mode, values: Values, field: str, sentence: str) -> None:
    """What does not fit is said at its field, and nothing is stored."""
    outputs = page.send(f"{html_name(mode)}-submit", {"backend": "demo", **values})
    assert sentence in outputs[f"{html_name(mode)}-{field}"]
    assert ended(outputs)["entry"] is None
    assert ended(outputs)["row"] is None


def test_without_a_credential(page: PageEvents) -> None:
    """Where a credential is missing, the panel for it opens."""
    outputs = page.send("image-submit", {"backend": "ark", "image-prompt": "a cabin"})
    assert outputs["connection"]["open"] is True
    assert ended(outputs)["needs_credential"] is True


def test_try_free_on_the_demo(page: PageEvents) -> None:
    """The second button of a form sends it to the demo, whatever backend is selected."""
    values = {"backend": "ark", "token": CREDENTIAL, "first-last-frame-prompt": "a calm sea"}
    entry = ended(page.send("first-last-frame-try-demo", values))["entry"]
    assert entry["backend"] == BackendName.DEMO


def test_lost_answer(page: PageEvents) -> None:
    """A submission to a service that cannot be reached ends in a sentence."""
    values = {"backend": "web", "token": CREDENTIAL, "first-last-frame-prompt": "a calm sea"}
    outputs = page.send("first-last-frame-submit", values)
    assert "could not be reached" in outputs["first-last-frame-problem"]
    assert ended(outputs)["entry"]["backend"] == BackendName.WEB


def test_while_typing(page: PageEvents) -> None:
    """The check while someone types reads the pictures, and gives the price."""
    broken = page.upload("a.png", picture("red")[:200])
    values: Values = {
        "backend": "ark",
        "token": CREDENTIAL,
        "first-last-frame-prompt": "a calm sea",
        "first-last-frame-model": "seedance-2.0",
    }
    name = "first-last-frame-summary"
    fits = page.send(name, values, event_data={"pictures": False})
    assert "CNY" in fits["first-last-frame-price"] or "¥" in fits["first-last-frame-price"]
    values |= {"first-last-frame-first": broken}
    outputs = page.send(name, values, event_data={"pictures": True})
    assert outputs["first-last-frame-pictures-problem"]


def test_connection(page: PageEvents) -> None:
    """A selected backend is described, and a test of its credential says what is wrong."""
    shown = page.send("backend", {"backend": "web"}, "input")
    assert shown["connection-test"]["visible"] is True
    assert shown["token"]["visible"] is True
    tested = page.send("connection-test", {"backend": "web", "token": CREDENTIAL})
    assert "could not be reached" in tested["connection-tested"]
