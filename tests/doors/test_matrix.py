"""All doors give the same results."""

from pathlib import Path

import pytest

from jimeng_core import new_task_id
from jimeng_core.backends.demo import worker
from jimeng_core.requests import Mode
from tests import instant_films
from tests.app.app_process import pictures
from tests.doors.comparison import (
    DOORS,
    TELLING,
    WAITING,
    At,
    doors_of,
    error_code,
    generated,
    listed,
    same,
)
from tests.doors.door import EXPIRED, Row
from tests.doors.python_doors import WithAwait, WithoutAwait

pytestmark = pytest.mark.timeout(300)  # the demo renders at low priority

FAILS = "#fail:content_refused"
"""A prompt that makes a demo task fail without rendering."""
SMALL = {"model": "seedance-2.5", "resolution": "480p", "duration": 4}
"""The settings that render fastest."""


@pytest.fixture(autouse=True)
def _instant_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doors of this process have the same renderer as the app."""
    monkeypatch.setattr(worker, "_start", instant_films.start)


def fields_for(mode: Mode, folder: Path, prompt: str = FAILS) -> Row:
    """The fields of a request: those without a default, and pictures."""
    first, last = pictures(folder, "teal", "coral")
    match mode:
        case Mode.FIRST_LAST_FRAME:
            return {"prompt": prompt, "first_frame": first, "last_frame": last}
        case Mode.MULTI_FRAME:
            pair = ({"image": picture, "prompt": prompt} for picture in (first, last))
            return {"frames": [{**frame, "duration": 1} for frame in pair]}
        case Mode.SUBJECT_REFERENCE:
            return {"prompt": f"@图片1 和 @图片2 {prompt}", "images": [first, last]}
        case Mode.IMAGE:
            return {"prompt": prompt, "images": [first]}


@pytest.mark.parametrize("mode", Mode)
def test_submission(mode: Mode, at: At, tmp_path: Path) -> None:
    """A submission returns the same row at every door, with the same defaults."""
    fields = fields_for(mode, tmp_path)
    rows = {
        door: at(door, f"{mode}-{door.__name__}").submit(mode, fields)
        for door in doors_of(mode, DOORS)
    }
    row = same(rows, "id", "created_at")
    assert (row["state"], row["mode"], row["error"]) == ("pending", mode, None)


def test_model_alone(at: At) -> None:
    """What is left out beside a model has the model's own default, at every door."""
    fields = {"prompt": "a", "model": "Video 3.0 Pro"}
    rows = {
        door: at(door, f"pro-{door.__name__}").submit(Mode.FIRST_LAST_FRAME, fields)
        for door in DOORS
    }
    row = same(rows, "id", "created_at")
    assert (row["state"], row["model"], row["error"]) == ("pending", "video-3.0-pro", None)
    assert (row["resolution"], row["ratio"], row["fps"]) == ("1080p", "16:9", 24)


@pytest.mark.parametrize("mode", [Mode.FIRST_LAST_FRAME, Mode.IMAGE])
def test_failed_task(mode: Mode, at: At, tmp_path: Path) -> None:
    """A failed task has the same failure at every door, from `generate` and from a look-up."""
    fields = fields_for(mode, tmp_path)
    rows = generated(at, lambda door: f"{mode}-{door.__name__}", mode, fields)
    row = same(rows, "id", "created_at", "seed")
    assert (row["state"], row["error"]["code"]) == ("failed", "content_refused")
    account, task_id = f"{mode}-{WithAwait.__name__}", rows[WithAwait]["id"]
    assert same({door: at(door, account).get(task_id) for door in DOORS})["state"] == "failed"


def test_finished_task(at: At, tmp_path: Path) -> None:
    """A finished task has the same row at every door, and so do the other ids of a list."""
    fields = fields_for(Mode.FIRST_LAST_FRAME, tmp_path, "海") | SMALL
    done = generated(at, lambda _: "finished", Mode.FIRST_LAST_FRAME, fields)
    files = ("id", "created_at", "completed_at", "video_url", "cover_url", "seed")
    assert same(done, *files)["state"] == "completed"
    task_id = done[WithAwait]["id"]
    same({door: at(door, "finished").get(task_id) for door in DOORS})
    ids = [task_id, "nonsense", new_task_id(), done[WithoutAwait]["id"]]
    rows = {door: listed(at(door, "finished").get_many(ids)) for door in DOORS}
    states = [same({door: rows[door][index] for door in DOORS})["state"] for index in range(4)]
    assert states == ["completed", None, "pending", "completed"]


