"""The place of one's videos."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from jimeng_core import new_task_id
from tests.app.app_process import films
from tests.browser.conftest import OpenPage
from tests.browser.steps import ROWS, field, go, line, look_up, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def two_tasks(make_task: Callable[[str], str]) -> tuple[str, str]:
    """Two tasks that ended: a finished video and a failed one."""
    return make_task("a calm sea #1"), make_task("a storm #fail:content_refused")


def shown(page: Page) -> list[str]:
    """The ids of the list, in their order on the page."""
    rows = "rows => rows.map(each => [each.getBoundingClientRect().top, each.dataset.taskId])"
    return [task_id for _, task_id in sorted(page.locator(ROWS).evaluate_all(rows))]


def test_rows(open_page: OpenPage, two_tasks: tuple[str, str]) -> None:
    """What can be done with rows, by the keyboard too.

    One click copies every id, a line each; another copies the selected row's. Arrows move through
    the list, and the player follows. Words, a state or a part of an id filter it, and a click on a
    heading orders it, all without the server.
    """
    page = open_page()
    sea, storm = two_tasks
    look_up(page, f"{sea} {storm}")
    assert shown(page) == [sea, storm]

    page.locator("#query-more summary").click()
    page.locator("#query-copy-ids").click()
    expect(page.locator("#query-note")).to_contain_text("IDs copied: 2")
    assert page.evaluate("navigator.clipboard.readText()").split() == [sea, storm]
    page.locator("#query-preview [data-copy]").click()
    page.locator("#query-preview [data-copy]", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == sea

    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url) if "media" not in sent.url else None)
    page.locator(ROWS).first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#query-preview")).to_contain_text("content review")
    expect(page.locator(f"{ROWS}[aria-selected=true]")).to_have_attribute("data-task-id", storm)
    expect(page.locator(f"[data-task-id='{storm}']")).to_be_focused()

    page.locator("#query-note button", has_text="Show all").click()
    assert shown(page) == [storm, sea]  # the newest first
    page.locator("#query-table [role=columnheader] button", has_text="Prompt").click()
    assert shown(page) == [sea, storm]
    search = field(page, "#query-search")
    for words, found in (("calm", [sea]), (sea[-9:], [sea]), (sea[:5], []), ("FAILED", [storm])):
        search.fill(words)
        assert shown(page) == found
    search.fill("no such words")
    expect(page.locator("#query-table")).to_contain_text("No task matches")
    search.fill("")
    page.locator("#query-state-filter select").select_option("failed")
    assert shown(page) == [storm]
    assert requests == []
    page.reload()
    go(page, "query")
    expect(page.locator(ROWS)).to_have_count(1)  # the filter is as it was


def test_link_and_files(
    open_page: OpenPage, two_tasks: tuple[str, str], make_task: Callable[[str], str], tmp_path: Path
) -> None:
    """A link hands rows over, and the page opens with them; the list and the table become files."""
    page = open_page()
    sea, _ = two_tasks
    river = make_task("a river #1")
    look_up(page, f"two clips that I liked, have a look at them: {sea} and {river}")
    assert shown(page) == [sea, river]
    page.locator("#query-share").click()
    expect(page.locator("#query-note")).to_contain_text("tasks: 2")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{page.url}?ids={sea},{river}"
    page.locator("#query-more summary").click()
    with page.expect_download() as saved:
        page.locator("#query-csv").click()
    table = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert table[0].startswith("id,mode,state")
    assert [text.split(",")[0] for text in table[1:]] == [sea, river]
    page.locator("#query-more summary").click()
    with page.expect_download() as saved:
        page.locator("#query-export-list").click()
    exported = tmp_path / "list.json"
    saved.value.save_as(exported)
    assert len(json.loads(exported.read_text())["entries"]) == 2
    expect(page.locator("#query-note")).to_contain_text(saved.value.suggested_filename)

    friend = open_page("zh-CN", at=link.removeprefix(page.url))  # another browser
    expect(friend.locator(f"{ROWS}[data-state=completed]")).to_have_count(2)
    assert shown(friend) == [sea, river]
    friend.locator("#query-more summary").click()
    friend.locator("#query-remove-shown").click()
    expect(friend.locator(ROWS)).to_have_count(0)
    friend.locator("#query-note button", has_text="显示全部").click()
    friend.locator("#query-more input[type=file]").set_input_files(exported)
    expect(friend.locator(ROWS)).to_have_count(2)


def test_next_step_of_a_failed_task(used_page: OpenPage, two_tasks: tuple[str, str]) -> None:
    """A failed row says why, and its button leads back to the form with its prompt."""
    page = used_page("zh-CN")
    look_up(page, two_tasks[1])
    expect(page.locator("#query-preview")).to_contain_text("内容审核未通过")
    page.locator("#query-again", has_text="修改后重新提交").click()
    expect(field(page, "#first-last-frame-prompt")).to_have_value(re.compile("a storm"))


def test_next_step_without_a_credential(used_page: OpenPage) -> None:
    """Where a credential is missing, the button opens the field to enter it."""
    page = used_page()
    page.locator("#connection button").first.click()
    page.locator("#backend label", has_text="JiMeng").click()
    field(page, "#token").wait_for()
    page.locator("#connection button").first.click()
    look_up(page, "01a20c5b-861c-7ca4-8fb4-7bbe5e838d75")
    page.locator("#query-preview .next", has_text="Enter the credential").click()
    expect(field(page, "#token")).to_be_visible()


def test_it_follows_by_itself(open_page: OpenPage, app_folder: Path) -> None:
    """A task is followed to its end without a press, then asked for no more; nothing jumps.

    A look-up says which rows the browser has; one that has not changed stays as it was.
    """
    page = open_page(own_clock=True)
    with films(app_folder, "held"):
        task_id = submit(page, prompt="waves")
        go(page, "query")
        row = page.locator(f"#query-table [data-task-id='{task_id}']")
        page.clock.fast_forward("00:03")
        expect(row).to_have_attribute("data-state", "processing")
        row.evaluate("row => { row.isSameRow = true }")
    page.clock.fast_forward("01:00")
    expect(row).to_contain_text("● completed")
    expect(page.locator("#query-preview video")).to_have_count(1)
    assert row.evaluate("row => row.isSameRow")  # its cells were changed, not the row
    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url))
    page.clock.fast_forward("10:00")
    page.locator("#query-run").click()
    expect(page.locator("#query-note")).to_contain_text("All are finished")
    assert not [url for url in requests if "/page/" in url]

    asked: list[Any] = []
    other = new_task_id()
    fields = {"id": other, "state": "processing", "progress": 40, "interval": 5, "ended": False}
    fields |= {"error": None, "digest": "d1", "progress_source": "upstream"}

    def respond(route: Route) -> None:
        asked.append(route.request.post_data_json)
        rows = [fields] if len(asked) == 1 else []
        route.fulfill(json={"rows": rows, "interval": 5, "counts": {}, "left_out": 0})

    page.route("**/page/look-ups", respond)
    page.evaluate(
        """(id) => jimeng.store.add({
          id, backend: "demo", mode: "image", prompt: "x", at: new Date().toISOString() })""",
        other,
    )
    for known in (None, "d1", "d1"):
        with page.expect_response("**/page/look-ups"):
            page.clock.fast_forward("00:06")
        expect(page.locator(f"#query-table [data-task-id='{other}']")).to_contain_text("40 %")
        assert asked[-1] == {"ids": [other], "known": [known]}


def test_dead_link(used_page: OpenPage, two_tasks: tuple[str, str]) -> None:
    """A link that has died is asked for again by itself, once."""
    page = used_page()
    look_up(page, two_tasks[0])
    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url) if "/page/" in sent.url else None)
    with page.expect_request("**/page/**"):
        page.evaluate(
            """async () => {
              const [entry] = jimeng.store.entries();
              const dead = entry.row.video_url.replace(/[^/]+$/, "gone.mp4");
              await jimeng.store.addAll([{ ...entry, row: { ...entry.row, video_url: dead } }]);
            }"""
        )
    video = page.locator("#query-preview video")
    expect(video).to_have_attribute("src", re.compile(rf"{two_tasks[0]}\.mp4$"))
    assert len(requests) == 1


def test_thousand_tasks(open_page: OpenPage) -> None:
    """A thousand tasks are painted at once, filtered at each key, and none that ended is asked."""
    page = open_page()
    ids = [new_task_id() for _ in range(1000)]
    page.evaluate(
        """(ids) => jimeng.store.addAll(ids.map((id, number) => ({
          id, backend: "demo", mode: "image", prompt: `clip ${number}`,
          at: new Date(1.7e12 + number * 1000).toISOString(),
          row: { id, state: "completed", ended: true, interval: null, error: null, progress: 100 },
        })))""",
        ids,
    )
    page.reload()
    page.locator("#connection", has_text="·").wait_for()
    requests: list[str] = []
    page.on("request", lambda sent: requests.append(sent.url) if "/page/" in sent.url else None)
    page.locator("#tab-query-button").click()
    expect(page.locator("#query-note")).to_contain_text("1000 in all")
    assert line(page, 0)["id"] == ids[-1]
    took = page.evaluate(
        """() => {
          const search = document.querySelector("#query-search input");
          const start = performance.now();
          search.value = "clip 7";
          search.dispatchEvent(new Event("input", { bubbles: true }));
          document.querySelector("#query-table").getBoundingClientRect();
          return performance.now() - start;
        }"""
    )
    expect(page.locator("#query-note")).to_contain_text("271 of 1000")
    assert took < 500  # 50 ms where nothing else runs, see docs/performance.md
    page.mouse.move(400, 500)
    page.mouse.wheel(0, 3000)
    expect(page.locator(ROWS, has_text=re.compile(r"clip 997$"))).to_have_count(0)
    assert requests == []


LONG_TEXTS = """line => {
  const texts = { ".created-cell": "59 min ago", ".state": "◑ processing", ".progress": "63 % ~" };
  const box = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  };
  return Object.entries(texts).filter(([selector, text]) => {
    const part = line.querySelector(selector);
    part.textContent = text;
    const { height, right } = box(part);
    return height > 24 || right > line.getBoundingClientRect().right - 4;
  });
}"""
"""Puts the longest texts into a line; what takes two lines there, or is cut."""


@pytest.mark.parametrize(("width", "top"), [(1400, 360), (390, 420)])
def test_where_the_list_begins(
    used_page: OpenPage, two_tasks: tuple[str, str], width: int, top: int
) -> None:
    """The list begins in the upper half of the window, and a chosen task's player is in view.

    No line of the list is cut, and neither is a long text in it. On a phone a field orders the
    list, as headings do.
    """
    page = used_page(width=width)
    look_up(page, " ".join(two_tasks))
    box = page.locator("#query-table [role=grid]").bounding_box()
    assert box
    assert box["y"] < top
    if width < 900:
        expect(page.locator("#query-preview video")).to_have_count(1)
        page.locator(f"[data-task-id='{two_tasks[1]}']").click()
        expect(page.locator("#query-preview")).to_contain_text("content review")
        page.locator(f"[data-task-id='{two_tasks[0]}']").click()
    expect(page.locator("#query-preview video")).to_be_in_viewport(ratio=0.9)
    if width < 900:
        page.locator(f"[data-task-id='{two_tasks[0]}']").click()  # closes it
        expect(page.locator("#query-preview")).to_be_hidden()
    lines = page.locator(ROWS).evaluate_all("lines => lines.map(line => line.offsetHeight)")
    body = page.locator("#query-table .body").evaluate("each => each.offsetHeight")
    assert sum(lines) <= body
    assert page.locator(ROWS).first.evaluate(LONG_TEXTS) == []
    if width < 900:
        order = page.locator("#query-order select")
        expect(order).to_have_value("given")
        for text in ("Prompt ↓", "Prompt ↑"):
            order.select_option(text)
            assert shown(page) == sorted(two_tasks, reverse=text.endswith("↓"))
        page.set_viewport_size({"width": 1400, "height": 900})
        expect(page.locator("[aria-sort=ascending]")).to_have_text("Prompt ↑")
        page.locator("#query-table [role=columnheader] button", has_text="Time").click()
        expect(order).to_have_value("created ↓")
        page.get_by_role("button", name="Show all tasks").click()
        expect(order.locator("[value=given]")).to_have_count(0)


def test_archive(used_page: OpenPage, two_tasks: tuple[str, str], made_images: str) -> None:
    """Results are saved as one archive, with a list of what is in it and what is not."""
    page = used_page()
    sea, storm = two_tasks
    look_up(page, f"{sea} {storm} {made_images}")
    with page.expect_download() as saved:
        page.locator("#query-zip").click()
    expect(page.locator("#query-note")).to_contain_text("Files saved: 4")
    assert re.fullmatch(r"jimeng-\d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        names = set(archive.namelist())
    assert {each["id"] for each in manifest["files"]} == {sea, made_images}
    assert {each["name"] for each in manifest["files"]} | {"manifest.json"} == names
