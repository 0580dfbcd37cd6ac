"""ZIP archives that are sent while they are written: nothing is compressed or stored."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from anyio import open_file, to_thread

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_PART: Final = 1 << 20
"""Bytes of a file that are read at a time."""


class ZipBuffer(io.RawIOBase):
    """What a `ZipFile` has written and nobody has taken yet."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: "Buffer", /) -> int:
        """Store bytes; returns how many they are."""
        part = bytes(data)
        self._data += part
        return len(part)

    def take(self) -> bytes:
        """The bytes since the last call."""
        data = bytes(self._data)
        self._data.clear()
        return data


async def zip_folder(folder: Path) -> AsyncIterator[bytes]:
    """The files of a folder as one archive, without those whose names begin with a dot."""
    buffer = ZipBuffer()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for path in await to_thread.run_sync(_files, folder):
            info = ZipInfo.from_file(path, path.relative_to(folder))
            async with await open_file(path, "rb") as source:
                with archive.open(info, "w") as target:
                    while part := await source.read(_PART):
                        target.write(part)
                        yield buffer.take()
    yield buffer.take()


def _files(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*"))
    return [path for path in paths if path.is_file() and not path.name.startswith(".")]
