"""Part files: the bytes of downloads that are not complete.

The name of a part file contains a digest of the file's version, which is its ETag or modification
date and its length. So a download continues only with bytes of the same version, even days later.
"""

import glob
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


class Locked(Exception):
    """Another process downloads the same file."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A version of a file on a server."""

    tag: str | None
    """Its ETag if that is a strong one, else its modification date."""
    length: int | None
    """Bytes."""


def parse_headers(response: httpx.Response) -> tuple[int | None, FileVersion]:
    """The offset of a response's body in the file, and the version of the file.

    The offset is None if the body is no part of the file.
    """
    headers = response.headers
    etag = headers.get("etag", "")
    tag = etag if etag.startswith('"') else headers.get("last-modified")
    if response.status_code == httpx.codes.PARTIAL_CONTENT and (
        match := _RANGE.fullmatch(headers.get("content-range", ""))
    ):
        return int(match[1]), FileVersion(tag, int(match[2]))
    length = headers.get("content-length")
    start = 0 if response.status_code == httpx.codes.OK else None
    return start, FileVersion(tag, int(length) if length else None)


class PartFiles:
    """The part files of one download, in the folder of the finished file `target`."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.unversioned = self._beside("new.part")
        """For a file whose version is unknown, which cannot be continued."""
        self._found: set[Path] = set()
        """Those with a version: of this download and, once they are looked for, of earlier ones."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock out other processes, which could append to the same part file.

        Raises:
            Locked: Another process has the lock.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only downloads need it

        path = self._beside("lock")
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise Locked from None
        try:
            yield
        finally:
            with suppress(OSError):  # Windows cannot remove an open file
                path.unlink()
            lock.release()

    def resumable(self) -> Path | None:
        """The part file of an earlier download, if its version is known."""
        self._found.update(self._target.parent.glob(f"{glob.escape(self._target.name)}.*.part"))
        parts = (path for path in self._found if path != self.unversioned)
        return next((path for path in parts if path.exists()), None)

    def of(self, version: FileVersion) -> Path:
        """The part file of a version."""
        if not version.tag:
            return self.unversioned
        part = self._beside(f"{hashlib.sha256(repr(version).encode()).hexdigest()[:12]}.part")
        self._found.add(part)
        return part

    def discard(self) -> None:
        """Delete all part files."""
        for path in self._found | {self.unversioned}:
            path.unlink(missing_ok=True)

    def finish(self, part: Path) -> None:
        """Rename a complete part file to the finished file, and delete the others."""
        part.replace(self._target)
        self.discard()

    def _beside(self, suffix: str) -> Path:
        return self._target.with_name(f"{self._target.name}.{suffix}")
