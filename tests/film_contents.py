"""What a film shows and sounds like."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from tests.clip_files import BLUE, RED

CLOSE = 30
"""Tolerated difference of two colours, in levels of 256."""


def frames_of(film: Path) -> list[npt.NDArray[np.uint8]]:
    """The frames of a film as RGB."""
    with av.open(str(film)) as container:
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for frame in container.decode(video=0)
        ]


def sound_of(film: Path) -> npt.NDArray[np.float32]:
    """The first channel of a film's sound, which must be AAC."""
    with av.open(str(film)) as container:
        [stream] = container.streams.audio
        assert (stream.codec_context.name, stream.rate) == ("aac", 48_000)
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def loudest_tone(samples: npt.NDArray[np.float32]) -> float:
    """The frequency of the loudest tone, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / 48_000)[spectrum.argmax()])


def is_near(pixel: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has about a colour."""
    return bool(np.abs(pixel.astype(int) - colour).max() < CLOSE)


def colour_of(pixel: npt.NDArray[np.uint8]) -> str:
    """The name of a pixel's colour, among those of the tests' videos."""
    names = {"red": RED, "blue": BLUE}
    return next((name for name, colour in names.items() if is_near(pixel, colour)), str(pixel))
