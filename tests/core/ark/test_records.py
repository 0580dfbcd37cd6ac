"""The task of each of Ark's records."""

from datetime import UTC, datetime, timedelta
from typing import Any

from jimeng_core import (
    Completed,
    Cost,
    ErrorCode,
    Expired,
    Failed,
    JimengError,
    Pending,
    Processing,
    Task,
    UpstreamUnreadable,
    build_row,
)
from jimeng_core.backends.ark.records import read_record
from tests.core.ark.fake_ark import ID, START, record, succeeded
from tests.each import each


def read(source: object, now: datetime = START) -> Task | JimengError:
    """The outcome of a record at `START`."""
    return read_record(source, ID, now)


def test_queued() -> None:
    """Queued is pending, created when Ark says."""
    task = read(record("queued", age=90))
    assert isinstance(task, Pending)
    assert task.created_at == START - timedelta(seconds=90)
    assert (task.id, task.progress, task.progress_source) == (ID, 0, "queue")
    assert (task.mode, task.queue, task.eta_seconds) == (None, None, None)


@each(("age", "progress"), [(-5, 1), (0, 1), (60, 40), (120, 80), (9000, 98)])
def test_running(age: float, progress: int) -> None:
    """Running is processing; the progress is an estimate below 100."""
    task = read(record("running", age=age))
    assert isinstance(task, Processing)
    assert (task.progress, task.progress_source) == (progress, "estimate")
    assert task.upstream_code is None


def test_unknown_status() -> None:
    """An unknown status is processing, with the status as `upstream_code`."""
    task = read(record("upscaling"))
    assert isinstance(task, Processing)
    assert task.upstream_code == "upscaling"


