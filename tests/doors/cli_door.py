"""The command line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from jimeng_app.cli.commands import build_app, command_of
from jimeng_core.requests import Mode
from tests.doors.door import Fields, Row, Target


class CommandLine:
    """`jimeng … --json`."""

    def __init__(self, target: Target) -> None:
        self._environment = {
            "JIMENG_TOKEN": target.session,
            "JIMENG_DATA_DIR": str(target.data),
            "JIMENG_DEMO_PACE": "0",
        }

    def _run(self, *words: str) -> Any:
        words = ("--backend", "demo", "--lang", "en", *words, "--json")
        return json.loads(
            CliRunner().invoke(build_app(command_of(words)), words, env=self._environment).stdout
        )

    def submit(self, mode: Mode, fields: Fields) -> Row:
        return dict(self._run("submit", mode.replace("_", "-"), *words_of(fields)))

    def generate(self, mode: Mode, fields: Fields) -> Row:
        row = self.submit(mode, fields)
        if row["error"]:
            return row
        [row] = self._run("wait", row["id"], "--timeout", "100")
        return dict(row)

    def estimate(self, mode: Mode, fields: Fields) -> Row:
        words = ("submit", mode.replace("_", "-"), *words_of(fields), "--dry-run")
        return dict(self._run(*words)["price"])

    def cost(self, task_id: str) -> Row:
        [row] = self._run("get", task_id, "--cost")
        return dict(row["cost"])

    def last_frame(self, task_id: str) -> bytes:
        words = ("--backend", "demo", "last-frame", task_id, "--output", f"{task_id}.png")
        done = CliRunner().invoke(build_app(command_of(words)), words, env=self._environment)
        return Path(done.stdout.strip()).read_bytes()

    def get(self, task_id: str) -> Row:
        [row] = self.get_many([task_id])
        return row

    def get_many(self, ids: Sequence[str]) -> list[Row]:
        return list(self._run("get", *ids))


def words_of(fields: Fields) -> Iterator[str]:
    """The fields as options; a list is a repeated option."""
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from words_of({"frame" if k == "image" else k: v for k, v in item.items()})
            else:
                yield from (f"--{name.replace('_', '-')}", str(item))
