"""Loading of pictures from a path, a URL or bytes.

The format of a picture is decided by its bytes, never by its name; the limits of its pixels are in
`jimeng_core.pictures.decoding`.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import invalid_field
from jimeng_core.requests import Picture

from .picture_file import BadPicture, PictureFile
from .safe_fetch import fetch_bytes

MAX_BYTES: Final = 30 * 1024 * 1024
"""The largest file that may be sent, in bytes (protocol 11)."""

URL_SECONDS: Final = 20.0
"""The longest download of a picture, in seconds."""

_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]+):", re.IGNORECASE)  # one letter is a drive: C:\a.png
_limiter = RunVar[anyio.CapacityLimiter]("picture threads")
_HOST = re.compile(r"\s*https?://", re.IGNORECASE)


async def load_picture(
    picture: Picture,
    field: str,
    *,
    timeout: float,
    allow_private: bool,
) -> PictureFile:
    """Load and check a picture, without blocking the event loop.

    Args:
        picture: A path, an http(s) URL, or the bytes of a file. `~` means the home folder.
        field: The field of the request, such as `frames[3].image`; error messages begin with it.
        timeout: Of the download of a URL, in seconds.
        allow_private: Whether a URL may lead into a private network.

    Raises:
        InvalidRequest: The picture cannot be read, or may not be sent.
    """
    if isinstance(picture, bytes):
        data = picture
    elif isinstance(picture, str) and is_url(picture):
        try:
            data = await fetch_bytes(
                picture,
                limit=MAX_BYTES,
                timeout=min(timeout, URL_SECONDS),
                allow_private=allow_private,
            )
        except InvalidRequest as error:
            message, message_zh = f"{field}: {error.message}", f"{field}：{error.message_zh}"
            raise invalid_field(field, message, message_zh) from None
    else:
        with _about(field):
            data = await anyio.to_thread.run_sync(_read_file, picture)
    return await anyio.to_thread.run_sync(read_picture, data, field, limiter=_processors())


def _processors() -> anyio.CapacityLimiter:
    """As many threads as there are processors, for the pictures of all clients of a loop.

    Pictures are decoded in the order they came: more at a time would all be ready late.
    """
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
        _limiter.set(limiter)
        return limiter


def is_url(picture: Picture) -> bool:
    """Whether a picture is an http(s) URL; one without `//` may also be the name of a file."""
    if not isinstance(picture, str) or _scheme(picture) not in {"http", "https"}:
        return False
    return _HOST.match(picture) is not None or not _exists(picture)


def read_picture(data: bytes, field: str) -> PictureFile:
    """Check the bytes of a picture and rotate it upright. Takes up to seconds of CPU: use a thread.

    Raises:
        InvalidRequest: It may not be sent; the message begins with `field`.
    """
    with _about(field):
        if not data:
            raise BadPicture("is empty; give a picture.", "是空的，请提供图片。")
        if len(data) > MAX_BYTES:
            raise BadPicture(
                f"is larger than {MAX_BYTES >> 20} MB; make the file smaller.",
                f"超过 {MAX_BYTES >> 20} MB，请缩小文件。",
            )
        from .decoding import decode  # noqa: PLC0415 - loads Pillow, which no look-up needs

        picture = decode(data)
        if len(picture.data) > MAX_BYTES:
            raise BadPicture(
                f"has more than {MAX_BYTES >> 20} MB once turned upright or made a JPEG; scale it.",
                f"转正或转为 JPEG 后超过 {MAX_BYTES >> 20} MB，请缩小图片。",
            )
    return picture


@contextmanager
def _about(field: str) -> Iterator[None]:
    """Raise a `BadPicture` as the `InvalidRequest` of a field."""
    try:
        yield
    except BadPicture as error:
        raise invalid_field(field, f"{field} {error.en}", f"{field} {error.zh}") from None


def _scheme(picture: Picture) -> str | None:
    """The scheme of a text that looks like a URL, in lower case."""
    match = _SCHEME.match(picture) if isinstance(picture, str) else None
    return match[1].lower() if match else None


def _exists(path: str | Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL, or half of a surrogate pair
        return False


def _read_file(path: str | Path) -> bytes:
    """The bytes of a regular file, at most one more than `MAX_BYTES`."""
    if not _exists(path):
        _check_path(path)
        path = os.path.expanduser(path)  # noqa: PTH111 - as it is where nobody has that name
    try:
        with open(path, "rb", opener=_open_without_blocking) as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(MAX_BYTES + 1) if regular else None
    except (OSError, ValueError) as error:
        raise BadPicture(*_why_unreadable(error)) from None
    if data is None:
        raise BadPicture(
            "names a device or a pipe; give a picture's file.", "是设备或管道，请提供图片文件。"
        )
    return data


def _check_path(path: str | Path) -> None:
    if not str(path).strip():
        raise BadPicture(
            "is empty; give a path, an http(s) URL or the picture's bytes.",
            "是空的，请提供文件路径、http(s) 网址或图片的字节。",
        )
    scheme = _scheme(path)
    if scheme == "data":
        raise BadPicture(
            "is a data: URI; give the picture's bytes instead.",
            "是 data: URI，请直接提供图片的字节。",
        )
    if scheme is not None:
        raise BadPicture(
            "is neither a path nor an http(s) URL; give one of these, a path without file:.",
            "既不是文件路径也不是 http(s) 网址，请改用其中一种（路径不要带 file:）。",
        )


def _open_without_blocking(path: str, flags: int) -> int:
    """Open without waiting for the writer of a pipe (Windows has no such files)."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _why_unreadable(error: OSError | ValueError) -> tuple[str, str]:
    """The sentences of a file's error, which do not repeat the path."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return (
                "names a file that does not exist; check the path.",
                "指向的文件不存在，请检查路径。",
            )
        case IsADirectoryError():
            return "names a folder; give a picture's file.", "是文件夹，请提供图片文件。"
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
