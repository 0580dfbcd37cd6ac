"""Part files: what there is of a file that is on its way.

A part file's name carries a digest of what the server calls this version of the file (its ETag or
date, and its length): what is appended to it is of the same version, also days later.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from filelock import FileLock, Timeout

_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")


_NAMELESS: Final = "new"
"""In the place of the digest, where the server does not tell versions apart."""


class FileLocked(Exception):
    """Another process is at this file."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What a server calls the very bytes of a file."""

    tag: str | None
    """Its ETag where that is a strong one, else when it was last changed."""
    length: int | None

    @property
    def name(self) -> str:
        """What its part file is called."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12] if self.tag else _NAMELESS


def version_of(response: httpx.Response) -> FileVersion:
    """The version that an answer is of, whether it is the whole file or a part."""
    etag = response.headers.get("etag", "")
    tag = etag if etag.startswith('"') else response.headers.get("last-modified")
    if part := _range_of(response):
        return FileVersion(tag, int(part[2]))
    length = response.headers.get("content-length")
    return FileVersion(tag, int(length) if length else None)


def start_of(response: httpx.Response) -> int | None:
    """With which byte of the file an answer begins; None where it is no file at all."""
    if response.status_code == httpx.codes.OK:
        return 0
    part = _range_of(response)
    return int(part[1]) if part else None


def _range_of(response: httpx.Response) -> re.Match[str] | None:
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return None
    return _RANGE.fullmatch(response.headers.get("content-range", ""))


class PartFiles:
    """The part files of one file.

    Args:
        target: Where the file is to lie.
    """

    def __init__(self, target: Path) -> None:
        self._target = target

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes away: two that append to one file would spoil it.

        Raises:
            InUse: Another one is here.
        """
        lock = self._beside("lock")
        try:
            with FileLock(lock, timeout=0):
                try:
                    yield
                finally:
                    with suppress(OSError):  # Windows removes no file that is open
                        lock.unlink()
        except Timeout:
            raise FileLocked from None

    def resumable(self) -> Path | None:
        """What an earlier try left, if it can be told of which version it is."""
        return next((path for path in self._all() if path != self._beside(_NAMELESS, "part")), None)

    def of(self, version: FileVersion) -> Path:
        """Where the bytes of a version are kept until they are all there."""
        return self._beside(version.name, "part")

    def unversioned(self) -> Path:
        """Where a file is kept that is never resumed."""
        return self._beside(_NAMELESS, "part")

    def discard(self) -> None:
        """Begin anew."""
        for path in self._all():
            path.unlink(missing_ok=True)

    def finish(self, part: Path) -> None:
        """Put a part file that is whole where it belongs."""
        part.replace(self._target)
        self.discard()

    def _beside(self, *ends: str) -> Path:
        return self._target.with_name(".".join([self._target.name, *ends]))

    def _all(self) -> list[Path]:
        start = f"{self._target.name}."
        beside = self._target.parent.iterdir()
        return [path for path in beside if path.name.startswith(start) and path.suffix == ".part"]
