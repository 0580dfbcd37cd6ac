from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.page_routes import look_ups
from jimeng_core import (
    Completed,
    Expired,
    JimengError,
    Lookup,
    NetworkError,
    NotFound,
    Pending,
    Unauthorized,
    Video,
)
from jimeng_core.requests import FirstLastFrame, Mode
from jimeng_core.rows import Row

NOW = datetime.now(UTC)


class Call:
    """A call whose rows have English messages and links of one host."""

    base_url = "https://page.example"
    chinese = False

    def error_message(self, error: JimengError) -> str:
        return error.message


def found(task_id: str, kind: Any = Pending, **fields: Any) -> Lookup:
    """A look-up that found a task."""
    request = FirstLastFrame(prompt="waves")
    task = kind(id=task_id, mode=Mode.MULTI_FRAME, created_at=NOW, request=request, **fields)
    return Lookup(task_id, task, None, NOW)


def failed(task_id: str, error: JimengError) -> Lookup:
    """A look-up that failed."""
    return Lookup(task_id, None, error, NOW)


LOOKUPS = {
    "done": found("done", Completed, video=Video(url="/demo-media/a.mp4"), completed_at=NOW),
    "waiting": found("waiting", poll_seconds=30),
    "soon": found("soon"),
    "never": found("never", poll_seconds=9000),
    "cut": failed("cut", NetworkError()),
    "lost": failed("lost", NotFound()),
    "old": failed("old", Expired()),
    "closed": failed("closed", Unauthorized()),
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """An app with the route, whose upstream knows `LOOKUPS`."""

    async def look_up(_: object, ids: list[str]) -> list[Lookup]:
        if "broken" in ids:
            raise NetworkError
        return [LOOKUPS[task_id] for task_id in ids]

    monkeypatch.setattr(look_ups, "look_up", look_up)
    monkeypatch.setattr(look_ups, "context_of", lambda *_: Call())
    pool: Any = None
    return TestClient(Starlette(routes=[look_ups.look_up_route(pool)]))


def ask(client: TestClient, *ids: str) -> dict[str, Any]:
    """The response for these ids."""
    return dict(client.post("/page/look-ups", json={"ids": ids}).raise_for_status().json())


@pytest.mark.parametrize(
    ("task_id", "interval", "ended"),
    [
        ("done", None, True),
        ("waiting", 30, False),
        ("soon", look_ups.DEFAULT_INTERVAL, False),
        ("never", look_ups.MAX_INTERVAL, False),
        ("cut", look_ups.DEFAULT_INTERVAL, False),
        ("lost", None, False),
        ("old", None, True),
        ("closed", None, False),
    ],
)
def test_rows(client: TestClient, task_id: str, interval: float | None, ended: bool) -> None:
    """A row says when another look-up can bring news, and whether none ever will."""
    [row] = ask(client, task_id)["rows"]
    assert {name: row[name] for name in ("id", "interval", "ended")} == {
        "id": task_id,
        "interval": interval,
        "ended": ended,
    }
    assert set(row) == {*Row.__annotations__, "interval", "ended", "digest"}
    assert type(row["progress"]) in {int, type(None)}


def test_all_rows(client: TestClient) -> None:
    """The rows of a response are in the order of the ids, with their counts and an interval."""
    response = ask(client, "waiting", "done", "cut")
    assert [row["id"] for row in response["rows"]] == ["waiting", "done", "cut"]
    assert response["counts"] == {"pending": 1, "completed": 1, "unknown": 1}
    assert response["interval"] == look_ups.DEFAULT_INTERVAL
    assert response["rows"][1]["video_url"] == "https://page.example/demo-media/a.mp4"
    assert ask(client, "done") | {"rows": []} == {
        "rows": [],
        "counts": {"completed": 1},
        "interval": None,
        "left_out": 0,
    }
    assert ask(client, *["done"] * 1003)["left_out"] == 3
    assert ask(client)["rows"] == []


def test_known_rows(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that the caller has are left out, whenever they were read; the counts are of all."""
    ids = ["waiting", "done", "cut"]
    known = [row["digest"] for row in ask(client, *ids)["rows"]]
    assert len(set(known)) == 3
    later = replace(LOOKUPS["done"], checked_at=NOW + timedelta(seconds=5))
    monkeypatch.setitem(LOOKUPS, "done", later)
    monkeypatch.setitem(LOOKUPS, "waiting", found("waiting", poll_seconds=20))
    for given, expected in (
        (known, ["waiting"]),
        ([None, known[1], "x"], ["waiting", "cut"]),
        ([known[0], known[1]], ["waiting", "cut"]),
        ([*known, "more"], ["waiting"]),
        ([{}, []], ids),
        ("no list", ids),
    ):
        response = client.post("/page/look-ups", json={"ids": ids, "known": given}).json()
        assert [row["id"] for row in response["rows"]] == expected
        assert response["counts"] == {"pending": 1, "completed": 1, "unknown": 1}


def test_failure_of_all(client: TestClient) -> None:
    """A call that fails as a whole has its error in every row."""
    rows = ask(client, "broken", "done")["rows"]
    assert [row["error"]["code"] for row in rows] == ["network_error"] * 2


def test_ids_of_a_text(client: TestClient) -> None:
    """The ids may stand in a text."""
    response = client.post("/page/look-ups", json={"text": "done, waiting"}).json()
    assert [row["id"] for row in response["rows"]] == ["done", "waiting"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"ids": 5}', b'{"ids": [1]}', b"{}"])
def test_malformed_bodies(client: TestClient, body: bytes) -> None:
    """A body without a list of ids is refused."""
    assert client.post("/page/look-ups", content=body).status_code == 400
