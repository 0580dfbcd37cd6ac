from datetime import timedelta
from typing import Any

from jimeng_core import Completed, ErrorCode, Failed, Pending, Processing
from tests.core.web.record_tools import CREATED, Json, finished, item, origin, read, record
from tests.each import each

ONE = timedelta(seconds=1)
DAY = timedelta(hours=24)
TEN_MINUTES = timedelta(minutes=10)


@each("status", [0, 20, 42, 45, 77])
def test_a_day_without_end(status: int) -> None:
    """An unfinished task runs for 24 hours, and then counts as failed."""
    assert isinstance(read(record(status), after=DAY), Pending | Processing)
    task = read(record(status), after=DAY + ONE)
    assert isinstance(task, Failed)
    assert task.failure.code is ErrorCode.GENERATION_TIMEOUT
    assert task.failure.retryable


@each("seconds", [3600, "3600", 172800])
def test_the_upstream_names_the_deadline(seconds: object) -> None:
    """`polling_config.timeout_seconds` is the deadline if the record has one."""
    source = record(42, queue_info={"polling_config": {"timeout_seconds": seconds}})
    limit = timedelta(seconds=int(str(seconds)))
    assert isinstance(read(source, after=limit), Processing)
    assert isinstance(read(source, after=limit + ONE), Failed)


@each("seconds", [0, -5, "soon", None, 10**12, True])
def test_an_invalid_deadline(seconds: object) -> None:
    """An invalid deadline is ignored; the 24 hours hold."""
    source = record(42, queue_info={"polling_config": {"timeout_seconds": seconds}})
    assert isinstance(read(source, after=DAY), Processing)
    assert isinstance(read(source, after=DAY + ONE), Failed)


def test_no_time_no_deadline() -> None:
    """A task with an unknown start has no deadline."""
    assert isinstance(read(record(42, created_time=0), after=DAY * 999), Processing)


def test_completed_after_the_deadline() -> None:
    """A video that is there counts, however late it came and is looked up."""
    source = finished(item({"origin": origin()}), after=DAY.total_seconds() * 2)
    assert isinstance(read(source, after=DAY * 50), Completed)


def no_url(**fields: Any) -> Json:
    """A finished record with a cover, but no video."""
    return finished(item({"origin": {"video_url": ""}}), **fields)


def test_finished_without_url() -> None:
    """Status 50 without a URL stays at 99 for ten minutes, and has failed after that."""
    done = timedelta(seconds=60)
    task = read(no_url(), after=done + TEN_MINUTES)
    assert isinstance(task, Processing)
    assert task.progress == 99
    task = read(no_url(), after=done + TEN_MINUTES + ONE)
    assert isinstance(task, Failed)
    assert task.failure.code is ErrorCode.UPSTREAM_UNREADABLE
    assert task.failure.retryable


def test_finished_without_url_and_time() -> None:
    """Without a finish time, it is the deadline after the start."""
    source = no_url(task={"finish_time": 0})
    assert isinstance(read(source, after=DAY + TEN_MINUTES), Processing)
    assert isinstance(read(source, after=DAY + TEN_MINUTES + ONE), Failed)
    timeless = no_url(task=None, created_time=None)
    assert isinstance(read(timeless, after=DAY * 999), Processing)


def test_finished_in_the_year_9999() -> None:
    """A time at the end of the calendar is read like any other."""
    last_ms = 253_402_300_799_000
    source = no_url(task={"finish_time": 0}, created_time=last_ms)
    assert isinstance(read(source), Processing)


def test_created_in_the_future() -> None:
    """An upstream whose clock is ahead does no harm."""
    source = record(42, created_time=CREATED.timestamp() + 500)
    task = read(source)
    assert isinstance(task, Processing)
    assert task.progress == 1
