"""Encoding of images into an MP4 file that browsers play."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

from .picture import Size

_THREADS: Final = 1
"""Of the encoder: the other cores are for the web app."""
_OPTIONS: Final = {
    "preset": "veryfast",  # the best that still takes less time than drawing the frames
    "crf": "20",
    "threads": str(_THREADS),
    # aq-mode=3 gives dark gradients more bits; without it they show blocks.
    "x264-params": f"threads={_THREADS}:lookahead-threads={_THREADS}:sliced-threads=0:aq-mode=3",
}
_KEYFRAME_SECONDS: Final = 2
"""From one keyframe to the next: a player can jump to them without delay."""


def write_mp4(frames: Iterable[Image.Image], path: Path, *, size: Size, fps: int) -> None:
    """Write `frames` (RGB, all of `size`) as H.264, `fps` of them a second.

    Raises:
        OSError: The file cannot be written.
    """
    options = {"movflags": "+faststart"}  # the video plays while it loads
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options=_OPTIONS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = _KEYFRAME_SECONDS * fps
        stream.codec_context.thread_count = _THREADS
        # Players guess differently when the file does not name its colours.
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        stream.codec_context.color_range = ColorRange.MPEG
        for number, image in enumerate(frames):
            # Converted here, because the encoder would do it in threads.
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                dst_color_trc=ColorTrc.BT709,
                dst_color_primaries=ColorPrimaries.BT709,
                threads=_THREADS,
            )
            frame.pts = number
            frame.time_base = Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
