"""The endpoints `estimate`, `get_cost` and `get_last_frame`."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jimeng_app.uploads import upload_routes
from jimeng_core import Cost, FirstLastFrame, MultiFrame, Price, new_task_id
from tests.app.endpoint_app import DOORS, MOMENT, RecordingClient, endpoint_app
from tests.core.demo_tools import picture

Door = Callable[..., Any]
TASK = new_task_id(MOMENT)
UNKNOWN = dict.fromkeys(("amount", "unit", "basis", "as_of", "error"))


@pytest.fixture
def recorder() -> RecordingClient:
    """The client behind the endpoints."""
    return RecordingClient()


@pytest.fixture
def client(tmp_path: Path, recorder: RecordingClient) -> Iterator[TestClient]:
    """The endpoints."""
    with endpoint_app(tmp_path, recorder) as client:
        yield client


@pytest.mark.parametrize("door", DOORS)
def test_price(client: TestClient, recorder: RecordingClient, door: Door) -> None:
    """The price of a request, with its sentence in the caller's language; nothing is submitted."""
    recorder.price = Price(1.5, "USD", "By a list.", "按价目表。", date(2026, 10, 2))
    result = door(client, "estimate", mode="first_last_frame", fields={"prompt": "海"})
    assert result == {
        "amount": 1.5,
        "unit": "USD",
        "basis": "By a list.",
        "as_of": "2026-10-02",
        "error": None,
    }
    assert recorder.requests == [FirstLastFrame(prompt="海")]
    assert recorder.submitted_ids == []
    client.headers["accept-language"] = "zh-CN"
    result = door(client, "estimate", mode="first_last_frame", fields={"prompt": "海"})
    assert result["basis"] == "按价目表。"


@pytest.mark.parametrize("door", DOORS)
def test_unknown_price(client: TestClient, recorder: RecordingClient, door: Door) -> None:
    """An unknown price is null; mode and request may be written as callers write them."""
    frames = [{"image": "https://a.example/a.png"}] * 2
    fields = json.dumps({"frames": frames})
    assert door(client, "estimate", mode="multi-frame", fields=fields) == UNKNOWN
    assert isinstance(recorder.requests[0], MultiFrame)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "mode"),
        ({"mode": "first_last_frame"}, "fields"),
        ({"mode": "film", "fields": {"prompt": "a"}}, "mode"),
        ({"mode": 5, "fields": {"prompt": "a"}}, "mode"),
        ({"mode": "image", "fields": ["a"]}, "fields"),
        ({"mode": "image", "fields": {"prompt": "a", "x": 1}}, "x"),
        ({"mode": "image", "fields": {}}, "prompt"),
        ({"mode": "image", "fields": {"prompt": "a"}, "x": 1}, "x"),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_what_has_no_price(
    client: TestClient, door: Door, arguments: dict[str, Any], field: str
) -> None:
    """What is no request is a row with `invalid_request` that names the field."""
    row = door(client, "estimate", **arguments)
    assert (row["state"], row["error"]["code"]) == (None, "invalid_request")
    assert field in row["error"]["message"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("charge", "amount", "unit"), [(Cost(30, "credits"), 30, "credits"), (None, None, None)]
)
def test_cost(
    client: TestClient,
    recorder: RecordingClient,
    door: Door,
    charge: Cost | None,
    amount: float | None,
    unit: str | None,
) -> None:
    """What a task cost, in the upstream's unit; null where it does not say so yet."""
    recorder.charge = charge
    row = door(client, "get_cost", task_id=f" {TASK.upper()} ")
    assert row == {"id": TASK, "amount": amount, "unit": unit, "error": None}
    assert recorder.looked_up == [TASK.upper()]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("kind", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg")])
def test_last_frame(
    client: TestClient,
    recorder: RecordingClient,
    tmp_path: Path,
    door: Door,
    kind: str,
    suffix: str,
) -> None:
    """The last frame is stored like an upload, so that it can start the next video."""
    recorder.picture = picture() if kind == "PNG" else b"\xff\xd8 a JPEG"
    row = door(client, "get_last_frame", task_id=f" {TASK} ")
    path = Path(row["picture"])
    assert path.read_bytes() == recorder.picture
    assert path.parent == tmp_path / hashlib.sha256(recorder.picture).hexdigest()
    assert path.name == f"{TASK}-last{suffix}"
    assert row == {
        "id": TASK,
        "picture": str(path),
        "url": f"http://testserver/gradio_api/file={path}",
        "error": None,
    }
    assert recorder.looked_up == [TASK]
    next_row = door(client, "submit_first_last_frame", prompt="海", first_frame=row["picture"])
    assert next_row["error"] is None
    assert recorder.requests == [FirstLastFrame(prompt="海", first_frame=path)]


def test_last_frame_can_be_seen(
    client: TestClient, recorder: RecordingClient, tmp_path: Path
) -> None:
    """The URL opens."""
    recorder.picture = picture()
    row = DOORS[0](client, "get_last_frame", task_id=TASK)
    client.app.router.routes += upload_routes(tmp_path)  # type: ignore[attr-defined]
    shown = client.get(row["url"])
    assert (shown.content, shown.headers["content-type"]) == (recorder.picture, "image/png")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["get_last_frame", "get_cost"])
def test_no_id(client: TestClient, door: Door, name: str) -> None:
    """A call without an id is a row that says so."""
    row = door(client, name)
    assert (row["state"], row["error"]["code"]) == (None, "invalid_request")
    assert "task_id" in row["error"]["message"]
