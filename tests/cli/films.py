"""What the tests of downloads share: two films of one length, and a download of one."""

from pathlib import Path

from tests.cli.cli_runner import CliResult, CliRunner
from tests.core.web.record_tools import Json, finished, item, origin

FILM = bytes(range(256)) * 100
OTHER = bytes(reversed(FILM))


def done(url: str) -> Json:
    """The record of a completed task whose video is there."""
    return finished(item({"origin": origin(url)}), after=-60)


def download(cli: CliRunner, *words: str) -> CliResult:
    """Download into `out`."""
    return cli.run("download", "-o", "out", *words)


def files() -> dict[str, bytes]:
    """What lies in `out`."""
    return {path.name: path.read_bytes() for path in Path("out").iterdir()}
