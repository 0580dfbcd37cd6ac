"""A command that is named loads no other."""

import subprocess
import sys

from typer.testing import CliRunner

from jimeng_app.cli.commands import build_app, command_of
from tests.app.app_process import ROOT
from tests.each import each

ALL = build_app()


@each("name", ["get", "wait", "submit", "batch", "credits"])
def test_same_help(name: str) -> None:
    """Its help is what it is among all commands."""
    one, among_all = (CliRunner().invoke(app, [name, "--help"]) for app in (build_app(name), ALL))
    assert one.exit_code == 0
    assert one.output == among_all.output


@each(
    ("arguments", "command"),
    [
        ("get an-id --json", "get"),
        ("--lang en --backend=web wait", "wait"),
        ("--lang", ""),
        ("--help get", "--help"),
        ("", ""),
    ],
)
def test_command_of(arguments: str, command: str) -> None:
    """The command is the first word that is no option of its own, or such an option's value."""
    assert command_of(arguments.split()) == command


def test_unknown_command() -> None:
    """A word that is no command is refused beside all of them."""
    result = CliRunner().invoke(build_app("gte"), ["gte"])
    assert result.exit_code == 2
    assert "gte" in result.output


def test_loads_no_other() -> None:
    """`jimeng get` loads neither the forms of the requests nor the batches."""
    code = (
        "import sys; from jimeng_app.cli.commands import build_app; build_app('get');"
        "print(sorted({'submit', 'batch', 'options'} & {name.rpartition('.')[2]"
        " for name in sys.modules if name.startswith('jimeng_app.cli.')}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
