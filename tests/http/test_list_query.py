"""Lists: the ids looked up, the entries of a page, and errors of the account."""

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
    ErrorCode,
    Failed,
    Failure,
    JimengError,
    Lookup,
    Mode,
    NetworkError,
    Pending,
    RequestEcho,
    Unauthorized,
    Video,
)
from jimeng_core.backends.ark.error_mapping import map_failure
from tests.http.ark_client import TASKS, ark_app

MOMENT = datetime(2026, 9, 1, 12, tzinfo=UTC)
ENDED = MOMENT + timedelta(seconds=30)
CHECKED = MOMENT + timedelta(seconds=60)


class NumberClient:
    """A client on which odd ids are pending, even ids are completed, and `x…` is an error.

    Attributes:
        failures: Why single ids failed.
    """

    def __init__(self) -> None:
        self.requested: list[list[str]] = []
        self.error: JimengError = NetworkError()
        self.failures: dict[str, Failure] = {}

    async def get_videos(self, ids: Sequence[str]) -> list[Lookup]:
        self.requested.append(list(ids))
        return [self._lookup(task_id) for task_id in ids]

    def _lookup(self, task_id: str) -> Lookup:
        if task_id.startswith("x"):
            return Lookup(task_id, None, self.error.about(task_id), CHECKED)
        about: dict[str, Any] = {"id": task_id, "mode": Mode.FIRST_LAST_FRAME, "created_at": MOMENT}
        if failure := self.failures.get(task_id):
            return Lookup(task_id, Failed(**about, failure=failure), None, CHECKED)
        if int(task_id) % 2:
            request = RequestEcho(model="seedance-2.5")
            return Lookup(task_id, Pending(**about, request=request), None, CHECKED)
        video = Video(url="/demo-media/a.mp4")
        completed = Completed(
            **about, request=RequestEcho(model="video-3.0"), video=video, completed_at=ENDED
        )
        return Lookup(task_id, completed, None, CHECKED)


@pytest.fixture
def numbers() -> NumberClient:
    """The client behind the routes."""
    return NumberClient()


@pytest.fixture
def client(numbers: NumberClient, tmp_path: Path) -> Iterator[TestClient]:
    """An HTTP client."""

    @asynccontextmanager
    async def open_client() -> AsyncIterator[AsyncJimeng]:
        yield cast("AsyncJimeng", numbers)

    with TestClient(
        ark_app(open_client, data_dir=tmp_path), base_url="https://jimeng.example"
    ) as caller:
        yield caller


def listed(client: TestClient, **query: Any) -> tuple[list[str], list[str], int]:
    """The ids of the items, those of the errors, and the total."""
    params = {name.replace("filter_", "filter."): value for name, value in query.items()}
    response = client.get(TASKS, params=params)
    assert response.status_code == 200, response.text
    body = response.json()
    items, errors = ([entry["id"] for entry in body[name]] for name in ("items", "errors"))
    return items, errors, body["total"]


def test_page(client: TestClient, numbers: NumberClient) -> None:
    """Only the ids of the page are looked up, together and without duplicates, in order."""
    ids = ["5", "x1", "5", *map(str, range(10, 40))]
    assert listed(client, filter_task_ids=ids, page_size=3) == (["5", "10"], ["x1"], 32)
    last = listed(client, filter_task_ids=",".join(ids), page_size=10, page_num=4)
    assert last == (["38", "39"], [], 32)
    assert numbers.requested == [["5", "x1", "10"], ["38", "39"]]
    assert listed(client, filter_task_ids=ids) == (["5", *ids[3:]], ["x1"], 32)


def test_filters(client: TestClient, numbers: NumberClient) -> None:
    """Filters apply to all ids before paging; failed look-ups are listed in any case."""
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
    assert numbers.requested == [ids] * 3


def test_kinds_of_failed_tasks(client: TestClient, numbers: NumberClient) -> None:
    """`cancelled` and `expired` find the failed tasks of that kind, `failed` finds all."""
    numbers.failures = {
        "2": map_failure({}, "cancelled"),
        "3": map_failure({}, "expired"),
        "4": map_failure({}, "failed"),
        "5": Failure.of(ErrorCode.GENERATION_TIMEOUT),  # as of the site
    }
    for status, found in (("cancelled", "2"), ("expired", "35"), ("failed", "2345")):
        ids = listed(client, filter_task_ids="1,2,3,4,5,6", filter_status=status)
        assert ids == ([*found], [], len(found))


def test_items_are_like_single_tasks(client: TestClient) -> None:
    """An item has Ark's fields and ours, and absolute URLs."""
    pending, done = client.get(TASKS, params={"filter.task_ids": "1,2"}).json()["items"]
    url = "https://jimeng.example/demo-media/a.mp4"
    assert done["content"] == {"video_url": url, "last_frame_url": None}
    assert done["video_url"] == url
    assert (done["status"], done["state"], done["progress"]) == (
        "succeeded",
        "completed",
        100,
    )
    assert done["created_at"] == pending["created_at"] == MOMENT.timestamp()
    assert (done["updated_at"], pending["updated_at"]) == (
        ENDED.timestamp(),
        CHECKED.timestamp(),
    )
    assert done["checked_at"] == "2026-09-01T12:01:00.000+00:00"
    unknown = ("seed", "resolution", "ratio", "duration", "framespersecond", "usage", "error")
    assert [done[name] for name in unknown] == [None] * 7


def test_refused_credential(client: TestClient, numbers: NumberClient) -> None:
    """An error of the account is the error of the call, not of single ids."""
    numbers.error = Unauthorized(upstream_code="1015")
    response = client.get(TASKS, params={"filter.task_ids": ["1", "x"]})
    assert response.status_code == 401
    error = response.json()["error"]
    assert (error["code"], error["upstream_code"], error["id"]) == ("unauthorized", "1015", None)


def test_language_of_the_errors(client: TestClient) -> None:
    """The messages of single ids are in the caller's language."""
    for language, message in (("zh", NetworkError().message_zh), ("en", NetworkError().message)):
        headers = {"accept-language": language}
        response = client.get(TASKS, params={"filter.task_ids": "x"}, headers=headers)
        assert response.json()["errors"] == [
            {"id": "x", "code": "network_error", "message": message}
        ]


@pytest.mark.parametrize("name", ["filter.task_ids", "filter.task_ids[]"])
def test_ids_as_they_are_pasted(name: str, client: TestClient) -> None:
    """Ids may stand in quotes, between any commas, and in a list as JSON."""
    for text in ("1，“3”", '["1", "3"]', "\ufeff1,\u200b3", "任务ID：1、3"):
        items = client.get(TASKS, params={name: text}).json()["items"]
        assert [each["id"] for each in items] == ["1", "3"]


def test_states_are_named(client: TestClient, numbers: NumberClient) -> None:
    """A status that Ark does not have is refused with the names of the six."""
    for status in ("SUCCEEDED", "completed"):
        answer = client.get(TASKS, params={"filter.task_ids": "1", "filter.status": status})
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["param"] == "filter.status"
        for name in ("queued", "running", "cancelled", "succeeded", "failed", "expired"):
            assert name in error["message"]
    assert numbers.requested == []


def test_limit_of_ids(client: TestClient, numbers: NumberClient) -> None:
    """A list takes 500 ids; more are refused before any is looked up."""
    ids = [str(number) for number in range(501)]
    answer = client.get(TASKS, params={"filter.task_ids": ",".join(ids)})
    assert answer.status_code == 400
    assert "500" in answer.json()["error"]["message"]
    assert numbers.requested == []
    assert listed(client, filter_task_ids=",".join(ids[:500]))[2] == 500
