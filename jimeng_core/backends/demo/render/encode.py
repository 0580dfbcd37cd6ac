"""Encoding of images into an MP4 file that browsers play."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

from .moving import RATE, Sound
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
_AAC_SAMPLES: Final = 1024
"""Samples of one AAC frame."""


def write_mp4(
    frames: Iterable[Image.Image],
    path: Path,
    *,
    size: Size,
    fps: int,
    sound: Sound | None = None,
) -> None:
    """Write `frames` (RGB, all of `size`) as H.264, `fps` of them a second, and `sound` as AAC.

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
        audio = _add_audio(container, sound)
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
            audio.write_until((number + 1) / fps)
        container.mux(stream.encode())
        audio.close()


@dataclass(slots=True)
class _Audio:
    """The sound of a file, which is written beside its frames, so that a player needs no jumps."""

    container: OutputContainer
    stream: AudioStream
    sound: Sound
    written: int = 0
    """Samples."""

    def write_until(self, seconds: float) -> None:
        """Write the sound up to a moment, in whole AAC frames but for its end."""
        end = min(round(seconds * RATE), self.sound.shape[1])
        while self.written < end:
            samples = self.sound[:, self.written : self.written + _AAC_SAMPLES]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, self.written, Fraction(1, RATE)
            self.container.mux(self.stream.encode(frame))
            self.written += samples.shape[1]

    def close(self) -> None:
        """Write what the encoder still has."""
        self.container.mux(self.stream.encode())


class _NoAudio:
    """In place of `_Audio` in a silent film."""

    def write_until(self, seconds: float) -> None:
        """Write nothing."""

    def close(self) -> None:
        """Write nothing."""


def _add_audio(container: OutputContainer, sound: Sound | None) -> _Audio | _NoAudio:
    if sound is None:
        return _NoAudio()
    stream = container.add_stream("aac", rate=RATE)
    stream.layout = "stereo"
    return _Audio(container, stream, sound)
