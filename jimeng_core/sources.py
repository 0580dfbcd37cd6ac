"""The bytes of a file that a request names: at a path, at an http(s) URL, or as they are."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import anyio.to_thread

from .errors import InvalidRequest
from .problems import invalid_field
from .requests import Picture
from .safe_fetch import fetch_bytes

_SCHEME: Final = re.compile(r"\s*([a-z][a-z0-9+.-]+):", re.IGNORECASE)  # one letter: a drive
_HOST: Final = re.compile(r"\s*https?://", re.IGNORECASE)


class BadFile(Exception):
    """A file that may not be sent; `en` and `zh` are sentences without their subject."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


async def read_source(
    source: Picture, field: str, *, limit: int, timeout: float, allow_private: bool
) -> bytes:
    """The bytes of a file, without blocking the event loop.

    Args:
        source: A path, an http(s) URL, or the bytes themselves. `~` means the home folder.
        field: The field of the request, such as `frames[3].image`; error messages begin with it.
        limit: The largest size of a download in bytes; of a larger file, one byte more is read.
        timeout: Of the download of a URL, in seconds.
        allow_private: Whether a URL may lead into a private network.

    Raises:
        InvalidRequest: It cannot be read.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and is_url(source):
        try:
            return await fetch_bytes(
                source, limit=limit, timeout=timeout, allow_private=allow_private
            )
        except InvalidRequest as error:
            message, message_zh = f"{field}: {error.message}", f"{field}：{error.message_zh}"
            raise invalid_field(field, message, message_zh) from None
    with about(field):
        return await anyio.to_thread.run_sync(_read_file, source, limit)


def check_size(data: bytes, limit: int, wanted: str, wanted_zh: str) -> None:
    """Check that a file has content, and not too much of it.

    Args:
        data: Its bytes.
        limit: Bytes.
        wanted: What should be there instead of an empty file.
        wanted_zh: The same in Chinese.

    Raises:
        BadFile: It is empty or larger than `limit`.
    """
    if not data:
        raise BadFile(f"is empty; give {wanted}.", f"是空的，请提供{wanted_zh}。")
    if len(data) > limit:
        raise BadFile(
            f"is larger than {limit >> 20} MB; make the file smaller.",
            f"超过 {limit >> 20} MB，请缩小文件。",
        )


def is_url(source: Picture) -> bool:
    """Whether a file is at an http(s) URL; one without `//` may also be the name of a file."""
    if not isinstance(source, str) or _scheme(source) not in {"http", "https"}:
        return False
    return _HOST.match(source) is not None or not _exists(source)


@contextmanager
def about(field: str) -> Iterator[None]:
    """Raise a `BadFile` as the `InvalidRequest` of a field."""
    try:
        yield
    except BadFile as error:
        raise invalid_field(field, f"{field} {error.en}", f"{field} {error.zh}") from None


def _scheme(source: Picture) -> str | None:
    """The scheme of a text that looks like a URL, in lower case."""
    match = _SCHEME.match(source) if isinstance(source, str) else None
    return match[1].lower() if match else None


def _exists(path: str | Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL, or half of a surrogate pair
        return False


def _read_file(path: str | Path, limit: int) -> bytes:
    """The bytes of a regular file, at most one more than `limit`."""
    if not _exists(path):
        _check_path(path)
        path = os.path.expanduser(path)  # noqa: PTH111 - as it is where nobody has that name
    try:
        with open(path, "rb", opener=_open_without_blocking) as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(limit + 1) if regular else None
    except (OSError, ValueError) as error:
        raise BadFile(*_why_unreadable(error, path)) from None
    if data is None:
        raise BadFile("names a device or a pipe; give a file.", "是设备或管道，请提供文件。")
    return data


def _check_path(path: str | Path) -> None:
    if not str(path).strip():
        raise BadFile(
            "is empty; give a path, an http(s) URL or the file's bytes.",
            "是空的，请提供文件路径、http(s) 网址或文件的字节。",
        )
    scheme = _scheme(path)
    if scheme == "data":
        raise BadFile(
            "is a data: URI; give the file's bytes instead.",
            "是 data: URI，请直接提供文件的字节。",
        )
    if scheme is not None:
        raise BadFile(
            "is neither a path nor an http(s) URL; give one of these, a path without file:.",
            "既不是文件路径也不是 http(s) 网址，请改用其中一种（路径不要带 file:）。",
        )


def _open_without_blocking(path: str, flags: int) -> int:
    """Open without waiting for the writer of a pipe (Windows has no such files)."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _why_unreadable(error: OSError | ValueError, path: str | Path) -> tuple[str, str]:
    """The sentences of a file's error, which do not repeat the path."""
    match error:
        case IsADirectoryError() | PermissionError() if Path(
            path
        ).is_dir():  # the latter on Windows
            return "names a folder; give a file.", "是文件夹，请提供文件。"
        case FileNotFoundError() | NotADirectoryError():
            return (
                "names a file that does not exist; check the path.",
                "指向的文件不存在，请检查路径。",
            )
        case PermissionError():
            return (
                "names a file that may not be read; change its permissions.",
                "指向的文件没有读取权限，请修改权限。",
            )
        case OSError() if error.errno != errno.ENAMETOOLONG:
            return (
                "names a file that cannot be read; copy it to another place.",
                "指向的文件无法读取，请把它复制到别处。",
            )
    return (
        "is not a possible path (too long, or with characters that none has); check it.",
        "不是可用的路径（过长或含有非法字符），请检查。",
    )
