"""The last frame of a video file as a picture."""

import io
import time
from typing import TYPE_CHECKING, Final

from jimeng_core.errors import UpstreamUnreadable

if TYPE_CHECKING:
    import av
    from PIL import Image

MAX_PIXELS: Final = 6000 * 6000
"""Pixels of the largest frame that is decoded; the largest result has 4k (Ark protocol A6)."""
MAX_SECONDS: Final = 30.0
"""The longest time that decoding may take, in seconds."""


def cut_last_frame(data: bytes) -> bytes:
    """The last frame of an MP4 or MOV file, as a PNG. Takes up to seconds of CPU: use a thread.

    Raises:
        UpstreamUnreadable: The file has no video that can be decoded.
    """
    import av  # noqa: PLC0415 - takes long to import, and only this needs it

    try:
        image = _last(data, from_keyframe=True) or _last(data, from_keyframe=False)
    except (av.error.FFmpegError, IndexError, ValueError, OverflowError) as error:
        raise _unreadable(type(error).__name__) from None
    if image is None:
        raise _unreadable("no frame")
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=4)
    return out.getvalue()


def _last(data: bytes, *, from_keyframe: bool) -> "Image.Image | None":
    """The last frame, decoded from the last keyframe on, or from the beginning; None: no frame."""
    import av  # noqa: PLC0415

    deadline = time.monotonic() + MAX_SECONDS
    # No other format: a list of files, for one, would make FFmpeg open what it names.
    # A file of a few bytes can name a size that would fill the memory.
    limited = {"max_pixels": str(MAX_PIXELS)}
    with av.open(io.BytesIO(data), "r", format="mov", options=limited) as container:
        stream = container.streams.video[0]
        if stream.codec_context is None:  # of an unknown codec
            raise _unreadable("no decoder")
        stream.codec_context.options = limited
        stream.codec_context.thread_count = 1
        if from_keyframe and stream.duration:
            container.seek((stream.start_time or 0) + stream.duration, stream=stream)
        last: av.VideoFrame | None = None
        for frame in container.decode(stream):
            if time.monotonic() > deadline:
                raise _unreadable("too long")
            last = frame
        return _image_of(last) if last else None


def _image_of(frame: "av.VideoFrame") -> "Image.Image":
    """The frame in RGB, by the colours that it names, or that players assume of its height."""
    from av.video.reformatter import Colorspace  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    named = {int(Colorspace.ITU601), int(Colorspace.FCC), int(Colorspace.ITU709)}
    source = (
        Colorspace(frame.colorspace)
        if frame.colorspace in named
        else Colorspace.ITU601
        if frame.height < 720  # noqa: PLR2004 - as players do
        else Colorspace.ITU709
    )
    # FFmpeg uses its own default for both sides when they are the same; RGB has neither.
    other = Colorspace.ITU601 if source is Colorspace.ITU709 else Colorspace.ITU709
    rgb = frame.reformat(format="rgb24", src_colorspace=source, dst_colorspace=other, threads=1)
    return Image.fromarray(rgb.to_ndarray())


def _unreadable(reason: str) -> UpstreamUnreadable:
    return UpstreamUnreadable(
        "The video has no last frame that can be read; download it and open it in a player.",
        "无法读取视频的最后一帧，请下载视频后用播放器查看。",
        upstream_code=reason,
    )
