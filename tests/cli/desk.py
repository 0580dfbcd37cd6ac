"""What the tests of the command line share: a command in this process, and what it said."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from jimeng_app.cli.program import app
from jimeng_app.cli.session import World
from tests.core.web.site_double import FakeClock, FakeSite


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its result, which must be one line of JSON."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    @property
    def csv(self) -> list[dict[str, str]]:
        """Its result, which must be CSV."""
        return list(csv.DictReader(io.StringIO(self.out)))


class Desk:
    """Runs commands against a site that answers as told.

    Args:
        site: Where the network would be.
        clock: Time that passes only while somebody sleeps.
    """

    def __init__(self, site: FakeSite, clock: FakeClock) -> None:
        self.site = site
        self.clock = clock

    def run(self, *words: str, stdin: str | None = None) -> Said:
        """Run one command to its end."""
        world = World(self.clock, self.site.transport)
        done = CliRunner().invoke(app, words, input=stdin, obj=world)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)
