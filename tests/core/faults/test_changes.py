"""What a changed record is read as."""

import json

import pytest

from jimeng_core.backends.demo.changes import changed
from jimeng_core.backends.demo.plan import Change
from jimeng_core.backends.web.records import Reading, read_record
from jimeng_core.tasks import Completed, Failed, Pending, Processing
from tests.core.stage import HeldClock
from tests.core.web.record_tools import finished, item, origin


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Change.BACK_TO_QUEUE, Pending),
        (Change.NO_URL, Processing),
        (Change.NO_ORIGIN, Completed),
        (Change.UNKNOWN_STATUS, Processing),
        (Change.OTHER_TYPES, Completed),
        (Change.FAILED_BY_KEY, Failed),
    ],
)
def test_what_becomes_of_a_record(change: Change, state: type) -> None:
    """A finished record, changed, is read as section 4 of the contract has it."""
    clock = HeldClock()
    now = clock.now().timestamp()
    whole = finished(item({"origin": origin()}))
    record = {
        **whole,
        "created_time": now - 60,
        "fail_code": "",
        "status": 50,
        "task": {"status": 50, "finish_time": int(now) - 5},
    }
    kept = json.dumps(record)
    new = changed(record, change)
    task = read_record(new, Reading("x", clock.now()))
    assert isinstance(task, state)
    assert json.dumps(record) == kept
    if isinstance(task, Completed):
        assert task.video.url == read_record(record, Reading("x", clock.now())).video.url  # type: ignore[union-attr]
    if isinstance(task, Processing):
        assert task.progress == (99 if change is Change.NO_URL else task.progress)
        assert task.upstream_code == ("77" if change is Change.UNKNOWN_STATUS else None)
    if isinstance(task, Failed):
        assert (task.failure.code, task.failure.upstream_code) == (
            "content_refused",
            "InputTextRisk",
        )
