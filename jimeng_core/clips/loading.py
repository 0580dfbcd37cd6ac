"""Loading of reference videos and audios from a path, a URL or bytes."""

import subprocess
import sys
from hashlib import sha256
from typing import Final

import anyio.to_thread
from pydantic import ValidationError

from jimeng_core.marks import ReferenceKind
from jimeng_core.pictures.loading import processors
from jimeng_core.programs import environment
from jimeng_core.requests import Clip
from jimeng_core.sources import BadFile, about, check_size, is_url, read_source

from .clip_file import ClipFile
from .measurement import Measured, check_audio, check_video

MAX_BYTES: Final = {ReferenceKind.VIDEO: 200 * 2**20, ReferenceKind.AUDIO: 15 * 2**20}
"""The largest files that may be sent (Ark protocol A7, likely)."""
MAX_TOGETHER: Final = 200 * 2**20
"""Bytes of all videos and audios of a request, which are in memory together (a limit of ours)."""
URL_SECONDS: Final = 120.0
"""The longest download, in seconds."""
MEASURE_SECONDS: Final = 30.0
"""The longest time that measuring a file may take."""


async def load_clip(
    clip: Clip,
    field: str,
    *,
    kind: ReferenceKind,
    timeout: float,
    allow_private: bool,
    remaining: int = MAX_TOGETHER,
) -> ClipFile:
    """Load and check a video or an audio, without blocking the event loop.

    Args:
        clip: A path, an http(s) URL, or the bytes of a file. `~` means the home folder.
        field: The field of the request, such as `videos[0]`; error messages begin with it.
        kind: Video or audio.
        timeout: Of the download of a URL, in seconds; that of a video is longer.
        allow_private: Whether a URL may lead into a private network.
        remaining: What the other clips of the request leave of `MAX_TOGETHER`.

    Raises:
        InvalidRequest: The file cannot be read, or may not be sent.
    """
    data = await read_source(
        clip,
        field,
        limit=min(MAX_BYTES[kind], remaining),
        timeout=max(timeout, URL_SECONDS),
        allow_private=allow_private,
    )
    url = clip.strip() if isinstance(clip, str) and is_url(clip) else None
    with about(field):
        if remaining < len(data) <= MAX_BYTES[kind]:
            raise BadFile(
                f"and the clips before it are larger than {MAX_TOGETHER >> 20} MB together; use"
                " smaller ones.",
                f"与之前的视频、音频合计超过 {MAX_TOGETHER >> 20} MB，请缩小文件。",
            )
    return await anyio.to_thread.run_sync(read_clip, data, field, kind, url, limiter=processors())


def read_clip(data: bytes, field: str, kind: ReferenceKind, url: str | None = None) -> ClipFile:
    """Check the bytes of a video or an audio. Starts a process: use a thread.

    Raises:
        InvalidRequest: It may not be sent; the message begins with `field`.
    """
    with about(field):
        check_size(data, MAX_BYTES[kind], "a file with content", "有内容的文件")
        found = _measure(data)
        (check_video if kind is ReferenceKind.VIDEO else check_audio)(found)
    video = kind is ReferenceKind.VIDEO
    return ClipFile(
        kind,
        data,
        found.format,
        found.seconds,
        found.width if video else 0,
        found.height if video else 0,
        sha256(data).hexdigest(),
        url,
    )


def _measure(data: bytes) -> Measured:
    """What the measuring program finds in a file; nothing when it crashes or takes too long."""
    try:
        result = subprocess.run(  # noqa: S603 - this interpreter and this package
            [sys.executable, "-P", "-m", f"{__package__}.measure"],
            input=data,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MEASURE_SECONDS,
            check=False,
        )
        return Measured.model_validate_json(result.stdout)
    except (OSError, subprocess.TimeoutExpired, ValidationError):
        return Measured()
