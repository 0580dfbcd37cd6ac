"""The doors, and the comparison of what they return."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from jimeng_core import Row as CoreRow
from jimeng_core.requests import Mode
from tests.doors.cli_door import CommandLine
from tests.doors.door import Row
from tests.doors.http_door import ArkHttp
from tests.doors.named_doors import Endpoints, Mcp
from tests.doors.python_doors import WithAwait, WithoutAwait

DOORS: list[type[Any]] = [WithAwait, WithoutAwait, Endpoints, Mcp, ArkHttp, CommandLine]
WAITING = [door for door in DOORS if hasattr(door, "generate")]
"""The doors that have `generate`."""
TELLING = [door for door in DOORS if hasattr(door, "estimate")]
"""The doors that tell prices and costs, and give last frames."""

At = Callable[[type[Any], str], Any]
"""Opens a door for an account."""


def doors_of(mode: Mode, doors: list[type[Any]]) -> list[type[Any]]:
    """The doors that have a mode: Ark's dialect has no images."""
    return [door for door in doors if not (mode is Mode.IMAGE and door is ArkHttp)]


def comparable(row: Row) -> Row:
    """A row without times of look-ups, and with file names instead of URLs."""
    assert list(row) == list(CoreRow.__annotations__)

    def file(url: str | None) -> str | None:
        return urlsplit(url).path.rpartition("/")[2] if url else None

    return row | {
        "checked_at": None,
        "created_at": row["created_at"] and row["created_at"][:19],
        "video_url": file(row["video_url"]),
        "cover_url": file(row["cover_url"]),
        "image_urls": row["image_urls"] and [file(url) for url in row["image_urls"]],
    }


def listed(rows: list[Row]) -> list[Row]:
    """The rows of a list, with only those fields of errors that Ark's dialect has."""
    missing = {"upstream_code": None, "retryable": None}
    return [
        row | {"error": row["error"] | missing} if row["state"] is None else row for row in rows
    ]


def same(rows: dict[type[Any], Row], *except_fields: str) -> Row:
    """Assert that all doors returned the same row, apart from some fields, and return it."""
    compared = {door: comparable(row) | dict.fromkeys(except_fields) for door, row in rows.items()}
    first = compared[next(iter(compared))]
    for door, row in compared.items():
        assert row == first, door
    return first


def error_code(rows: dict[type[Any], Row]) -> str:
    """Assert that all doors returned the same error, and return its code."""
    row = same(rows)
    assert row["state"] is None
    return str(row["error"]["code"])


def generated(
    at: At, account: Callable[[type[Any]], str], mode: Mode, fields: Row
) -> dict[type[Any], Row]:
    """The rows of the finished tasks of all doors, which wait side by side.

    `CliRunner` replaces the streams of the process, so the command line has the main thread.
    """
    with ThreadPoolExecutor() as pool:

        def start(door: type[Any]) -> Callable[[], Row]:
            call = partial(at(door, account(door)).generate, mode, fields)
            return call if door is CommandLine else pool.submit(call).result

        waits = {door: start(door) for door in doors_of(mode, WAITING)}
        command_line = waits[CommandLine]()
        return {
            door: command_line if door is CommandLine else wait() for door, wait in waits.items()
        }
