"""Records that are not what they were: what a `RecordFault` makes of one. Pure."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from .fault_plan import RecordFault

QUEUED: Final = 20


FAILED: Final = 30


UNKNOWN_STATUS: Final = 77


KEY: Final = "InputTextRisk"
"""The starling key of a task that fails by it alone (protocol 9.3)."""

Record = dict[str, Any]


def apply_fault(record: Record, change: RecordFault) -> Record | None:
    """A changed copy of a record; None when nothing is shown of it."""
    return _CHANGES[change](record)


def _with_status(record: Record, status: int) -> Record:
    """A record of an unfinished or failed task: its video is not there yet, or never will be."""
    task = {**record["task"], "status": status, "finish_time": 0}
    return {**record, "status": status, "task": task, "item_list": [], "origin_item_list": []}


def _with_definitions(record: Record, names: dict[str, str]) -> Record:
    """A record whose video has these definitions only, under other names."""
    new = copy.deepcopy(record)
    for item in new["item_list"]:
        kept = item["video"]["transcoded_video"]
        item["video"]["transcoded_video"] = {
            other: kept[name] for name, other in names.items() if name in kept
        }
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
        case _:
            return value


def _failed_by_key(record: Record) -> Record:
    return _with_status(record, FAILED) | {"fail_code": "", "fail_starling_key": KEY}


_CHANGES: Final[Mapping[RecordFault, Callable[[Record], Record | None]]] = {
    RecordFault.ABSENT: lambda _: None,
    RecordFault.BACK_TO_QUEUE: lambda record: _with_status(record, QUEUED),
    RecordFault.UNKNOWN_STATUS: lambda record: _with_status(record, UNKNOWN_STATUS),
    RecordFault.FAILED_BY_KEY: _failed_by_key,
    RecordFault.NO_URL: lambda record: _with_definitions(record, {}),
    RecordFault.NO_ORIGIN: lambda record: _with_definitions(record, {"origin": "1080p"}),
    RecordFault.OTHER_TYPES: lambda record: {key: _other_type(record[key]) for key in record},
}
