"""What the page's scripts make of rows, without a browser."""

from typing import Any

from tests.app.scripts_in_node import call_script
from tests.each import each

NOW = 1_795_694_400_000  # 2026-11-26 12:00 UTC


def row(state: str | None = "processing", **fields: Any) -> dict[str, Any]:
    """A row of the look-up route."""
    nothing = dict.fromkeys(
        (
            *("mode", "prompt", "model", "duration_seconds", "resolution", "ratio", "fps", "seed"),
            *("progress", "progress_source", "queue_position", "queue_length", "eta_seconds"),
            "error",
        )
    )
    return {"id": "a", "state": state, "ended": False, **nothing, **fields}


def error(code: str, retryable: bool = False) -> dict[str, Any]:
    """The error of a row."""
    return {"code": code, "message": "why", "upstream_code": None, "retryable": retryable}


def test_states() -> None:
    """A state is a word and a shape, and one of its own where a look-up failed."""
    names = call_script("format", [("stateName", [each]) for each in (row(), row(None), None)])
    assert names == ["processing", "unknown", "pending"]
    states = ("pending", "processing", "completed", "failed", "unknown")
    texts = call_script("format", [("stateText", [state, "translate"]) for state in states], "zh")
    assert texts == ["◔ 等待中", "◑ 生成中", "● 已完成", "✕ 失败", texts[4]]
    assert texts[4].startswith("? ")


def test_progress() -> None:
    """An estimated progress carries a mark; without one, and past its end, there is no text."""
    rows = [
        row(progress=63, progress_source="estimate"),
        row(progress=100, progress_source="upstream"),
        row(progress=98, progress_source="upstream"),
        row(progress=98, progress_source="estimate"),
        row("pending", progress=0, progress_source="queue"),
        row(None),
        None,
    ]
    texts = call_script("format", [("progressText", [each]) for each in rows])
    assert texts == ["63 % ~", "100 %", "98 %", "", "", "", ""]


def test_state_with_progress() -> None:
    """A task that is being made says how far it is, one that has ended does not."""
    rows = [
        row(progress=63, progress_source="estimate"),
        row("completed", progress=100, progress_source="upstream"),
    ]
    texts = call_script("format", [("stateLine", [each, "translate"]) for each in rows])
    assert texts == ["◑ processing 63 % ~", "● completed"]


def test_facts() -> None:
    """A finished task tells what it was made with, and nothing that is not known."""
    known = row("completed", model="seedance-2.0-fast", duration_seconds=5.04, resolution="720p")
    known |= {"seed": 0, "width": 1280, "height": 720}
    unknown = row("completed", model="new-model") | {"width": None, "height": None}
    made, other = call_script(
        "format", [("facts", [each, "translate"]) for each in (known, unknown)]
    )
    assert made == {
        "model": "Seedance 2.0 Fast",
        "length": "5 s",
        "resolution": "720p",
        "size": "1280 × 720",
        "seed": "0",
    }
    assert other == {"model": "new-model"}


def test_notes() -> None:
    """A note says why there is no result, or how long it will take."""
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"queue_position": 12, "queue_length": 4000, "progress_source": "queue"}, ["12", "4,000"]),
        ({"queue_position": 3, "progress_source": "queue"}, ["3"]),
        ({"queue_position": 1, "queue_length": 2, "progress_source": "queue"}, ["next in line"]),
        ({"queue_position": 0, "progress_source": "queue"}, ["next in line"]),
        ({"eta_seconds": 40}, ["40 s"]),
        ({"eta_seconds": 600}, ["10 min"]),
        ({"eta_seconds": 8000}, ["2 h"]),
        ({"error": error("generation_failed")}, ["why"]),
        ({"error": error("unauthorized")}, ["at the top of the page"]),
        ({}, []),
    ]
    calls: list[tuple[str, list[Any]]] = [
        ("note", [row(**fields), "translate"]) for fields, _ in cases
    ]
    for (fields, parts), text in zip(cases, call_script("format", calls), strict=True):
        assert all(part in text for part in parts), fields
        assert bool(text) is bool(parts), fields


def test_next_steps() -> None:
    """A row without a result leads to what can be done about it."""
    rows = [
        row("failed", error=error("content_refused")),
        row(None, error=error("unauthorized")),
        row(None, error=error("network_error", retryable=True)),
        row(None, error=error("not_found")),
        row(),
        None,
    ]
    steps = call_script("format", [("nextStep", [each]) for each in rows])
    assert steps == ["again", "connect", "ask", "", "", ""]


def test_ages() -> None:
    """A recent task has its age, an earlier one its time, by the reader's clock."""
    times = (
        "2026-11-26T11:59:40+00:00",
        "2026-11-26T11:18:00+00:00",
        "2026-11-26T03:05:00+00:00",
        "2026-11-20T22:00:00+00:00",
        "nonsense",
    )
    ages = call_script("format", [("ageText", [time, NOW, "translate"]) for time in times])
    assert ages == ["just now", "42 min ago", "11:05", "11-21 06:00", ""]
    assert call_script("format", [("shortNumber", [5.04]), ("shortNumber", [5.25])]) == ["5", "5.3"]
    links = ("https://a/b", "http://a", "javascript:alert(1)", None, " https://a")
    web = call_script("format", [("isWebLink", [link]) for link in links])
    assert web == [True, True, False, False, False]


@each(
    "value",
    [1, None, [], {}, "text", {"id": 5}, {"id": ""}],
)
def test_nonsense_is_no_entry(value: object) -> None:
    """What is no task is not read as one."""
    assert call_script("entries", [("readEntry", [value])]) == [None]


def test_entries_are_mended() -> None:
    """An entry of an odd shape keeps what can be read of it."""
    odd = {"id": "a", "mode": 5, "at": {}, "prompt": [1], "row": {"id": "b"}, "fields": []}
    empty = {"id": "a", "backend": "", "mode": "", "prompt": "", "at": ""}
    whole = empty | {"backend": "demo", "row": row(), "fields": {"prompt": "waves"}}
    assert call_script("entries", [("readEntry", [odd]), ("readEntry", [whole])]) == [empty, whole]


def test_pictures_of_a_form() -> None:
    """The pictures in a form's values are found, single ones and lists."""
    fields = {"first_frame": {"path": "/a"}, "images": [{"path": "/b"}, {"path": ""}], "seed": None}
    paths = call_script("entries", [("picturePaths", [fields]), ("picturePaths", [None])])
    assert paths == [["/a", "/b"], []]


def test_rows_are_merged() -> None:
    """A later look-up replaces a row, but takes nothing away that was known of its task."""
    done = row("completed", ended=True, prompt="waves", video_url="https://a/b.mp4")
    lost = row(None, error=error("network_error", retryable=True))
    started = row("processing", prompt="waves", seed=7)
    calls: list[list[Any]] = [
        [None, started],
        [started, row("completed")],
        [done, lost],
        [started, lost],
    ]
    first, second, third, fourth = call_script("entries", [("mergeRow", each) for each in calls])
    assert first == started
    assert second == row("completed", prompt="waves", seed=7)
    assert third == done
    assert fourth == row(None, error=lost["error"], prompt="waves", seed=7)
