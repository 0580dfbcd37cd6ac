"""Text as people paste and pipe it: invisible characters, encodings."""

import codecs
import re
import unicodedata
from typing import Final

MAX_EXCERPT: Final = 80
"""Characters of an input that an answer repeats (contract 6)."""
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def visible(text: str) -> str:
    """The text without byte order marks, zero-width characters and marks of direction."""
    return _INVISIBLE.sub("", text)


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: only spaces and invisible characters."""
    return not visible(text).strip()


def plain(text: str) -> str:
    """The text without invisible characters, full-width ASCII in its normal width."""
    return unicodedata.normalize("NFKC", visible(text))


def excerpt(text: object) -> str:
    """A value of a caller as messages and rows repeat it: its first characters, encodable."""
    return str(text)[:MAX_EXCERPT].encode(errors="replace").decode()


def decode(data: bytes) -> str:
    """The text of a file or a pipe, by its byte order mark; UTF-8 without one.

    PowerShell writes UTF-16 with a mark, or UTF-8 with one. UTF-16 without a mark is recognized by
    the zero bytes of its ASCII characters.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if data[1:2] == b"\0" or data[:1] == b"\0":
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return data.decode(encoding, errors="replace")
    return data.decode(errors="replace")
