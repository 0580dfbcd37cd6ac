"""Reading JSON: what the fast parser refuses is read by the other one."""

import json
import math

import pytest

from jimeng_core.backends.json_reading import embedded, read_json
from tests.each import each


@each(
    ("body", "expected"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": "\xe6\xb5\xb7"}', {"a": "海"}),
        (rb'"\ud83d"', "\ud83d"),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b"[1e999, -Infinity]", [math.inf, -math.inf]),
        (b"18446744073709551615", 2**64 - 1),
    ],
)
def test_read(body: bytes, expected: object) -> None:
    """A byte order mark, invalid UTF-8, half of a pair and infinite numbers are no errors."""
    assert read_json(body) == expected


def test_same_as_the_standard_library() -> None:
    """A text is read as its bytes are, and as the standard library reads it."""
    source = {"text": 'a\n"海\\', "numbers": [0, -1, 2.5, 1e300, 2**53], "none": [None, True, {}]}
    text = json.dumps(source)
    assert read_json(text) == read_json(text.encode()) == embedded(text) == source


@each("body", [b"", b"{", b"{'a': 1}", b"[" * 100_000, b"[1,]"])
def test_no_json(body: bytes) -> None:
    """What is no JSON, or is nested too deeply, is a ValueError that does not quote it."""
    with pytest.raises(ValueError, match=r"^(?!.*'a').*$"):
        read_json(body)
