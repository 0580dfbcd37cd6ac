"""One contract: what one door says, every door says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from gradio_client import Client

from jimeng_core import Row as CoreRow
from jimeng_core import new_task_id
from jimeng_core.requests import Mode
from tests.app.app_process import pictures
from tests.doors.cli_door import CommandLine
from tests.doors.door import Row, UploadSlot
from tests.doors.http_door import ArkHttp
from tests.doors.named_doors import Endpoints, Mcp
from tests.doors.python_doors import WithAwait, WithoutAwait

pytestmark = pytest.mark.timeout(300)  # the demo renders on what the processor has to spare

DOORS: list[type[Any]] = [WithAwait, WithoutAwait, Endpoints, Mcp, ArkHttp, CommandLine]
WAITING = [door for door in DOORS if hasattr(door, "generate")]
"""Those that have the synchronous twins."""
FAILS = "#fail:content_refused"
"""Words that make a demo task fail, with nothing to render."""
SMALL = {"model": "seedance-2.5", "resolution": "480p", "duration": 4}
"""What renders quickest."""
EXPIRED = "expired"
"""The account whose session has run out."""

At = Callable[[type[Any], str], Any]


@pytest.fixture
def at(app_url: str, app_folder: Path, client: Client) -> At:
    """A door, for the tasks of an account."""
    return lambda door, account: door(UploadSlot(app_url, app_folder / "data", account, client))


def given(mode: Mode, folder: Path, words: str = FAILS) -> Row:
    """What is asked for in a mode: all that has no default, and a picture wherever one can be."""
    first, last = pictures(folder, "teal", "coral")
    match mode:
        case Mode.FIRST_LAST_FRAME:
            return {"prompt": words, "first_frame": first, "last_frame": last}
        case Mode.MULTI_FRAME:
            pair = ({"image": picture, "prompt": words} for picture in (first, last))
            return {"frames": [{**frame, "duration": 1} for frame in pair]}
        case Mode.SUBJECT_REFERENCE:
            return {"prompt": f"@图片1 和 @图片2 {words}", "images": [first, last]}
        case Mode.IMAGE:
            return {"prompt": words, "images": [first]}


def those_of(mode: Mode, doors: list[type[Any]]) -> list[type[Any]]:
    """The doors that a mode has: Ark's dialect is one of videos."""
    return [door for door in doors if not (mode is Mode.IMAGE and door is ArkHttp)]


def comparable(row: Row) -> Row:
    """A row without what differs from moment to moment; of a link, the file that it leads to."""
    assert list(row) == list(CoreRow.__annotations__)

    def file(url: str | None) -> str | None:
        return urlsplit(url).path.rpartition("/")[2] if url else None

    return row | {
        "checked_at": None,
        "created_at": row["created_at"] and row["created_at"][:19],
        "video_url": file(row["video_url"]),
        "cover_url": file(row["cover_url"]),
        "image_urls": row["image_urls"] and [file(url) for url in row["image_urls"]],
    }


def listed(rows: list[Row]) -> list[Row]:
    """The rows of a list; of an error there, Ark's dialect tells the code and the sentence."""
    unsaid = {"upstream_code": None, "retryable": None}
    return [row | {"error": row["error"] | unsaid} if row["state"] is None else row for row in rows]


def same(rows: dict[type[Any], Row], *but: str) -> Row:
    """The one row that all doors gave, apart from some fields."""
    told = {door: comparable(row) | dict.fromkeys(but) for door, row in rows.items()}
    first = told[next(iter(told))]
    for door, row in told.items():
        assert row == first, door
    return first


def refused(rows: dict[type[Any], Row]) -> str:
    """The code of the one refusal that all doors gave, in one sentence."""
    row = same(rows)
    assert row["state"] is None
    return str(row["error"]["code"])


@pytest.mark.parametrize("mode", Mode)
def test_submission(mode: Mode, at: At, tmp_path: Path) -> None:
    """A submission gives the same row at every door; what is left out has the same default."""
    fields = given(mode, tmp_path)
    rows = {
        door: at(door, f"{mode}-{door.__name__}").submit(mode, fields)
        for door in those_of(mode, DOORS)
    }
    row = same(rows, "id", "created_at")
    assert (row["state"], row["mode"], row["error"]) == ("pending", mode, None)


