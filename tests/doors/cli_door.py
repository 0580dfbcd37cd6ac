"""The command line."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from typer.testing import CliRunner

from jimeng_app.cli.commands import app
from jimeng_core.requests import Mode
from tests.doors.door import Fields, Row, UploadSlot


class CommandLine:
    """`jimeng … --json`."""

    def __init__(self, place: UploadSlot) -> None:
        self._environment = {
            "JIMENG_TOKEN": place.account,
            "JIMENG_DATA_DIR": str(place.data),
            "JIMENG_DEMO_PACE": "0",
        }

    def _run(self, *words: str) -> Any:
        words = ("--backend", "demo", "--lang", "en", *words, "--json")
        return json.loads(CliRunner().invoke(app, words, env=self._environment).stdout)

    def submit(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._run("submit", mode.replace("_", "-"), *words_of(fields)))

    def generate(self, mode: Mode, fields: Fields) -> Row:
        row = self.submit(mode, fields)
        if row["error"]:
            return row
        [row] = self._run("wait", row["id"], "--timeout", "100")
        return dict(row)

    def get(self, task_id: str) -> Row:
        [row] = self.get_many([task_id])
        return row

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        return list(self._run("get", *ids))


def words_of(fields: Fields) -> Iterator[str]:
    """Fields as options; a list is an option again and again."""
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from words_of({"frame" if k == "image" else k: v for k, v in each.items()})
            else:
                yield from (f"--{name.replace('_', '-')}", str(each))
