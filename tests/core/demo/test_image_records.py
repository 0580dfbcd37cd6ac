"""The demo's records of images are shaped like the site's (protocol 9.1)."""

from typing import Any

from jimeng_core.backends.demo.parsed_draft import ParsedDraft, ParsedShot
from jimeng_core.backends.demo.record_writing import RecordView, record
from jimeng_core.backends.demo.stored_task import DemoTask
from jimeng_core.ids import new_task_id
from tests.each import each

URLS = ["/media/1", "/media/2"]
TEXT = ParsedDraft("image", "海", (), 0, 0, "2k", "16:9", 7, count=2)
PICTURE = ParsedDraft("image", "海", (ParsedShot("tos/a"),), 0, 0, "2k", "16:9", 7, count=2)
VIDEO = ParsedDraft("first_last_frame", "海", (), 4, 24, "720p", "16:9", 7)


def record_of(draft: ParsedDraft, finished: float | None) -> dict[str, Any]:
    """The record of a task, a second after its submission."""
    task = DemoTask(
        new_task_id(), "account", "visitor", 1000, 0, draft, "{}", "{}", finished=finished
    )
    return record(task, RecordView(1001, 0, 1, URLS))


@each(("draft", "number"), [(TEXT, 1), (PICTURE, 12), (VIDEO, 10)])
def test_type(draft: ParsedDraft, number: int) -> None:
    """`generate_type` distinguishes text, pictures and videos, from the start."""
    assert (
        record_of(draft, None)["generate_type"] == record_of(draft, 1000)["generate_type"] == number
    )


def test_before_the_end() -> None:
    """Before the end, a record has no image."""
    shown = record_of(TEXT, None)
    assert shown["status"] == 42
    assert (shown["total_image_count"], shown["finished_image_count"]) == (2, 0)
    assert shown["item_list"] == []


def test_finished() -> None:
    """At the end, each image has an item with its size, and there is no video."""
    shown = record_of(TEXT, 1000)
    assert shown["status"] == shown["task"]["status"] == 50
    assert (shown["total_image_count"], shown["finished_image_count"]) == (2, 2)
    assert [item["image"]["large_images"] for item in shown["item_list"]] == [
        [{"image_url": url, "width": 2560, "height": 1440, "format": "jpeg"}] for url in URLS
    ]
    assert [sorted(item) for item in shown["item_list"]] == [["common_attr", "image"]] * 2
    assert {item["common_attr"]["status"] for item in shown["item_list"]} == {144}


def test_videos() -> None:
    """The record of a video counts no images, and has one item with a video."""
    shown = record_of(VIDEO, 1000)
    assert (shown["total_image_count"], shown["finished_image_count"]) == (0, 0)
    assert [sorted(item) for item in shown["item_list"]] == [["common_attr", "video"]]
