"""Two videos of the same size, and downloads of them."""

from pathlib import Path

from tests.cli.cli_runner import CliResult, CliRunner
from tests.core.web.record_tools import Json, finished, item, origin

_HEAD = b"\0\0\0\x18ftypmp42" + bytes(12)
FILM = _HEAD + bytes(range(256)) * 100
OTHER = _HEAD + bytes(reversed(range(256))) * 100


def completed(url: str) -> Json:
    """The record of a completed task with a video."""
    return finished(item({"origin": origin(url)}), after=-60)


def download(cli: CliRunner, *words: str) -> CliResult:
    """Download into the folder `out`."""
    return cli.run("download", "-o", "out", *words)


def files() -> dict[str, bytes]:
    """The files in the folder `out`, by name."""
    return {path.name: path.read_bytes() for path in Path("out").iterdir()}
