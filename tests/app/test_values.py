"""Values of callers at the endpoints and over MCP: read kindly, and refused in a row."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jimeng_core import FirstLastFrame, Frame, ImageRequest, MultiFrame, SubjectReference
from jimeng_core.requests import Mode
from tests.app.endpoint_app import DOORS, RecordingClient, endpoint_app

URL = "https://pictures.example/a.png"
TASK_ID = "01a20c5b-85c2-7bb7-9552-bd257c97a343"
OTHER_ID = "cgt-20261124120000-a1b2c"
Door = Callable[..., Any]

pytestmark = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


@pytest.fixture
def recorder() -> RecordingClient:
    """The client behind the doors."""
    return RecordingClient()


@pytest.fixture
def client(recorder: RecordingClient, tmp_path: Path) -> Iterator[TestClient]:
    """An HTTP client."""
    with endpoint_app(tmp_path, recorder) as client:
        yield client


def test_values_as_text(door: Door, client: TestClient, recorder: RecordingClient) -> None:
    """Null and blank text are left out; numbers, switches, lists and objects may be text."""
    nothing = {"first_frame": None, "model": "", "resolution": None, "seed": "", "ratio": "\u200b"}
    nothing |= {"callback_url": " "}
    frame = {"image": URL, "duration": "2", "prompt": None}
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("first_last_frame", {"prompt": "a", "duration": "7", "audio": "False", **nothing}),
        ("multi_frame", {"frames": json.dumps([frame, frame]), "fps": "24"}),
        ("subject_reference", {"prompt": "@图片1", "images": URL}),
        ("image", {"prompt": "a", "images": f'["{URL}"]', "count": "2", "seed": "7"}),
    )
    for name, arguments in calls:
        assert door(client, f"submit_{name}", **arguments)["state"] == "pending"
        row = door(client, f"generate_{name}", **arguments, timeout="20")
        assert row["state"] == "pending"
    frames = MultiFrame(frames=(Frame(URL, "", 2), Frame(URL, "", 2)))
    assert recorder.requests[::2] == recorder.requests[1::2]
    assert recorder.requests[::2] == [
        FirstLastFrame(prompt="a", duration=7),
        frames,
        SubjectReference(prompt="@图片1", images=(URL,)),
        ImageRequest(prompt="a", images=(URL,), count=2, seed=7),
    ]
    assert recorder.timeouts == [20] * 4


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"prompt": "a", "duration": "seven" * 1000}, "duration"),
        ({"prompt": "a", "seed": {"a": "b" * 1000}}, "seed"),
        ({"prompt": "a", "audio": "perhaps" * 1000}, "audio"),
        ({"prompt": ["a" * 1000]}, "prompt"),
        ({"prompt": "a", "first_frame": "x" * 1000}, "picture"),
        ({"prompt": "a", "unknown" * 1000: 1}, "unknown"),
        ({"prompt": "a", "timeout": "long" * 1000}, "timeout"),
        ({"prompt": "a", "timeout": True}, "timeout"),
        ({"prompt": "a", "task_id": {"a": "b" * 1000}}, "task_id"),
        ({"prompt": "a", "callback_url": {"a": "b" * 1000}}, "callback_url"),
        ({"prompt": "a", "callback_url": "ftp://example.com/" + "b" * 1000}, "callback"),
        ({}, "prompt"),
    ],
)
def test_unfit_values_are_rows(
    arguments: dict[str, Any],
    field: str,
    door: Door,
    client: TestClient,
    recorder: RecordingClient,
) -> None:
    """What does not fit is a row that names the field, and repeats at most 80 characters."""
    row = door(client, "generate_first_last_frame", **arguments)
    assert (row["state"], row["error"]["code"]) == (None, "invalid_request")
    assert field in row["error"]["message"]
    for name, value in arguments.items():
        for text in (name, *(value.values() if isinstance(value, dict) else [value])):
            assert str(text)[:81] not in json.dumps(row) or len(str(text)) <= 80
    assert recorder.requests == []


def test_timeouts(door: Door, client: TestClient, recorder: RecordingClient) -> None:
    """A call waits 600 s unless it says less; over MCP every call has responded within 45 s."""
    for timeout in (None, "", 10_000, 30):
        door(client, "generate_image", prompt="a", timeout=timeout)
    longest = 600 if door in DOORS[:2] else 41
    assert recorder.timeouts == [longest, longest, longest, 30]


@pytest.mark.parametrize("mode", Mode)
def test_task_id(mode: Mode, door: Door, client: TestClient, recorder: RecordingClient) -> None:
    """A caller's own id makes a submission safe to repeat, in every mode."""
    values: dict[str, Any] = {"prompt": "a"}
    if mode is Mode.MULTI_FRAME:
        values = {"frames": [{"image": URL}] * 2}
    elif mode is Mode.SUBJECT_REFERENCE:
        values |= {"images": [URL]}
    for verb in ("submit", "generate"):
        assert door(client, f"{verb}_{mode}", **values, task_id=f"“{TASK_ID}”")["id"] == TASK_ID
        assert door(client, f"{verb}_{mode}", **values, task_id=None)["id"] not in {TASK_ID, None}
    assert recorder.submitted_ids[::2] == [TASK_ID] * 2


