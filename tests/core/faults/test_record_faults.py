"""How the web backend reads records with faults."""

import json

from jimeng_core.backends.demo.faults.fault_plan import RecordFault
from jimeng_core.backends.demo.faults.record_faults import apply_fault
from jimeng_core.backends.web.records import read_record
from jimeng_core.tasks import Completed, Failed, Pending, Processing
from tests.core.demo_tools import ManualClock
from tests.core.web.record_tools import finished, item, origin
from tests.each import each


@each(
    ("fault", "state"),
    [
        (RecordFault.BACK_TO_QUEUE, Pending),
        (RecordFault.NO_URL, Processing),
        (RecordFault.NO_ORIGIN, Completed),
        (RecordFault.UNKNOWN_STATUS, Processing),
        (RecordFault.OTHER_TYPES, Completed),
        (RecordFault.FAILED_BY_KEY, Failed),
    ],
)
def test_faults(fault: RecordFault, state: type) -> None:
    """A finished record with a fault is read as contract 4 says."""
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
    before = json.dumps(record)
    new = apply_fault(record, fault)
    task = read_record(new, "x", clock.now())
    assert isinstance(task, state)
    assert json.dumps(record) == before
    if isinstance(task, Completed):
        assert task.video.url == read_record(record, "x", clock.now()).video.url  # type: ignore[union-attr]
    if isinstance(task, Processing):
        assert task.progress == (99 if fault is RecordFault.NO_URL else task.progress)
        assert task.upstream_code == ("77" if fault is RecordFault.UNKNOWN_STATUS else None)
    if isinstance(task, Failed):
        assert (task.failure.code, task.failure.upstream_code) == (
            "content_refused",
            "InputTextRisk",
        )
