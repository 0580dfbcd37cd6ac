from datetime import timedelta

from jimeng_core import (
    Completed,
    ErrorCode,
    Expired,
    Failed,
    Pending,
    Processing,
    ProgressSource,
    Queue,
    UpstreamUnreadable,
)
from tests.core.web.record_tools import (
    CREATED,
    ORIGIN,
    TASK_ID,
    finished,
    item,
    origin,
    read,
    read_error,
    record,
)
from tests.each import each

A_MINUTE = timedelta(minutes=1)


@each("status", [0, 20, "0", "20", 20.0])
def test_pending(status: object) -> None:
    """0 and 20 are pending, also as text: progress is 0 and comes from the queue."""
    task = read(record(status), after=A_MINUTE)
    assert isinstance(task, Pending)
    assert (task.progress, task.progress_source) == (0, ProgressSource.QUEUE)
    assert task.upstream_code is None


@each("status", [42, 45, "42", "45"])
def test_processing(status: object) -> None:
    """42 and 45 are processing; 45 does not mean that a part is ready (protocol 9.2)."""
    task = read(record(status), after=A_MINUTE)
    assert isinstance(task, Processing)
    assert task.progress_source is ProgressSource.ESTIMATE
    assert task.upstream_code is None


@each("status", [-1, 1, 43, 51, 99, 101, 144, "77"])
def test_unknown_status(status: object) -> None:
    """An unknown status is processing, with the status as `upstream_code`."""
    task = read(record(status), after=A_MINUTE)
    assert isinstance(task, Processing)
    assert task.upstream_code == str(status)


@each("status", [50, "50"])
def test_completed(status: object) -> None:
    """50 with a URL is completed, with the time it finished."""
    task = read(finished(item({"origin": origin()}), status=status), after=A_MINUTE)
    assert isinstance(task, Completed)
    assert task.video.url == ORIGIN
    assert (task.progress, task.progress_source) == (100, ProgressSource.UPSTREAM)
    assert task.created_at == CREATED
    assert task.completed_at == CREATED + A_MINUTE


@each(
    ("status", "code"),
    [
        (10, ErrorCode.CONTENT_REFUSED),
        (30, ErrorCode.GENERATION_FAILED),
        (40, ErrorCode.CONTENT_REFUSED),
        ("30", ErrorCode.GENERATION_FAILED),
    ],
)
def test_failed(status: object, code: ErrorCode) -> None:
    """10, 30 and 40 are failed; without a code of their own, 10 and 40 are the site's reviews."""
    task = read(record(status), after=A_MINUTE)
    assert isinstance(task, Failed)
    assert task.failure.code is code
    assert task.failure.upstream_code is None
    assert task.progress == 0


def test_a_failure_with_a_url() -> None:
    """A failed task stays failed if its record has a URL."""
    assert isinstance(read(record(30, item_list=[item({"origin": origin()})])), Failed)


def test_deleted() -> None:
    """100 is a look-up that is `expired`, not a task."""
    error = read_error(record(100))
    assert isinstance(error, Expired)
    assert (error.task_id, error.upstream_code) == (TASK_ID, "100")


@each("broken", [None, [], "x", 7, True])
def test_no_record(broken: object) -> None:
    """A record that is not an object is unreadable, with its own id."""
    error = read_error(broken)
    assert isinstance(error, UpstreamUnreadable)
    assert error.task_id == TASK_ID


@each("status", [None, "soon", True, [], {}])
def test_no_status(status: object) -> None:
    """A record without a status number is unreadable, never a failed task."""
    assert isinstance(read_error(record(status)), UpstreamUnreadable)


def test_status_inside_the_task() -> None:
    """If the record has no status, that of its task counts: the scale is the same."""
    assert isinstance(read(record(None, task={"status": 42})), Processing)


def test_numbers_as_text() -> None:
    """Every number may be text: times, queue, forecasts and the poll interval."""
    task = read(
        record(
            "42",
            created_time=str(CREATED.timestamp()),
            forecast_generate_cost="120",
            forecast_queue_cost="30",
            queue_info={
                "queue_idx": "3",
                "queue_length": "18",
                "polling_config": {"interval_seconds": "15", "timeout_seconds": "86400"},
            },
        ),
        after=timedelta(seconds=90),
    )
    assert isinstance(task, Processing)
    assert task.created_at == CREATED
    assert task.queue == Queue(3, 18)
    assert task.eta_seconds == 60
    assert task.poll_seconds == 15
    assert task.progress == 40


@each("scale", [1, 1000])
def test_times_in_seconds_or_milliseconds(scale: int) -> None:
    """A time is read in seconds and in milliseconds."""
    done = int(CREATED.timestamp() + 60) * scale
    task = read(
        finished(
            item({"origin": origin()}),
            created_time=CREATED.timestamp() * scale,
            task={"finish_time": done},
        )
    )
    assert isinstance(task, Completed)
    assert task.created_at == CREATED
    assert task.completed_at == CREATED + A_MINUTE


def test_queue() -> None:
    """The place in the queue is the site's own count; a missing value is None."""
    assert read(record(20, queue_info={"queue_idx": 0, "queue_length": 0})).queue == Queue(0, 0)
    assert read(record(20, queue_info={"queue_length": 9})).queue == Queue(None, 9)
    assert read(record(20, queue_info={})).queue is None
    assert read(record(20, queue_info=None)).queue is None


def test_created_from_the_id() -> None:
    """Without a time in the record, that of a UUIDv7 counts."""
    task_id = "019904c1-2000-7000-8000-000000000000"
    task = read(record(20, created_time=None), task_id=task_id)
    assert task.created_at is not None
    assert task.created_at.timestamp() == int("019904c12000", 16) / 1000
    assert read(record(20, created_time=None)).created_at is None


def test_same_second_same_task() -> None:
    """Within one second, a record gives the same task in every process."""
    source = record(42, forecast_generate_cost=97.3, forecast_queue_cost=11.1)
    first = read(source, after=timedelta(seconds=33))
    assert read(source, after=timedelta(seconds=33, microseconds=999_999)) == first
