"""Rows as a pandas frame: the one form behind the page's table and CSV output."""

import json
from collections.abc import Sequence

import pandas as pd

from jimeng_core.rows import Row


def to_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One line for each row and one column for each of its fields, in the contract's order.

    Every column holds objects, so that integers stay integers and null stays None.
    """
    return pd.DataFrame([*rows], columns=[*Row.__annotations__], dtype=object)


def to_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header; a nested value is JSON in its cell, null is an empty cell."""
    frame = to_frame(rows)
    for name in frame:
        frame[name] = pd.Series([_cell(value) for value in frame[name]], dtype=object)
    return frame.to_csv(index=False, lineterminator="\n")


def _cell(value: object) -> object:
    nested = isinstance(value, dict | list)
    return json.dumps(value, ensure_ascii=False) if nested else value
