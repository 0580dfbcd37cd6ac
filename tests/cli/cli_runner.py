"""A runner of commands within the test's process."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner as TyperRunner

from jimeng_app.cli.commands import build_app, command_of
from jimeng_app.cli.session import Environment
from tests.core.web.fake_site import FakeClock, FakeSite


@dataclass(frozen=True, slots=True)
class CliResult:
    """The exit status of a command, and its output."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The value on standard output, which must be one line of JSON."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    @property
    def csv(self) -> list[dict[str, str]]:
        """The rows on standard output, which must be CSV."""
        return list(csv.DictReader(io.StringIO(self.out)))


class CliRunner:
    """Runs commands against a fake site.

    Args:
        site: Replaces the network.
        clock: Advances only in sleeps.
    """

    def __init__(self, site: FakeSite, clock: FakeClock) -> None:
        self.site = site
        self.clock = clock

    def run(self, *words: str, stdin: str | bytes | None = None) -> CliResult:
        """Run one command to its end."""
        environment = Environment(self.clock, self.site.transport)
        result = TyperRunner().invoke(
            build_app(command_of(words)), words, input=stdin, obj=environment
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return CliResult(result.exit_code, result.stdout, result.stderr)
