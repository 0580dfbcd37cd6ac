from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jimeng_core import Processing
from tests.core.web.record_tools import Json, read, record
from tests.each import each


def progress(source: Json, seconds: float) -> int:
    """The progress of a running record after these seconds."""
    task = read(source, after=timedelta(seconds=seconds))
    assert isinstance(task, Processing)
    return task.progress


@given(
    seconds=st.lists(st.floats(-1000, 80_000), min_size=2, max_size=12),
    work=st.one_of(st.none(), st.floats(0.001, 100_000)),
    queue=st.one_of(st.none(), st.floats(0, 100_000)),
)
def test_it_only_grows(seconds: list[float], work: float | None, queue: float | None) -> None:
    """The progress never falls, and is 1 to 98 however long the task runs."""
    source = record(42, forecast_generate_cost=work, forecast_queue_cost=queue)
    seen = [progress(source, moment) for moment in sorted(seconds)]
    assert seen == sorted(seen)
    assert seen[0] >= 1
    assert seen[-1] <= 98


@each(("seconds", "expected"), [(0, 1), (60, 40), (120, 80), (240, 90), (360, 95), (86_000, 98)])
def test_without_forecast(seconds: float, expected: int) -> None:
    """Without a forecast, a task is expected to run for two minutes, then slows down."""
    assert progress(record(42), seconds) == expected


def test_by_forecast() -> None:
    """With a forecast, the time after its queue part is compared with its work part."""
    source = record(42, forecast_generate_cost=200, forecast_queue_cost=100)
    assert progress(source, 100) == 1
    assert progress(source, 200) == 40
    assert progress(source, 300) == 80
    nested = {"forecast_generate_cost": 200, "forecast_queue_cost": 100}
    assert progress(record(42, forecast_cost_time=nested), 200) == 40


def test_without_start() -> None:
    """A task with an unknown start stays at 1."""
    assert progress(record(42, created_time=None), 1000) == 1


def test_eta() -> None:
    """The remaining seconds are known with a forecast, and never below 0."""
    source = record(20, forecast_generate_cost=100, forecast_queue_cost=50)
    assert read(source).eta_seconds == 150
    assert read(source, after=timedelta(seconds=149)).eta_seconds == 1
    assert read(source, after=timedelta(seconds=500)).eta_seconds == 0
    assert read(record(20)).eta_seconds is None
    assert read(record(42, forecast_queue_cost=50)).eta_seconds is None


@each("forecast", [0, -3, "no", None, 10**9, float("inf")])
def test_an_invalid_forecast(forecast: object) -> None:
    """An invalid forecast is ignored."""
    source = record(42, forecast_generate_cost=forecast)
    assert progress(source, 60) == 40
    assert read(source).eta_seconds is None


@each(
    ("done", "count", "seconds", "expected"),
    [
        (2, 4, 5, (50, "upstream")),
        (4, 4, 5, (99, "upstream")),
        (1, 4, 90, (60, "estimate")),
        (0, 4, 12, (8, "estimate")),
        (9, 4, 12, (8, "estimate")),
        ("x", None, 12, (8, "estimate")),
    ],
)
def test_finished_images(
    done: object, count: object, seconds: float, expected: tuple[int, str]
) -> None:
    """For images the number of finished ones counts if it is above the estimate."""
    source = record(
        42,
        generate_type=1,
        finished_image_count=done,
        total_image_count=count,
        forecast_generate_cost=120,
    )
    task = read(source, after=timedelta(seconds=seconds))
    assert isinstance(task, Processing)
    assert (task.progress, task.progress_source) == expected


def test_images_of_a_video() -> None:
    """The image counts of a video's record are ignored."""
    source = record(42, generate_type=10, finished_image_count=1, total_image_count=1)
    assert progress(source, 0) == 1
