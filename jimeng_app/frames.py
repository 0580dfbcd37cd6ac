"""Rows as a pandas frame: the one form behind the page's table and CSV output."""

import json
from collections.abc import Sequence

import pandas as pd

from jimeng_core.rows import Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of cells that spreadsheet programs take for formulas."""


def to_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One line for each row and one column for each of its fields, in the contract's order.

    Every column holds objects, so that integers stay integers and null stays None.
    """
    return pd.DataFrame([*rows], columns=[*Row.__annotations__], dtype=object)


def to_csv(rows: Sequence[Row], *, spreadsheet: bool = False) -> str:
    """Rows as CSV with a header; a nested value is JSON in its cell, null is an empty cell.

    Args:
        rows: The rows.
        spreadsheet: Whether a spreadsheet program opens it: cells that it would take for formulas
            then begin with an apostrophe.
    """
    frame = to_frame(rows)
    for name in frame:
        cells = [to_cell(value, spreadsheet=spreadsheet) for value in frame[name]]
        frame[name] = pd.Series(cells, dtype=object)
    return frame.to_csv(index=False, lineterminator="\n")


def to_cell(value: object, *, spreadsheet: bool) -> object:
    """A value as a cell of CSV; see `to_csv`."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    text = "\n".join(value.splitlines()) if "\r" in value else value  # `\r` would not be quoted
    return f"'{text}" if spreadsheet and value.startswith(_FORMULA) else text
