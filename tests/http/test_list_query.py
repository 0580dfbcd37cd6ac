"""Lists: which ids are asked for, which stand on a page, and what one bad account means."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from jimeng_core import (
    AsyncJimeng,
    Completed,
    JimengError,
    Lookup,
    Mode,
    NetworkError,
    Pending,
    RequestEcho,
    Unauthorized,
    Video,
)
from tests.http.ark_client import TASKS, door

MOMENT = datetime(2026, 9, 1, 12, tzinfo=UTC)
ENDED = MOMENT + timedelta(seconds=30)
ASKED = MOMENT + timedelta(seconds=60)


class Shelf:
    """A client that finds odd numbers waiting, even ones done, `x…` not at all."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.trouble: JimengError = NetworkError()

    async def get_videos(self, ids: Sequence[str]) -> list[Lookup]:
        self.asked.append(list(ids))
        return [self._found(each) for each in ids]

    def _found(self, name: str) -> Lookup:
        if name.startswith("x"):
            return Lookup(name, None, self.trouble.about(name), ASKED)
        about: dict[str, Any] = {"id": name, "mode": Mode.FIRST_LAST_FRAME, "created_at": MOMENT}
        if int(name) % 2:
            request = RequestEcho(model="seedance-2.5")
            return Lookup(name, Pending(**about, request=request), None, ASKED)
        video = Video(url="/demo-media/a.mp4")
        done = Completed(
            **about, request=RequestEcho(model="video-3.0"), video=video, completed_at=ENDED
        )
        return Lookup(name, done, None, ASKED)


@pytest.fixture
def shelf() -> Shelf:
    """What stands behind the door."""
    return Shelf()


@pytest.fixture
def client(shelf: Shelf, tmp_path: Path) -> Iterator[TestClient]:
    """A caller of the door."""

    @asynccontextmanager
    async def opens() -> AsyncIterator[AsyncJimeng]:
        yield cast("AsyncJimeng", shelf)

    with TestClient(door(opens, data_dir=tmp_path), base_url="https://jimeng.example") as caller:
        yield caller


def listed(client: TestClient, **query: Any) -> tuple[list[str], list[str], int]:
    """The ids of the items, those of the errors, and the total."""
    given = {name.replace("filter_", "filter."): value for name, value in query.items()}
    answer = client.get(TASKS, params=given)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    items, errors = ([each["id"] for each in found[name]] for name in ("items", "errors"))
    return items, errors, found["total"]


def test_one_look_up_for_a_page(client: TestClient, shelf: Shelf) -> None:
    """Only the ids of the page are looked up, all at once, each once, in the order given."""
    ids = ["5", "x1", "5", *map(str, range(10, 40))]
    assert listed(client, filter_task_ids=ids, page_size=3) == (["5", "10"], ["x1"], 32)
    last = listed(client, filter_task_ids=",".join(ids), page_size=10, page_num=4)
    assert last == (["38", "39"], [], 32)
    assert shelf.asked == [["5", "x1", "10"], ["38", "39"]]
    assert listed(client, filter_task_ids=ids) == (["5", *ids[3:]], ["x1"], 32)


def test_narrowed(client: TestClient, shelf: Shelf) -> None:
    """By status and model, of all ids; what could not be looked up may fit, and is told."""
    ids = ["1", "2", "x", "4", "5", "6"]
    assert listed(client, filter_task_ids=ids, filter_status="succeeded", page_size=2) == (
        ["2"],
        ["x"],
        4,
    )
    assert listed(
        client, filter_task_ids=ids, filter_status="succeeded", page_size=2, page_num=2
    ) == (["4", "6"], [], 4)
    assert listed(client, filter_task_ids=ids, filter_model="doubao-seedance-2-5-260628") == (
        ["1", "5"],
        ["x"],
        3,
    )
    assert shelf.asked == [ids] * 3


def test_items_are_like_single_tasks(client: TestClient) -> None:
    """An item has Ark's fields and ours, and its links open as they are."""
    waits, done = client.get(TASKS, params={"filter.task_ids": "1,2"}).json()["items"]
    url = "https://jimeng.example/demo-media/a.mp4"
    assert done["content"] == {"video_url": url}
    assert done["video_url"] == url
    assert (done["status"], done["state"], done["progress"]) == ("succeeded", "completed", 100)
    assert done["created_at"] == waits["created_at"] == MOMENT.timestamp()
    assert (done["updated_at"], waits["updated_at"]) == (ENDED.timestamp(), ASKED.timestamp())
    assert done["checked_at"] == "2026-09-01T12:01:00.000+00:00"
    unknown = ("seed", "resolution", "ratio", "duration", "framespersecond", "usage", "error")
    assert [done[name] for name in unknown] == [None] * 7


def test_credential_that_the_upstream_refuses(client: TestClient, shelf: Shelf) -> None:
    """What is wrong with the account is wrong with the call, and not with single ids."""
    shelf.trouble = Unauthorized(upstream_code="1015")
    answer = client.get(TASKS, params={"filter.task_ids": ["1", "x"]})
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["code"], error["upstream_code"], error["id"]) == ("unauthorized", "1015", None)


def test_language_of_the_errors(client: TestClient) -> None:
    """The sentences of single ids are in the caller's language, too."""
    for language, told in (("zh", NetworkError().message_zh), ("en", NetworkError().message)):
        headers = {"accept-language": language}
        answer = client.get(TASKS, params={"filter.task_ids": "x"}, headers=headers)
        assert answer.json()["errors"] == [{"id": "x", "code": "network_error", "message": told}]