@pytest.mark.parametrize("mode", Mode)
def test_price(mode: Mode, at: At, tmp_path: Path) -> None:
    """The price of a request is the same at every door that tells it."""
    fields = fields_for(mode, tmp_path)
    prices = [at(door, "price").estimate(mode, fields) for door in TELLING]
    assert prices == [prices[0]] * len(TELLING)
    assert (prices[0]["amount"], prices[0]["unit"]) == (0, "credits")


@pytest.mark.parametrize(
    ("mode", "change"),
    [
        (Mode.FIRST_LAST_FRAME, {"prompt": " "}),
        (Mode.FIRST_LAST_FRAME, {"duration": 77}),
        (Mode.FIRST_LAST_FRAME, {"resolution": "8k"}),
        (Mode.FIRST_LAST_FRAME, {"ratio": "2:1"}),
        (Mode.FIRST_LAST_FRAME, {"model": "image-4.0"}),
        (Mode.FIRST_LAST_FRAME, {"seed": 2**40}),
        (Mode.FIRST_LAST_FRAME, {"fps": 1000}),
        (Mode.MULTI_FRAME, {"resolution": "1080p"}),
        (Mode.SUBJECT_REFERENCE, {"prompt": "@图片9"}),
        (Mode.IMAGE, {"count": 9}),
        (Mode.IMAGE, {"ratio": "2:1"}),
    ],
)
def test_bad_input(mode: Mode, change: Row, at: At, tmp_path: Path) -> None:
    """An invalid request is refused at every door with the same code and message."""
    fields = fields_for(mode, tmp_path) | change
    rows = {door: at(door, "bad").submit(mode, fields) for door in doors_of(mode, DOORS)}
    assert error_code(rows) == "invalid_request"
    rows = {door: at(door, "bad").generate(mode, fields) for door in doors_of(mode, WAITING)}
    assert error_code(rows) == "invalid_request"


@pytest.mark.parametrize(
    ("task_id", "code"),
    [
        ("nonsense", "invalid_task_id"),
        ("cgt-20260101000000-abcde", "invalid_task_id"),
        ("00000000-0000-4000-8000-000000000000", "not_found"),
        ("1234567890123", "not_found"),
        ("018f0000-0000-7000-8000-000000000000", "expired"),
    ],
)
def test_unknown_ids(task_id: str, code: str, at: At) -> None:
    """An id without a task has the same error at every door, alone and in a list."""
    assert error_code({door: at(door, "unknown").get(task_id) for door in DOORS}) == code
    rows = {door: listed(at(door, "unknown").get_many([task_id, "x"])) for door in DOORS}
    assert error_code({door: first for door, (first, _) in rows.items()}) == code


@pytest.mark.parametrize("mode", Mode)
def test_expired_session(mode: Mode, at: At, tmp_path: Path) -> None:
    """With an expired credential, every call is `unauthorized` at every door."""
    fields = fields_for(mode, tmp_path)
    submits = {door: at(door, EXPIRED).submit(mode, fields) for door in doors_of(mode, DOORS)}
    assert error_code(submits) == "unauthorized"
    waits = {door: at(door, EXPIRED).generate(mode, fields) for door in doors_of(mode, WAITING)}
    assert error_code(waits) == "unauthorized"
    task_id = new_task_id()
    assert error_code({door: at(door, EXPIRED).get(task_id) for door in DOORS}) == "unauthorized"
    rows = {door: listed(at(door, EXPIRED).get_many([task_id, task_id])) for door in DOORS}
    assert error_code({door: last for door, (_, last) in rows.items()}) == "unauthorized"


def test_thirty_ids(at: At, tmp_path: Path) -> None:
    """Thirty ids have thirty rows in order at every door; an unknown one does not affect others."""
    fields = fields_for(Mode.FIRST_LAST_FRAME, tmp_path)
    # Ended tasks: a running one could change between two doors.
    made = generated(at, lambda _: "thirty", Mode.FIRST_LAST_FRAME, fields)
    ended = [made[WithAwait]["id"], made[WithoutAwait]["id"]]
    unknown = "00000000-0000-4000-8000-000000000000"
    ids = [*(new_task_id() for _ in range(27)), ended[0], unknown, ended[1]]
    rows = {door: listed(at(door, "thirty").get_many(ids)) for door in DOORS}
    compared = [same({door: rows[door][index] for door in DOORS}) for index in range(30)]
    assert [row["id"] for row in compared] == ids
    assert [row["error"] and row["error"]["code"] for row in compared[:27]] == [None] * 27
    assert compared[28]["error"]["code"] == "not_found"
