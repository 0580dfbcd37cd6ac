"""Small videos and audios for tests, each encoded once in a process."""

import io
import struct
from fractions import Fraction
from functools import cache
from typing import cast

import av
import numpy as np

RED, BLUE = (200, 40, 40), (40, 60, 200)
TONE = 440.0
"""The tone of every sound, in hertz."""
_RATE = 44_100


@cache
def video_file(
    seconds: float = 2,
    size: tuple[int, int] = (640, 640),
    fps: int = 24,
    *,
    codec: str = "libx264",
    form: str = "mp4",
    sound: bool = False,
) -> bytes:
    """A video, red in its first half and blue in its second."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        options = {"preset": "ultrafast"}
        if codec == "libx265":
            options["x265-params"] = "log-level=none"
        added = container.add_stream(codec, rate=Fraction(fps), options=options)
        stream = cast("av.VideoStream", added)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=_RATE) if sound else None
        count = round(seconds * fps)
        for number in range(count):
            pixels = np.empty((size[1], size[0], 3), np.uint8)
            pixels[:] = RED if number < count / 2 else BLUE
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if audio:
            _write_tone(container, audio, seconds)
    return out.getvalue()


def turned(video: bytes) -> bytes:
    """An MP4 that asks to be shown turned by 90 degrees, as telephones write them."""
    at = video.index(b"tkhd") + 44
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    return video[:at] + matrix + video[at + len(matrix) :]


@cache
def audio_file(seconds: float = 2, form: str = "mp3") -> bytes:
    """A tone, as `mp3`, `wav`, `flac` or in a file without a picture, `mp4`."""
    codecs = {"mp3": "libmp3lame", "wav": "pcm_s16le", "flac": "flac", "mp4": "aac"}
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codecs[form], rate=_RATE)
        _write_tone(container, cast("av.AudioStream", stream), seconds)
    return out.getvalue()


def _write_tone(
    container: av.container.OutputContainer, stream: av.AudioStream, seconds: float
) -> None:
    times = np.arange(round(seconds * _RATE)) / _RATE
    samples = (np.sin(2 * np.pi * TONE * times) * 0.5).astype(np.float32)
    resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=_RATE)
    for start in range(0, len(samples), 1024):
        piece = np.ascontiguousarray(samples[None, start : start + 1024])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
        for each in resampler.resample(frame):
            container.mux(stream.encode(each))
    container.mux(stream.encode())
