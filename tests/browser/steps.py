"""What a visitor does on the page, as steps of the tests."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from jimeng_core.settings import BackendName
from tests.app.app_process import pictures

FORMS = ("first-last-frame", "multi-frame", "subject-reference", "image")
TABS = (*FORMS, "query")
EXAMPLES = {"first-last-frame": 2, "multi-frame": 3, "subject-reference": 2, "image": 1}
"""The number of pictures in each form's example."""
A_TASK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def go(page: Page, tab: str) -> Locator:
    """Open a tab; returns its panel."""
    page.locator(f"#tab-{tab}-button").click()
    panel = page.locator(f"#tab-{tab}")
    panel.wait_for()
    return panel


def choose_backend(page: Page, backend: BackendName) -> None:
    """Select a backend in the open panel, which then moves what is below it: a click could miss."""
    page.locator("#backend label", has=page.locator(f"[value={backend}]")).click()
    expect(page.locator("#connection-test")).to_be_visible(visible=backend != BackendName.DEMO)


def upload(page: Page, selector: str, files: list[Path]) -> None:
    """Select files in a component, and wait for their thumbnails."""
    component = page.locator(selector)
    component.locator("input[type=file]").first.set_input_files(files)
    expect(component.locator("img")).to_have_count(len(files))


def field(page: Page, selector: str) -> Locator:
    """The input of a component."""
    return page.locator(f"{selector} textarea, {selector} input").first


def fill_form(page: Page, mode: str, folder: Path) -> None:
    """Fill the form of a mode."""
    files = pictures(folder, "teal", "coral", "gold")
    go(page, mode)
    if mode == "first-last-frame":
        upload(page, "#first-last-frame-first", files[:1])
        upload(page, "#first-last-frame-last", files[1:2])
    else:
        upload(page, f"#{mode}-pictures", files)
    if mode == "multi-frame":
        for number, prompt in enumerate(("in", "out", "back"), 1):
            frame(page, number).locator("textarea").fill(prompt)
    else:
        prompt = "@图片1 @图片3" if mode == "subject-reference" else "waves"
        field(page, f"#{mode}-prompt").fill(prompt)


def try_example(page: Page, mode: str) -> None:
    """Fill a form with its example."""
    go(page, mode)
    page.locator(f"#{mode}-example").click()
    expect(page.locator(f"#tab-{mode} .columns > :first-child img")).to_have_count(EXAMPLES[mode])


def frame(page: Page, number: int) -> Locator:
    """The row of a picture of the multi-frame form."""
    return page.locator(f"#multi-frame-prompt > li:nth-child({number})")


def submit(page: Page, mode: str = "first-last-frame", prompt: str = "") -> str:
    """Submit a form; returns the task's id."""
    if prompt:
        field(page, f"#{mode}-prompt").fill(prompt)
    task_id = field(page, f"#{mode}-task-id")
    before = task_id.input_value()
    page.locator(f"#{mode}-submit").click()
    expect(task_id).to_have_value(A_TASK_ID)
    expect(task_id).not_to_have_value(before or "-")
    expect(page.locator(f"#{mode}-submit")).to_be_enabled()
    return task_id.input_value()


ROWS = "#query-table [data-task-id]"
"""The lines of the list of tasks."""


def line(page: Page, number: int) -> dict[str, str]:
    """What a line of the list says: `id`, `state`, `prompt`, `note` and `mode`."""
    row = page.locator(ROWS).nth(number)
    parts = {"state": ".state", "prompt": ".prompt-text", "note": ".note", "mode": ".mode-cell"}
    texts = {name: row.locator(part).inner_text() for name, part in parts.items()}
    return texts | {"id": row.get_attribute("data-task-id") or ""}


def look_up(page: Page, text: str) -> None:
    """Look ids up, and wait for the result."""
    go(page, "query")
    field(page, "#query-ids").fill(text)
    page.locator("#query-run").click()
    expect(field(page, "#query-ids")).to_have_value("")  # they are in the list


def choose(page: Page, selector: str, text: str) -> None:
    """Select from a list."""
    page.locator(f"{selector} input").click()
    option = re.compile(rf"^\W*{re.escape(text)}\s*$")
    page.locator("ul[role=listbox] li", has_text=option).click()
    expect(page.locator(f"{selector} input")).to_have_value(text)


_READ_STORAGE = """async () => {
  const read = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await read(indexedDB.open(name));
    for (const store of database.objectStoreNames)
      found[store] = await read(database.transaction(store).objectStore(store).getAll());
    database.close();
  }
  return JSON.stringify({
    ...found, local: {...localStorage}, session: {...sessionStorage}, cookie: document.cookie });
}"""


def stored(page: Page) -> dict[str, Any]:
    """Everything that the browser stores of the page."""
    return dict(json.loads(page.evaluate(_READ_STORAGE)))


def server_events(page: Page) -> list[str]:
    """The page's events that reach the server from now on."""
    urls: list[str] = []
    page.on("request", lambda sent: urls.append(sent.url) if "queue/join" in sent.url else None)
    return urls
