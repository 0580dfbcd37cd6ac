"""Reading JSON that nobody promised anything about: each reader gives its kind, or None."""

import json
import math
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

_EMPTY: Json = {}


_EXACT = 2**53
"""Up to here, a float holds every whole number."""


def read_json(body: bytes) -> object:
    """The JSON of an answer's body.

    What is no UTF-8 is replaced: Python's own error over it would show the whole body, secrets too.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    return json.loads(body.decode("utf-8-sig", "replace"))


def as_object(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def as_list(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_string(value: object) -> str | None:
    """A text as it stands, also an empty one; else None.

    Half of a surrogate pair, which JSON can name and UTF-8 cannot, becomes a question mark.
    """
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="replace").decode()
    return value


def as_header(value: object) -> str | None:
    """A text that may stand in a header (printable ASCII), not empty; else None."""
    text = as_text(value)
    return text if text and text.isascii() and text.isprintable() else None


def as_text(value: object) -> str | None:
    """A text that is not empty, without spaces around it, also from a number; else None."""
    if isinstance(value, str):
        return (as_string(value) or "").strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def as_number(value: object) -> float | None:
    """A finite number, also from its text; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None
    return None


def as_int(value: object) -> int | None:
    """A whole number (a fraction is cut off), also from its text; else None."""
    if type(value) is int and -_EXACT <= value <= _EXACT:  # nearly always, and quickly told
        return value
    number = as_number(value)
    return None if number is None else int(number)


def get_path(value: object, *path: str | int) -> Any:  # noqa: ANN401 - the readers above judge it
    """What stands at the end of a path of keys and list positions, or None."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(value) > step:
            value = value[step]
        else:
            return None
    return value


def embedded(value: object) -> Json:
    """An object that may come as itself or as JSON text (the wire does both); else an empty one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return _EMPTY
    return as_object(value)
