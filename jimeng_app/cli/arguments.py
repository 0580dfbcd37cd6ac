"""The arguments that several commands have: task ids, and the format of rows."""

from typing import Annotated

import typer

from .output import OutputFormat

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID", help="Task ids; read from standard input if none is given, or for -."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the rows as a JSON array on one line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print the rows as CSV with a header.")]
ForExcel = Annotated[
    bool,
    typer.Option(
        "--excel", help="Print the rows as CSV for Excel: with a byte order mark, and no formulas."
    ),
]


def output_format(*, as_json: bool, as_csv: bool, for_excel: bool) -> OutputFormat:
    """The format of rows; both options raise `typer.BadParameter`."""
    if as_json and (as_csv or for_excel):
        raise typer.BadParameter("Choose one of --json and --csv or --excel.")
    if for_excel:
        return OutputFormat.EXCEL
    return OutputFormat.JSON if as_json else OutputFormat.CSV if as_csv else OutputFormat.TABLE
