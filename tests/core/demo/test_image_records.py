"""The demo's records of images have the shape of the site's (protocol 9.1)."""

from typing import Any

import pytest

from jimeng_core.backends.demo.parsed_draft import ParsedDraft, ParsedShot
from jimeng_core.backends.demo.record_writing import RecordView, record
from jimeng_core.backends.demo.store import DemoTask
from jimeng_core.ids import new_task_id

URLS = ["/media/1", "/media/2"]
WORDS = ParsedDraft("image", "海", (), 0, 0, "2k", "16:9", 7, count=2)
PICTURE = ParsedDraft("image", "海", (ParsedShot("tos/a"),), 0, 0, "2k", "16:9", 7, count=2)
FILM = ParsedDraft("first_last_frame", "海", (), 4, 24, "720p", "16:9", 7)


def seen(order: ParsedDraft, finished: float | None) -> dict[str, Any]:
    """The record of a task, a second after it was made."""
    task = DemoTask(
        new_task_id(), "account", "visitor", 1000, 0, order, "{}", "{}", finished=finished
    )
    return record(task, RecordView(1001, 0, 1, URLS))


@pytest.mark.parametrize(("order", "number"), [(WORDS, 1), (PICTURE, 12), (FILM, 10)])
def test_type(order: ParsedDraft, number: int) -> None:
    """`generate_type` tells words, pictures and videos apart, from the start."""
    assert seen(order, None)["generate_type"] == seen(order, 1000)["generate_type"] == number


def test_before_the_end() -> None:
    """While the images are drawn none is told of."""
    told = seen(WORDS, None)
    assert told["status"] == 42
    assert (told["total_image_count"], told["finished_image_count"]) == (2, 0)
    assert told["item_list"] == []


def test_finished() -> None:
    """Then each has an item of its own, with its size and nothing of a video."""
    told = seen(WORDS, 1000)
    assert told["status"] == told["task"]["status"] == 50
    assert (told["total_image_count"], told["finished_image_count"]) == (2, 2)
    assert [item["image"]["large_images"] for item in told["item_list"]] == [
        [{"image_url": url, "width": 2560, "height": 1440, "format": "jpeg"}] for url in URLS
    ]
    assert [sorted(item) for item in told["item_list"]] == [["common_attr", "image"]] * 2
    assert {item["common_attr"]["status"] for item in told["item_list"]} == {144}


def test_videos_are_as_they_were() -> None:
    """A video counts no images and has one item, a video."""
    told = seen(FILM, 1000)
    assert (told["total_image_count"], told["finished_image_count"]) == (0, 0)
    assert [sorted(item) for item in told["item_list"]] == [["common_attr", "video"]]
