"""What each `RecordFault` makes of a record."""

import copy
from typing import Any, Final

from .fault_plan import RecordFault

KEY: Final = "InputTextRisk"
"""The starling key of a task that fails without a code (protocol 9.3)."""

Record = dict[str, Any]


def apply_fault(record: Record, fault: RecordFault) -> Record | None:
    """A changed copy of a record; None when it is absent."""
    match fault:
        case RecordFault.ABSENT:
            new = None
        case RecordFault.BACK_TO_QUEUE:
            new = _with_status(record, 20)
        case RecordFault.UNKNOWN_STATUS:
            new = _with_status(record, 77)
        case RecordFault.FAILED_BY_KEY:
            new = _with_status(record, 30) | {"fail_code": "", "fail_starling_key": KEY}
        case RecordFault.NO_URL:
            new = _with_definitions(record, {})
        case RecordFault.NO_ORIGIN:
            new = _with_definitions(record, {"origin": "1080p"})
        case RecordFault.OTHER_TYPES:
            new = {key: _other_type(value) for key, value in record.items()}
    return new


def _with_status(record: Record, status: int) -> Record:
    """The record of a task without a result, with this status."""
    task = {**record["task"], "status": status, "finish_time": 0}
    return {**record, "status": status, "task": task, "item_list": [], "origin_item_list": []}


def _with_definitions(record: Record, names: dict[str, str]) -> Record:
    """A record whose videos have only these definitions, renamed."""
    new = copy.deepcopy(record)
    for video in (item["video"] for item in new["item_list"] if "video" in item):
        old = video["transcoded_video"]
        video["transcoded_video"] = {names[name]: old[name] for name in names if name in old}
    return new


def _other_type(value: object) -> object:
    match value:
        case dict():
            return {name: _other_type(inner) for name, inner in value.items()}
        case list():
            return [_other_type(inner) for inner in value]
        case int() | float() if not isinstance(value, bool):
            return str(value)
        case str() if value.isascii() and value.isdigit():
            return int(value)
    return value