@pytest.mark.parametrize(
    "ids",
    [
        [TASK_ID, OTHER_ID],
        json.dumps([TASK_ID, OTHER_ID]),
        f"{TASK_ID}，“{OTHER_ID}”",
        [f"\ufeff{TASK_ID},", f"任务ID：{OTHER_ID}"],
        [f"{TASK_ID} {OTHER_ID}"],
    ],
)
def test_ids(ids: object, door: Door, client: TestClient, recorder: RecordingClient) -> None:
    """A list of ids may be text of any kind; one id is a list of one."""
    assert [row["id"] for row in door(client, "get_videos", task_ids=ids)] == [TASK_ID, OTHER_ID]
    assert [row["id"] for row in door(client, "get_videos", task_ids=TASK_ID)] == [TASK_ID]
    for one in (TASK_ID, [TASK_ID], f"`{TASK_ID}`", f"id: {TASK_ID}"):
        assert door(client, "get_video", task_id=one)["id"] == TASK_ID
        assert door(client, "get_image", task_id=one)["id"] == TASK_ID
    assert recorder.looked_up == [TASK_ID, OTHER_ID, TASK_ID] + [TASK_ID] * 8


@pytest.mark.parametrize(
    "ids",
    [
        ["1"] * 1001,
        " ".join(["1"] * 1001),
        json.dumps(["1"] * 100_000),
        ["1"] * 100_000,
        "x" * 5_000_000,
        ["x" * 5_000_000],
        {"ids": ["1"]},
        None,
    ],
    ids=["list", "text", "JSON", "long list", "junk", "junk in a list", "object", "nothing"],
)
def test_too_many_ids(
    ids: object, door: Door, client: TestClient, recorder: RecordingClient
) -> None:
    """More than 1,000 ids, and what is no list of ids, is refused in one row before any work."""
    [row] = door(client, "get_videos", task_ids=ids)
    assert row["error"]["code"] == "invalid_request"
    assert "task_ids" in row["error"]["message"] or "1000" in row["error"]["message"]
    assert len(json.dumps(row)) < 1000
    assert recorder.looked_up == []


def test_thousand_ids(door: Door, client: TestClient) -> None:
    """1,000 ids have 1,000 rows, and any of them is repeated with at most 80 characters."""
    ids = [str(number) for number in range(999)]
    rows = door(client, "get_videos", task_ids=[*ids, "x" * 190])
    assert [row["id"] for row in rows[:-1]] == ids
    assert rows[-1]["id"] == "x" * 80


def test_language(door: Door, client: TestClient) -> None:
    """The language of the caller's headers counts at every door."""
    client.headers["accept-language"] = "zh-CN"
    row = door(client, "submit_first_last_frame", prompt="a", seed="x")
    assert "应为整数" in row["error"]["message"]


def test_backend_and_credential(door: Door, client: TestClient) -> None:
    """So do `x-jimeng-backend` and `x-jimeng-token`."""
    client.headers["x-jimeng-backend"] = "moon"
    assert door(client, "get_video", task_id="1")["error"]["code"] == "invalid_request"
    client.headers |= {"x-jimeng-backend": "web", "x-jimeng-token": "two words"}
    row = door(client, "get_video", task_id="1")
    assert (row["id"], row["error"]["code"]) == ("1", "unauthorized")
    assert "sessionid" in row["error"]["message"]
