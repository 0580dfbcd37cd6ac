"""Output: results to standard output, messages to standard error."""

import codecs
import io
import json
import sys
from collections.abc import Sequence
from enum import Enum
from typing import TextIO

from jimeng_app.cli import discard
from jimeng_core.rows import Row


class OutputFormat(Enum):
    """The format of rows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    EXCEL = "excel"
    """CSV that spreadsheet programs open as it is."""


def out(text: str) -> None:
    """Write a result."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Write one line that is not a result."""
    _write(sys.stderr, f"{text}\n")


def out_json(value: object) -> None:
    """Write a value as one line of JSON."""
    # JSON's own escapes where the encoding is not Unicode: the stream would write Python's.
    encoding = codecs.lookup(sys.stdout.encoding or "utf-8").name
    out(f"{json.dumps(value, ensure_ascii=not encoding.startswith('utf'))}\n")


def out_rows(rows: Sequence[Row], form: OutputFormat) -> None:
    """Write rows as a table, as a JSON array, or as CSV with a header."""
    match form:
        case OutputFormat.JSON:
            out_json(rows)
        case OutputFormat.CSV | OutputFormat.EXCEL:
            from jimeng_app.frames import to_csv  # noqa: PLC0415 - pandas is slow to import

            excel = form is OutputFormat.EXCEL
            if excel and isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8")
            mark = "\ufeff" if excel else ""  # without it, Excel takes the system's encoding
            out(mark + to_csv(rows, spreadsheet=excel))
        case OutputFormat.TABLE:
            from .terminal import table  # noqa: PLC0415 - rich is slow to import

            out(table(rows))


def plain(text: str) -> str:
    """The text on one line, without characters that control a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:  # the reader has closed the pipe (`… | head`): discard the rest
        discard(stream)