@pytest.mark.parametrize("mode", [Mode.FIRST_LAST_FRAME, Mode.IMAGE])
def test_failed_task(mode: Mode, at: At, tmp_path: Path) -> None:
    """A task that fails is the same failure at every door, waited for or looked up."""
    fields = given(mode, tmp_path)
    made = {
        door: at(door, f"{mode}-{door.__name__}").generate(mode, fields)
        for door in those_of(mode, WAITING)
    }
    row = same(made, "id", "created_at")
    assert (row["state"], row["error"]["code"]) == ("failed", "content_refused")
    account, task_id = f"{mode}-{WithAwait.__name__}", made[WithAwait]["id"]
    assert same({door: at(door, account).get(task_id) for door in DOORS})["state"] == "failed"


def test_finished_task(at: At, tmp_path: Path) -> None:
    """A finished task is the same at every door, and so are the other ids of a question."""
    fields = given(Mode.FIRST_LAST_FRAME, tmp_path, "海") | SMALL
    done = {door: at(door, "finished").generate(Mode.FIRST_LAST_FRAME, fields) for door in WAITING}
    files = ("id", "created_at", "completed_at", "video_url", "cover_url")
    assert same(done, *files)["state"] == "completed"
    task_id = done[WithAwait]["id"]
    same({door: at(door, "finished").get(task_id) for door in DOORS})
    ids = [task_id, "nonsense", new_task_id(), done[WithoutAwait]["id"]]
    rows = {door: listed(at(door, "finished").get_many(ids)) for door in DOORS}
    states = [same({door: rows[door][place] for door in DOORS})["state"] for place in range(4)]
    assert states == ["completed", None, "pending", "completed"]


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
    """What may not be sent is refused at every door with the same code and sentence, unsent."""
    fields = given(mode, tmp_path) | change
    told = {door: at(door, "bad").submit(mode, fields) for door in those_of(mode, DOORS)}
    assert refused(told) == "invalid_request"
    told = {door: at(door, "bad").generate(mode, fields) for door in those_of(mode, WAITING)}
    assert refused(told) == "invalid_request"


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
def test_ids_that_nobody_knows(task_id: str, code: str, at: At) -> None:
    """An id without a task has the same error at every door, alone and among others."""
    assert refused({door: at(door, "nobody").get(task_id) for door in DOORS}) == code
    rows = {door: listed(at(door, "nobody").get_many([task_id, "x"])) for door in DOORS}
    assert refused({door: first for door, (first, _) in rows.items()}) == code


@pytest.mark.parametrize("mode", Mode)
def test_session_that_ran_out(mode: Mode, at: At, tmp_path: Path) -> None:
    """With a credential that the upstream no longer takes, every call says so at every door."""
    fields = given(mode, tmp_path)
    submits = {door: at(door, EXPIRED).submit(mode, fields) for door in those_of(mode, DOORS)}
    assert refused(submits) == "unauthorized"
    waits = {door: at(door, EXPIRED).generate(mode, fields) for door in those_of(mode, WAITING)}
    assert refused(waits) == "unauthorized"
    task_id = new_task_id()
    assert refused({door: at(door, EXPIRED).get(task_id) for door in DOORS}) == "unauthorized"
    rows = {door: listed(at(door, EXPIRED).get_many([task_id, task_id])) for door in DOORS}
    assert refused({door: last for door, (_, last) in rows.items()}) == "unauthorized"


def test_thirty_ids(at: At, tmp_path: Path) -> None:
    """Thirty ids have thirty rows in order at every door; an unknown one costs only itself."""
    fields = given(Mode.FIRST_LAST_FRAME, tmp_path)
    # Ended ones: what goes on could differ from one door to the next.
    made = [at(WithAwait, "thirty").generate(Mode.FIRST_LAST_FRAME, fields)["id"] for _ in "ab"]
    unknown = "00000000-0000-4000-8000-000000000000"
    ids = [*(new_task_id() for _ in range(27)), made[0], unknown, made[1]]
    rows = {door: listed(at(door, "thirty").get_many(ids)) for door in DOORS}
    told = [same({door: rows[door][place] for door in DOORS}) for place in range(30)]
    assert [row["id"] for row in told] == ids
    assert [row["error"] and row["error"]["code"] for row in told[:27]] == [None] * 27
    assert told[28]["error"]["code"] == "not_found"
