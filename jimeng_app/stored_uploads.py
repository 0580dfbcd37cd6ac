"""The stored uploads: whose each is, and the removal of the oldest beyond the limits."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
from anyio import to_thread

VISITOR_BYTES: Final = 300 * 2**20
"""Bytes of a visitor's uploads: the pictures of one request, at their largest."""
ALL_BYTES: Final = 2 * 2**30
FILE_BYTES: Final = 2**18
"""What a file counts at least, so that there are 8,192 at most."""
UNFINISHED_SECONDS: Final = 600.0
"""Seconds after which a file that is still being received counts as given up."""


class StoredUploads:
    """The files in Gradio's upload folder; beyond the limits, the oldest are removed.

    Args:
        folder: Gradio's upload folder.
        visitor_bytes: The limit for each visitor.
        all_bytes: The limit for all visitors.
    """

    def __init__(
        self, folder: Path, *, visitor_bytes: int = VISITOR_BYTES, all_bytes: int = ALL_BYTES
    ) -> None:
        self._folder = folder
        self.visitor_bytes = visitor_bytes
        self.all_bytes = all_bytes
        self._owners: dict[Path, str] = {}
        self._removing = anyio.Lock()

    def make_folder(self) -> None:
        """Make the folder again if it was deleted, readable by this user only, as at the start."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def keep(self, paths: Iterable[Path], visitor: str) -> None:
        """Count files as a visitor's, and remove the oldest beyond the limits."""
        async with self._removing:  # which goes through the owners in a thread
            self._owners.update(dict.fromkeys(paths, visitor))
            await to_thread.run_sync(self._remove_oldest)

    def _remove_oldest(self) -> None:
        files = sorted(_files(self._folder))
        used = Counter({"": 0})
        for _, size, path in files:
            used[self._owners.get(path, "")] += size
        for _, size, path in files:
            owner = self._owners.get(path, "")
            if used.total() > self.all_bytes or (owner and used[owner] > self.visitor_bytes):
                path.unlink(missing_ok=True)
                with suppress(OSError):  # it has other files, or is the folder of all
                    path.parent.rmdir()
                used[owner] -= size
        self._owners = {path: owner for path, owner in self._owners.items() if path.exists()}


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """The time, size and path of each upload; one that is still being received is left out."""
    for path in folder.rglob("*"):
        try:
            status = path.stat()
        except OSError:  # removed meanwhile
            continue
        given_up = time.time() - status.st_mtime > UNFINISHED_SECONDS
        if path.is_file() and (path.parent != folder or given_up):
            yield status.st_mtime, max(status.st_size, FILE_BYTES), path
