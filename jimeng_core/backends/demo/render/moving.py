"""Reference videos as moving pictures, and the sound of videos and audios."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation
from PIL import Image

from .picture import Size

RATE: Final = 48_000
"""Samples of sound per second."""

Sound = npt.NDArray[np.float32]
"""Two channels of samples, -1 to 1."""


class MovingPicture:
    """The frames of a video, one for each moment; it begins again at its end.

    Args:
        path: An MP4 or MOV file.

    Raises:
        OSError: It is no video that can be read; `at` raises it, too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds = 0.0
        self._frames = self._decode()
        self._start = self._end = 0.0
        """When the current frame begins and ends."""
        self._frame = next(self._frames)

    @property
    def aspect(self) -> float:
        """Width divided by height."""
        width, height = self._size
        return width / height

    @property
    def _size(self) -> Size:
        size = self._frame.width, self._frame.height
        return size[::-1] if self._frame.rotation % 180 else size

    def at(self, t: float, box: Size) -> Image.Image:
        """The whole frame at `t` seconds, scaled to fit into `box`, as RGB."""
        if self._seconds:
            t %= self._seconds
        if t < self._start:
            self._restart()
        while t >= self._end:
            frame = next(self._frames, None)
            if frame is None:  # the length is known now
                self._restart()
                return self.at(t, box)
            self._frame = frame
        return self._image(box)

    def _image(self, box: Size) -> Image.Image:
        width, height = self._size
        scale = min(box[0] / width, box[1] / height)
        width, height = (max(1, round(side * scale)) for side in (width, height))
        turned = self._frame.rotation
        if turned % 180:
            width, height = height, width
        scaled = self._frame.reformat(
            width, height, "rgb24", interpolation=Interpolation.AREA, threads=1
        )
        # Counter-clockwise, as a phone's file asks for.
        return Image.fromarray(scaled.to_ndarray()).rotate(turned, expand=True)

    def _restart(self) -> None:
        self._frames = self._decode()
        self._frame = next(self._frames)

    def _decode(self) -> Iterator[av.VideoFrame]:
        with av.open(str(self._path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            length = 1 / float(stream.average_rate or 24)
            first = None
            for frame in container.decode(stream):
                time = frame.time or 0.0
                first = time if first is None else first
                self._start, self._end = time - first, time - first + length
                yield frame
            self._seconds = self._end


def sound_of(paths: Sequence[Path], seconds: float) -> Sound | None:
    """The sound of some files one after the other, cut or filled with silence to a length.

    None when none of them has sound.

    Raises:
        OSError: A file cannot be read.
    """
    track = np.zeros((2, round(seconds * RATE)), np.float32)
    filled, heard = 0, False
    for path in paths:
        for samples in _samples(path):
            heard = True
            taken = samples[:, : track.shape[1] - filled]
            track[:, filled : filled + taken.shape[1]] = taken
            filled += taken.shape[1]
            if filled == track.shape[1]:
                return track
    return track if heard else None


def _samples(path: Path) -> Iterator[Sound]:
    """The decoded sound of a file, in pieces."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return
        stereo = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        for frame in container.decode(audio=0):
            yield from (each.to_ndarray().astype(np.float32) for each in stereo.resample(frame))
        yield from (each.to_ndarray().astype(np.float32) for each in stereo.resample(None))
