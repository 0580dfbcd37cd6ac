"""Images into an MP4 file that browsers play."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

from .picture import Size

_ONE_CORE: Final = 1
"""Threads, wherever a library would start some: the rest of the machine belongs to the web app."""

_OPTIONS: Final = {
    # The best looking preset that still takes less time than drawing the frames does.
    "preset": "veryfast",
    "crf": "20",
    "threads": str(_ONE_CORE),
    # Dark gradients get more of the bits; without it they fall apart into blocks.
    "x264-params": f"threads={_ONE_CORE}:lookahead-threads={_ONE_CORE}:sliced-threads=0:aq-mode=3",
}

_KEYFRAME_SECONDS: Final = 2
"""From one keyframe to the next: a player can jump there at once."""


def write_mp4(frames: Iterable[Image.Image], path: Path, *, size: Size, fps: int) -> None:
    """Write `frames` (RGB, all of `size`) to `path` as H.264, `fps` of them a second.

    Raises:
        OSError: the file cannot be written.

    """
    # The format is named because `path` has no telling name while it is a draft. "faststart" puts
    # the index before the pictures: the video plays while it loads.
    options = {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options=_OPTIONS)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = _KEYFRAME_SECONDS * fps
        stream.codec_context.thread_count = _ONE_CORE
        # Said in the file: players guess differently where it is not. (BT.709 is 1 in the scaler's
        # table of matrices, which PyAV has names for, and in the encoder's, which it has none for.)
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        stream.codec_context.color_range = ColorRange.MPEG
        for number, image in enumerate(frames):
            frame = _yuv(image)
            frame.pts = number
            frame.time_base = Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _yuv(image: Image.Image) -> av.VideoFrame:
    """One image in the encoder's colours. The encoder itself would convert it in threads."""
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        dst_color_trc=ColorTrc.BT709,
        dst_color_primaries=ColorPrimaries.BT709,
        threads=_ONE_CORE,
    )
