"""The table of a batch: CSV, an Excel workbook or JSON Lines, in the encodings that people have."""

import csv
import io
import json
import math
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from pathlib import PurePath
from typing import Any, Final, NamedTuple

import pandas as pd

from jimeng_app.json_body import parse_json
from jimeng_core import InvalidRequest
from jimeng_core.pasted_text import decode, is_blank, plain

MAX_ROWS: Final = 100_000
MAX_BYTES: Final = 64 * 2**20
"""The largest file; a workbook also when it is unpacked."""
_WORKBOOKS: Final = {".xlsx", ".xlsm"}
_JSON: Final = {".jsonl", ".ndjson", ".json"}
_SEPARATORS: Final = ",;\t，；|"


class TableRow(NamedTuple):
    """One row of a table."""

    number: int
    """1 is the first row below the headings; blank rows count."""
    cells: Mapping[str, object]
    """By heading; blank cells are left out."""


def read_table(data: bytes, name: str) -> list[TableRow]:
    """The rows of a table that are not blank.

    Args:
        data: The content of the file.
        name: The file's name, whose suffix tells the format; else it is CSV.

    Raises:
        InvalidRequest: The file cannot be read.
    """
    suffix = PurePath(name.lower()).suffix
    if len(data) > MAX_BYTES:
        raise _unreadable(name, "it is larger than 64 MB", "超过 64 MB")
    if suffix == ".xls" or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _unreadable(name, "save it as .xlsx or .csv", "请另存为 .xlsx 或 .csv")
    if suffix in _WORKBOOKS or data.startswith(b"PK\x03\x04"):
        records = _from_workbook(data, name)
    elif suffix in _JSON:
        records = _from_json(_decoded(data, name), name)
    else:
        records = _from_csv(_decoded(data, name), name)
    rows = [TableRow(number, cells) for number, cells in records if cells]
    if not rows:
        raise _unreadable(name, "it has no rows below the headings", "表头下没有任何行")
    if len(rows) > MAX_ROWS:
        raise _unreadable(name, f"it has more than {MAX_ROWS} rows", f"超过 {MAX_ROWS} 行")
    return rows


def _decoded(data: bytes, name: str) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Chinese Excel's GB 18030."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2] or data.startswith(b"\xef\xbb"):
        return decode(data)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(name, "save it in UTF-8", "请以 UTF-8 编码另存")


def _from_csv(text: str, name: str) -> list[tuple[int, dict[str, object]]]:
    """Not by pandas, which drops what a row has beyond the headings."""
    first = next((line for line in text.splitlines() if not is_blank(line)), "")
    separator = max(_SEPARATORS, key=first.count) if first else ","
    csv.field_size_limit(MAX_BYTES)  # a picture can stand in a cell
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        lines = [line for line in reader]  # noqa: C416 - errors are raised here
    except csv.Error as error:
        at = reader.line_num
        raise _unreadable(name, f"line {at}: {error}", f"第 {at} 行：{error}") from None
    while lines and all(map(is_blank, lines[0])):
        del lines[0]
    headings = lines[0] if lines else []
    for number, cells in enumerate(lines[1:], start=1):
        if any(not is_blank(cell) for cell in cells[len(headings) :]):
            raise _unreadable(
                name,
                f"row {number} has more cells than there are headings; put text with commas in"
                " quotes",
                f"第 {number} 行的单元格多于表头，含逗号的文字请加引号",
            )
    return _records(headings, lines[1:])


def _from_workbook(data: bytes, name: str) -> list[tuple[int, dict[str, object]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_BYTES * 4:
            raise _unreadable(name, "it is larger than 64 MB", "超过 64 MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that openpyxl does not know
            frame = pd.read_excel(
                io.BytesIO(data), dtype=object, keep_default_na=False, engine="openpyxl"
            )
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidRequest):
            raise
        raise _unreadable(name, "it is no whole workbook", "不是完整的工作簿") from None
    return _records(list(frame.columns), frame.itertuples(index=False, name=None))


def _from_json(text: str, name: str) -> list[tuple[int, dict[str, object]]]:
    """One object a line, or one list of objects."""
    if text.lstrip("\ufeff \r\n\t").startswith("["):
        values = list(enumerate(_json_value(text.strip(), name, 1), start=1))
    else:
        lines = enumerate(text.splitlines(), start=1)
        values = [(at, _json_value(line, name, at)) for at, line in lines if not is_blank(line)]
    records = []
    for number, value in values:
        if not isinstance(value, dict):
            raise _unreadable(
                name, f"line {number} is no JSON object", f"第 {number} 行不是 JSON 对象"
            )
        records.append((number, {str(key): v for key, v in value.items() if not _is_blank(v)}))
    return records


def _json_value(text: str, name: str, number: int) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        return parse_json(text)
    except InvalidRequest:
        raise _unreadable(name, f"line {number} is no JSON", f"第 {number} 行不是 JSON") from None


def _records(
    headings: Iterable[object], lines: Iterable[Sequence[object]]
) -> list[tuple[int, dict[str, object]]]:
    names = [plain(str(heading)).strip() for heading in headings]
    return [
        (
            number,
            {
                name: value
                for name, cell in zip(names, cells, strict=False)
                if not _is_blank(value := _cell(cell))
            },
        )
        for number, cells in enumerate(lines, start=1)
    ]


def _cell(value: object) -> object:
    """A cell as what was meant: spreadsheets make fractions of 5."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, time | date):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return is_blank(value)
    return value is None or value == [] or (isinstance(value, float) and math.isnan(value))


def as_text(value: object) -> str:
    """A cell as text; a list or an object as JSON."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value).strip()


def _unreadable(name: str, en: str, zh: str) -> InvalidRequest:
    return InvalidRequest(
        f"The table {PurePath(name).name[:80]} cannot be read: {en}.",
        f"无法读取表格 {PurePath(name).name[:80]}：{zh}。",
    )
