"""What the tests of downloads share: two films of one length, and a download of one."""

from pathlib import Path

from tests.cli.desk import Desk, Said
from tests.core.web.record_tools import Json, finished, item, origin

FILM = bytes(range(256)) * 100
OTHER = bytes(reversed(FILM))


def done(url: str) -> Json:
    """The record of a completed task whose video is there."""
    return finished(item({"origin": origin(url)}), after=-60)


def download(desk: Desk, *words: str) -> Said:
    """Download into `out`."""
    return desk.run("download", "-o", "out", *words)


def files() -> dict[str, bytes]:
    """What lies in `out`."""
    return {path.name: path.read_bytes() for path in Path("out").iterdir()}
