"""Loading of pictures from a path, a URL or bytes.

The format of a picture is decided by its bytes, never by its name; the limits of its pixels are in
`jimeng_core.pictures.decoding`.
"""

import os
from typing import Final

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from jimeng_core.requests import Picture
from jimeng_core.sources import about, check_size, read_source

from .picture_file import BadPicture, PictureFile

MAX_BYTES: Final = 30 * 1024 * 1024
"""The largest file that may be sent, in bytes (protocol 11)."""

URL_SECONDS: Final = 20.0
"""The longest download of a picture, in seconds."""

_limiter = RunVar[anyio.CapacityLimiter]("picture threads")


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
    data = await read_source(
        picture,
        field,
        limit=MAX_BYTES,
        timeout=min(timeout, URL_SECONDS),
        allow_private=allow_private,
    )
    return await anyio.to_thread.run_sync(read_picture, data, field, limiter=processors())


def processors() -> anyio.CapacityLimiter:
    """As many threads as there are processors, for the files of all clients of a loop.

    Pictures are decoded in the order they came: more at a time would all be ready late.
    """
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
        _limiter.set(limiter)
        return limiter


def read_picture(data: bytes, field: str) -> PictureFile:
    """Check the bytes of a picture and rotate it upright. Takes up to seconds of CPU: use a thread.

    Raises:
        InvalidRequest: It may not be sent; the message begins with `field`.
    """
    with about(field):
        check_size(data, MAX_BYTES, "a picture", "图片")
        from .decoding import decode  # noqa: PLC0415 - loads Pillow, which no look-up needs

        picture = decode(data)
        if len(picture.data) > MAX_BYTES:
            raise BadPicture(
                f"has more than {MAX_BYTES >> 20} MB once turned upright or made a JPEG; scale it.",
                f"转正或转为 JPEG 后超过 {MAX_BYTES >> 20} MB，请缩小图片。",
            )
    return picture
