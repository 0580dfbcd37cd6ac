"""Tables as people have them: encodings, separators, workbooks, JSON Lines, blank rows."""

import io
import json
from datetime import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimeng_app.batch.manifest import MAX_BYTES, TableRow, read_table
from jimeng_core import InvalidRequest

ROWS = [TableRow(1, {"提示词": "一只猫", "duration": "5"}), TableRow(2, {"提示词": "a, b"})]
TEXT = '提示词,duration\r\n一只猫,5\r\n"a, b",\r\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-16-le", "utf-16-be"]
)
def test_encodings(encoding: str) -> None:
    """CSV is read in UTF-8 and UTF-16, with and without a mark, and in Chinese Excel's GB 18030."""
    text = TEXT if encoding not in {"utf-16-le", "utf-16-be"} else f"p{TEXT}"
    rows = read_table(text.encode(encoding), "clips.csv")

    assert [list(row.cells.values()) for row in rows] == [["一只猫", "5"], ["a, b"]]


@pytest.mark.parametrize("separator", [";", "\t", "|", "；"])
def test_separators(separator: str) -> None:
    """Columns may be separated by what the headings are separated by."""
    text = f"prompt{separator}duration\nA cat.{separator}5\n"

    assert read_table(text.encode(), "a.csv") == [
        TableRow(1, {"prompt": "A cat.", "duration": "5"})
    ]


def test_blank_rows_count_and_are_left_out() -> None:
    """Rows keep the numbers that a spreadsheet shows, below the headings."""
    rows = read_table(b"prompt,duration\nA cat.,5\n,\n\nA dog.,\n", "a.csv")

    assert [(row.number, row.cells["prompt"]) for row in rows] == [(1, "A cat."), (4, "A dog.")]


def test_workbooks() -> None:
    """A workbook's numbers stay whole, and NA is a text."""
    out = io.BytesIO()
    frame = pd.DataFrame({"prompt": ["一只猫", None], "duration": [5.0, None]})
    frame["ratio"] = pd.Series([time(16, 9), None], dtype=object)  # as Excel reads 16:9
    frame["NA"] = ["NA", None]
    frame.to_excel(out, index=False)

    assert read_table(out.getvalue(), "clips.XLSX") == [
        TableRow(1, {"prompt": "一只猫", "duration": 5, "ratio": "16:09:00", "NA": "NA"})
    ]
    assert read_table(out.getvalue(), "clips.csv")  # saved under another name


def test_json_lines() -> None:
    """Objects, one a line or in a list, with a byte order mark and blank lines."""
    rows: list[dict[str, object]] = [
        {"prompt": "一只猫", "frames": [{"image": "a.png"}]},
        {"prompt": None},
        {"prompt": "b"},
    ]
    lines = "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)

    assert read_table(lines.encode(), "a.jsonl") == [TableRow(1, rows[0]), TableRow(5, rows[2])]
    assert len(read_table(json.dumps(rows).encode(), "a.json")) == 2


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"prompt,duration\n", "a.csv"),
        (b"", "a.csv"),
        (b'prompt\n"open', "a.csv"),
        (b"\x00" * (MAX_BYTES + 1), "a.csv"),
        (b"prompt\na,b,c\n", "a.csv"),
        (b"\x00\xff\xfe\xfd" * 9, "a.xlsx"),
        (b"PK\x03\x04no workbook", "a.xlsx"),
        (b"\xd0\xcf\x11\xe0old", "a.xls"),
        (b"{}\n[1]\n", "a.jsonl"),
        (b"{not json}", "a.jsonl"),
        (b"\x81\x20\xff\xff", "a.csv"),
    ],
)
def test_what_is_no_table(data: bytes, name: str) -> None:
    """A file that is no table is one sentence that names it."""
    with pytest.raises(InvalidRequest, match=name):
        read_table(data, name)


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.xlsx", "a.jsonl", "a"]))
def test_any_bytes(data: bytes, name: str) -> None:
    """Any bytes are rows or `InvalidRequest`."""
    try:
        rows = read_table(data, name)
    except InvalidRequest:
        return
    assert all(row.cells for row in rows)
