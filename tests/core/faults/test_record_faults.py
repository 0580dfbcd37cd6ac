"""What a changed record is read as."""

import json

import pytest

from jimeng_core.backends.demo.faults.fault_plan import RecordFault
from jimeng_core.backends.demo.faults.record_faults import apply_fault
from jimeng_core.backends.web.records import RecordContext, read_record
from jimeng_core.tasks import Completed, Failed, Pending, Processing
from tests.core.demo_tools import ManualClock
from tests.core.web.record_tools import finished, item, origin


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (RecordFault.BACK_TO_QUEUE, Pending),
        (RecordFault.NO_URL, Processing),
        (RecordFault.NO_ORIGIN, Completed),
        (RecordFault.UNKNOWN_STATUS, Processing),
        (RecordFault.OTHER_TYPES, Completed),
        (RecordFault.FAILED_BY_KEY, Failed),
    ],
)
def test_what_becomes_of_a_record(change: RecordFault, state: type) -> None:
    """A finished record, changed, is read as section 4 of the contract has it."""
    clock = ManualClock()
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
    new = apply_fault(record, change)
    task = read_record(new, RecordContext("x", clock.now()))
    assert isinstance(task, state)
    assert json.dumps(record) == kept
    if isinstance(task, Completed):
        assert task.video.url == read_record(record, RecordContext("x", clock.now())).video.url  # type: ignore[union-attr]
    if isinstance(task, Processing):
        assert task.progress == (99 if change is RecordFault.NO_URL else task.progress)
        assert task.upstream_code == ("77" if change is RecordFault.UNKNOWN_STATUS else None)
    if isinstance(task, Failed):
        assert (task.failure.code, task.failure.upstream_code) == (
            "content_refused",
            "InputTextRisk",
        )
