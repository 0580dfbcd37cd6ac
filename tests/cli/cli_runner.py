"""What the tests of the command line share: a command in this process, and what it result."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner as TyperRunner

from jimeng_app.cli.commands import app
from jimeng_app.cli.session import Environment
from tests.core.web.fake_site import FakeClock, FakeSite


@dataclass(frozen=True, slots=True)
class CliResult:
    """How a command ended, and what it result."""

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


class CliRunner:
    """Runs commands against a site that answers as told.

    Args:
        site: Where the network would be.
        clock: Time that passes only while somebody sleeps.
    """

    def __init__(self, site: FakeSite, clock: FakeClock) -> None:
        self.site = site
        self.clock = clock

    def run(self, *words: str, stdin: str | None = None) -> CliResult:
        """Run one command to its end."""
        environment = Environment(self.clock, self.site.transport)
        done = TyperRunner().invoke(app, words, input=stdin, obj=environment)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return CliResult(done.exit_code, done.stdout, done.stderr)
