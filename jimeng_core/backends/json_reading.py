"""Readers of untrusted JSON: each returns a value of its type, or None, and never raises."""

import json
import math
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

Json = Mapping[str, Any]

WEB_SCHEMES: Final = ("https", "http")
_EMPTY: Json = {}
_MAX_EXACT: Final = 2**53
"""Up to here, a float represents every integer."""
_MIN_MILLISECONDS: Final = 10**11
"""A larger number is a time in milliseconds: as seconds it would be after the year 5138."""
_MAX_SECONDS: Final = 32_503_680_000
"""The year 3000, after which not every platform can convert a time."""


_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/[A-Za-z0-9/._~:?#@!$&'()*+,;=%-]*")
"""A web URL that needs no closer look; most are."""


def read_json(body: bytes | str) -> object:
    """The JSON of a response's body, or of a text in it.

    Invalid UTF-8 is replaced: Python's error would show the whole body, secrets included.

    Raises:
        ValueError: It is not JSON, or is nested too deeply.
    """
    with suppress(ValueError):
        return orjson.loads(body)
    # What orjson refuses: NaN, half of a surrogate pair, a byte order mark, deep nesting.
    text = body if isinstance(body, str) else body.decode("utf-8-sig", "replace")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def as_object(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def embedded(value: object) -> Json:
    """An object that is sent as itself or as JSON text (upstreams do both); else an empty one."""
    if isinstance(value, str):
        try:
            value = read_json(value)
        except ValueError:
            return _EMPTY
    return as_object(value)


def as_list(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_string(value: object) -> str | None:
    """A string unchanged, even an empty one; else None.

    Half of a surrogate pair, which JSON can express and UTF-8 cannot, becomes a question mark.
    """
    if not isinstance(value, str):
        return None
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="replace").decode()
    return value


def as_text(value: object) -> str | None:
    """A string or number as text without surrounding spaces; None if that is empty."""
    if isinstance(value, str):
        return (as_string(value) or "").strip() or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def as_header(value: object) -> str | None:
    """A text that may be the value of a header: printable ASCII, not empty; else None."""
    text = as_text(value)
    return text if text and text.isascii() and text.isprintable() else None


def as_url(value: object, schemes: Collection[str] = WEB_SCHEMES) -> str | None:
    """A URL that is safe to pass on; None for another scheme, such as a script or a local path.

    Args:
        value: What should be a URL.
        schemes: The schemes to accept. `file` accepts a `file:///` URL, and an empty one a path.
    """
    url = as_text(value)
    if schemes is WEB_SCHEMES and url and _PLAIN_URL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if url is None or parts.scheme not in schemes:
        return None
    web = parts.scheme in WEB_SCHEMES
    return url if (parts.netloc if web else url.startswith(("/", "file:///"))) else None


def as_number(value: object) -> float | None:
    """A finite number, also from text; else None."""
    if isinstance(value, (int, float, str)) and value is not True and value is not False:
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None
    return None


def as_positive(value: object) -> float | None:
    """A number above 0, also from text; else None."""
    number = as_number(value)
    return number if number is not None and number > 0 else None


def as_int(value: object) -> int | None:
    """An integer, also from text; a fraction is cut off; else None."""
    if value is None or (type(value) is int and -_MAX_EXACT <= value <= _MAX_EXACT):
        return value  # the usual cases, fast
    number = as_number(value)
    return None if number is None else int(number)


def as_count(value: object) -> int | None:
    """An integer above 0, as of `as_int`; else None."""
    number = as_int(value)
    return number if number is not None and number > 0 else None


def as_datetime(value: object) -> datetime | None:
    """A time from unix seconds, unix milliseconds or ISO 8601 (UTC if it names no zone).

    None for anything else, and for 0, which means "not yet".
    """
    seconds = as_number(value)
    if seconds is None:
        try:
            time = datetime.fromisoformat(as_text(value) or "")
        except ValueError:
            return None
        seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    elif seconds > _MIN_MILLISECONDS:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _MAX_SECONDS else None


def as_timedelta(value: object) -> timedelta | None:
    """A duration from seconds, above 0 and at most 10⁹ (31 years); else None."""
    seconds = as_positive(value)
    return timedelta(seconds=seconds) if seconds is not None and seconds <= 10**9 else None


def get_path(value: object, *path: str | int) -> Any:  # noqa: ANN401 - the readers above check it
    """The value at the end of a path of keys and list indexes, or None."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(value) > step:
            value = value[step]
        else:
            return None
    return value