@each(
    ("usage", "cost"),
    [
        ({"completion_tokens": 38830, "total_tokens": 38830}, Cost(38830, "tokens")),
        ({"completion_tokens": 5}, Cost(5, "tokens")),
        ({"total_tokens": "12"}, Cost(12, "tokens")),
        ({"total_tokens": 0}, Cost(0, "tokens")),
        ({"total_tokens": -1}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_cost(usage: object, cost: Cost | None) -> None:
    """What a task cost is the tokens that the record says."""
    task = read(succeeded(usage=usage))
    assert isinstance(task, Completed)
    assert task.cost == cost
    row = build_row(task.id, task, None, START)
    assert row["cost"] == (cost and {"amount": cost.amount, "unit": cost.unit})


def test_last_frame() -> None:
    """The URL of the last frame is there if the record has one that can be opened."""
    for url, shown in (("https://v.example/a.png", "https://v.example/a.png"), ("ftp://a", None)):
        content = {"video_url": "https://v.example/a.mp4", "last_frame_url": url}
        task = read(succeeded(content=content))
        assert isinstance(task, Completed)
        assert task.video.last_frame_url == shown
        assert build_row(task.id, task, None, START)["last_frame_url"] == shown


def test_succeeded() -> None:
    """A finished video has its URL for 24 hours; what Ark does not report is None."""
    task = read(succeeded())
    assert isinstance(task, Completed)
    assert task.video.url == "https://v.example/a.mp4?sign=1"
    assert task.completed_at == START - timedelta(seconds=10)
    assert task.video.expires_at == task.completed_at + timedelta(hours=24)
    assert (task.video.cover_url, task.video.width, task.video.duration_seconds) == (None,) * 3
    assert task.video.fps == 24


def test_echo() -> None:
    """The effective values of the request come back, the model under its public name."""
    task = read(succeeded(content={"video_url": "https://v.example/a", "last_frame_url": "x"}))
    assert isinstance(task, Completed)
    assert task.request
    assert task.request.model_dump() == {
        "prompt": None,
        "model": "seedance-2.0-fast",
        "duration": 5,
        "resolution": "720p",
        "ratio": "16:9",
        "fps": 24,
        "seed": 88034,
    }


@each(
    ("model", "name"),
    [
        ("dreamina-seedance-2-5-260628", "seedance-2.5"),
        ("seedance-1-0-pro-250528", "video-3.0-pro"),
        ("ep-20260101-abcde", "ep-20260101-abcde"),
    ],
)
def test_model_names(model: str, name: str) -> None:
    """BytePlus's names are the same models; other names stay."""
    task = read(record(model=model))
    assert isinstance(task, Processing)
    assert task.request
    assert task.request.model == name


@each("content", [None, {}, {"video_url": ""}, {"video_url": "file:///a"}, "x"])
@each(
    ("age", "outcome"),
    [
        (60, Processing),
        (50 + 599, Processing),
        (50 + 601, Failed),
        (50 + 24 * 3600, Failed),
        (51 + 24 * 3600, Expired),
    ],
)
def test_without_url(content: object, age: float, outcome: type) -> None:
    """Without a URL, success is 99 % at first, then a failure, and expired after 24 hours."""
    task = read(succeeded(age, content=content))
    assert isinstance(task, outcome)
    if isinstance(task, Processing):
        assert task.progress == 99
    elif isinstance(task, Failed):
        assert task.failure.code == "upstream_unreadable"
    elif isinstance(task, Expired):
        assert "24 hours" in task.message
        assert "24 小时" in task.message_zh


def test_old_url() -> None:
    """A URL that is still there after 24 hours is returned, with its past expiry."""
    task = read(succeeded(age=3 * 86400))
    assert isinstance(task, Completed)
    assert task.video.expires_at
    assert task.video.expires_at < START


def test_cancelled() -> None:
    """Cancelled is a failed generation, and the message says that it was cancelled."""
    task = read(record("cancelled"))
    assert isinstance(task, Failed)
    assert task.failure.code == "generation_failed"
    assert task.failure.upstream_code == "cancelled"
    assert "cancelled" in task.failure.message
    assert "取消" in task.failure.message_zh


def test_expired() -> None:
    """Expired is a generation timeout."""
    task = read(record("expired"))
    assert isinstance(task, Failed)
    assert (task.failure.code, task.failure.upstream_code) == ("generation_timeout", "expired")


@each(
    ("code", "ours"),
    [
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "content_refused"),
        ("InputImageSensitiveContentDetected.PrivacyInformation", "image_rejected"),
        ("InvalidParameter.TaskTypeConstraint", "invalid_request"),
        ("AccountOverdueError", "insufficient_credits"),
        ("InternalServiceError", "generation_failed"),
        ("ServerOverloaded", "generation_failed"),
        ("SomethingNew.OfNextYear", "generation_failed"),
    ],
)
def test_failed(code: str, ours: str) -> None:
    """A failed task has the reason if the code is known, and always the code."""
    task = read(record("failed", error={"code": code, "message": "No. Request id: 02"}))
    assert isinstance(task, Failed)
    assert (task.failure.code, task.failure.upstream_code) == (ErrorCode(ours), code)


@each("error", [None, {}, "why", {"code": None}, {"code": "no code at all"}])
def test_failed_without_a_reason(error: object) -> None:
    """A failed task without a readable code is a failed generation."""
    task = read(record("failed", error=error))
    assert isinstance(task, Failed)
    assert (task.failure.code, task.failure.upstream_code) == ("generation_failed", None)


@each("status", ["queued", "running", "upscaling"])
@each(("deadline", "hours"), [(3600, 1), (None, 48), ("?", 48), (-1, 48)])
def test_deadline(status: str, deadline: object, hours: int) -> None:
    """Unfinished past its own deadline, or 48 hours, a task has failed; not before."""
    old = record(status, age=hours * 3600 + 1, execution_expires_after=deadline)
    task = read(old)
    assert isinstance(task, Failed)
    assert task.failure.code == "generation_timeout"
    assert not isinstance(read(old, START - timedelta(seconds=2)), Failed)


@each("bad", [None, [], "queued", {}, {"status": None}, {"status": " "}, {"status": 20}])
def test_unreadable(bad: object) -> None:
    """A record without a status is unreadable."""
    assert isinstance(read(bad), UpstreamUnreadable)


@each("created", [None, 0, "soon", 10**30])
def test_without_a_time(created: Any) -> None:
    """If the record has no creation time, it is the one in the id."""
    task = read(record("queued", created_at=created))
    assert isinstance(task, Pending)
    assert task.created_at == datetime(2026, 9, 1, 12, tzinfo=UTC)
