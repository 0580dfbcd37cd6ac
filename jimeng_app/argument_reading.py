"""Values as callers send them, read kindly: one set of rules for endpoints, MCP and HTTP.

`null` and blank text count as left out, a list or an object may be JSON text, and one value where
a list is meant is a list of one. Numbers and booleans as text are read by the requests themselves.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from jimeng_core.errors import InvalidRequest
from jimeng_core.ids import MAX_LENGTH, extract_ids
from jimeng_core.pasted_text import is_blank
from jimeng_core.problems import invalid_field

from .json_body import parse_json

MAX_IDS: Final = 1000
"""Ids of one call (contract 6)."""
MAX_TEXT: Final = 2 * MAX_LENGTH
"""Characters of a text in which an id is sought."""
MAX_SECONDS: Final = 600
"""The longest `timeout` of a synchronous twin, and its default."""


def is_left_out(value: object) -> bool:
    """Whether a value means that the caller leaves the field out."""
    return value is None or (isinstance(value, str) and len(value) < MAX_LENGTH and is_blank(value))


def without_left_out(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not left out."""
    return {name: value for name, value in values.items() if not is_left_out(value)}


def read_list(value: object) -> list[Any]:
    """A list as it is or as JSON text; any other value as a list of one."""
    if isinstance(value, list | tuple):
        return list(value)
    parsed = _parsed(value, "[")
    return parsed if isinstance(parsed, list) else [value]


def read_object(value: object) -> object:
    """An object that is JSON text as a dictionary; any other value as it is."""
    parsed = _parsed(value, "{")
    return parsed if isinstance(parsed, dict) else value


def _parsed(value: object, start: str) -> object:
    if not isinstance(value, str) or not value.lstrip("\ufeff \t\r\n").startswith(start):
        return None
    try:
        return parse_json(value.strip("\ufeff \t\r\n"))
    except InvalidRequest:
        return None


def read_seconds(value: object, field: str) -> float:
    """The number of seconds that a caller waits, at most `MAX_SECONDS`.

    Raises:
        InvalidRequest: It is not a number, or is below 0.
    """
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not seconds >= 0:
        raise invalid_field(
            field, f"{field} is a number of seconds, 0 or more.", f"{field} 应为不小于 0 的秒数。"
        )
    return min(seconds, MAX_SECONDS)


def read_text(value: object, field: str) -> str:
    """One text, without blanks around it.

    Raises:
        InvalidRequest: It is something else.
    """
    if not isinstance(value, str):
        raise invalid_field(field, f"{field} must be text.", f"{field} 应为文本。")
    return value.strip()


def read_id(value: object, field: str) -> str:
    """One task id. A text with no id or several is returned as it is, for its look-up to refuse.

    Raises:
        InvalidRequest: It is neither text nor a number.
    """
    [first, *more] = read_list(value) or [None]
    if more or not isinstance(first, str | int) or isinstance(first, bool):
        raise invalid_field(field, f"{field} must be one task id.", f"{field} 应为一个任务 ID。")
    text = str(first)[:MAX_TEXT]
    ids = extract_ids(text)
    return ids[0] if len(ids) == 1 else text


def read_ids(value: object, field: str) -> list[str]:
    """Task ids: a list of them, a list as JSON text, or a text that contains them.

    Raises:
        InvalidRequest: It is something else, or has more than `MAX_IDS`.
    """
    if isinstance(value, Mapping):
        raise invalid_field(field, f"{field} must be a list of ids.", f"{field} 应为 ID 列表。")
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_IDS or sum(_size(each) for each in values) > MAX_IDS * MAX_TEXT:
        raise _too_many(field)
    ids = [task_id for each in values for task_id in _ids_in(each)]
    if len(ids) > MAX_IDS:
        raise _too_many(field)
    return ids


def _size(value: object) -> int:
    return len(value) if isinstance(value, str) else 1


def _ids_in(value: object) -> list[str]:
    """The ids in one value; a value without any is returned as text."""
    return (extract_ids(value) if isinstance(value, str) else []) or [str(value)]


def _too_many(field: str) -> InvalidRequest:
    return invalid_field(
        field,
        f"A call takes at most {MAX_IDS} ids; send the others in further calls.",
        f"一次最多查询 {MAX_IDS} 个任务 ID，请分几次查询。",
    )
