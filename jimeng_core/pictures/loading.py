"""Pictures: from a path, a URL or bytes to the bytes that are sent.

A picture is known by its bytes and never by its name; what its pixels must be is in
`jimeng_core.pictures.decoding`.
"""

import errno
import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from jimeng_core.errors import InvalidRequest
from jimeng_core.requests import Picture

from .decoding import decode, picture_problem
from .safe_fetch import fetch_bytes

MAX_BYTES = 30 * 1024 * 1024
"""The largest file that is sent (protocol 11), and one less than is ever read of any."""

_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]+):", re.IGNORECASE)  # one letter is a drive: C:\a.png


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture that may be sent."""

    data: bytes = field(repr=False)
    """What is sent: the caller's bytes, or a new file where they had to be turned or converted."""
    format: str
    """Of `data`: `jpeg`, `png`, `webp`, `bmp`, `tiff` or `gif`."""
    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    sha256: str
    """Of `data`, in hex; the same picture has the same."""

    @property
    def extension(self) -> str:
        """How a file's name ends in this format, with the dot."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"

    @property
    def media_type(self) -> str:
        """As in a Content-Type header or a `data:` URI."""
        return f"image/{self.format}"


async def load_picture(
    picture: Picture,
    field: str,
    *,
    timeout: float,
    allow_private: bool,
) -> PictureFile:
    """Read a picture from where it is, and check it. The event loop waits for neither.

    Args:
        picture: A path, an http(s) URL, or the bytes of a file. A `str` that begins like a URL
            is one; a file with such a name can be given as a `Path`.
        field: What the error's sentences begin with, such as `frames[3].image`.
        timeout: Seconds that a URL has to deliver.
        allow_private: Whether a URL may lead into a private network.

    Raises:
        InvalidRequest: It cannot be read, or may not be sent.
    """
    if isinstance(picture, bytes):
        data = picture
    elif isinstance(picture, str) and is_url(picture):
        try:
            data = await fetch_bytes(
                picture.strip(), limit=MAX_BYTES, timeout=timeout, allow_private=allow_private
            )
        except InvalidRequest as error:
            message, message_zh = f"{field}: {error.message}", f"{field}：{error.message_zh}"
            raise InvalidRequest(message, message_zh) from None
    else:
        data = await anyio.to_thread.run_sync(_read_file, picture, field)
    return await anyio.to_thread.run_sync(read_picture, data, field)


def is_url(picture: Picture) -> bool:
    """Whether a picture is to be had from the web."""
    return _scheme(picture) in {"http", "https"}


def read_picture(data: bytes, field: str) -> PictureFile:
    """Check the bytes of a picture and turn it upright. Takes up to seconds of CPU: use a thread.

    Args:
        data: A whole file.
        field: What the error's sentences begin with.

    Raises:
        InvalidRequest: It may not be sent; the sentence says what to change.
    """
    if not data:
        raise picture_problem(field, "is empty; give a picture.", "是空的，请提供图片。")
    if len(data) > MAX_BYTES:
        raise picture_problem(
            field,
            f"is larger than {MAX_BYTES >> 20} MB; make the file smaller.",
            f"超过 {MAX_BYTES >> 20} MB，请缩小文件。",
        )
    seen = decode(data, field)
    if len(seen.data) > MAX_BYTES:
        raise picture_problem(
            field,
            f"has more than {MAX_BYTES >> 20} MB once turned upright or made a JPEG; scale it.",
            f"转正或转为 JPEG 后超过 {MAX_BYTES >> 20} MB，请缩小图片。",
        )
    digest = hashlib.sha256(seen.data).hexdigest()
    return PictureFile(seen.data, seen.format, seen.width, seen.height, digest)


def _scheme(picture: Picture) -> str | None:
    """What a text begins with if it looks like a URL, in small letters."""
    match = _SCHEME.match(picture) if isinstance(picture, str) else None
    return match[1].lower() if match else None


def _refuse_other_texts(picture: str | Path, field: str) -> None:
    """Stop what cannot be a path."""
    if not str(picture).strip():
        raise picture_problem(
            field,
            "is empty; give a path, an http(s) URL or the picture's bytes.",
            "是空的，请提供文件路径、http(s) 网址或图片的字节。",
        )
    scheme = _scheme(picture)
    if scheme == "data":
        raise picture_problem(
            field,
            "is a data: URI; give the picture's bytes instead.",
            "是 data: URI，请直接提供图片的字节。",
        )
    if scheme is not None:
        raise picture_problem(
            field,
            "is neither a path nor an http(s) URL; give one of these, a path without file:.",
            "既不是文件路径也不是 http(s) 网址，请改用其中一种（路径不要带 file:）。",
        )


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe would wait for somebody to write (Windows has no such files)."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read_file(path: str | Path, field: str) -> bytes:
    """A regular file's bytes, at most one more than `MAX_BYTES`."""
    _refuse_other_texts(path, field)
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise picture_problem(field, *_why_unread(error)) from None
    raise picture_problem(
        field,
        "names a device or a pipe; give a picture's file.",
        "是设备或管道，请提供图片文件。",
    )


def _why_unread(error: OSError | ValueError) -> tuple[str, str]:
    """What a file's error means, in English and Chinese. The path is not repeated."""
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
