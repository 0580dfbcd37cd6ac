"""Films and images of one colour, in place of those that the demo's renderer makes.

The comment of a film has the SHA-256 of each video and audio that it was to be made of.
"""

import io
import subprocess
import time
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import av
import numpy as np
from PIL import Image

from jimeng_core.backends.demo.render import ImagesJob, RenderJob

GROUP = 12
"""Frames from one that stands alone to the next."""


class Renderer:
    """A replacement for the renderer's process, which has done its work when it is made.

    Args:
        returncode: How it ends.
        held: Whether it is to wait before it ends.
        reason: What it says when it fails.
    """

    def __init__(
        self,
        returncode: int = 0,
        held: Callable[[], bool] = lambda: False,
        reason: bytes = b"no canvas",
    ) -> None:
        self.returncode = returncode
        self._held = held
        self._reason = reason

    def communicate(self, _job: bytes = b"", timeout: float | None = None) -> tuple[None, bytes]:
        """Wait until it has ended."""
        while self._held() and not self.returncode:
            time.sleep(0.01)
        return None, self._reason if self.returncode else b""

    def terminate(self) -> None:
        """End before the film is whole."""
        self.returncode = 1


def start(
    job: RenderJob | ImagesJob, held: Callable[[], bool] = lambda: False
) -> subprocess.Popen[bytes]:
    """Write the files of a job; replaces the demo's function that starts its renderer."""
    if isinstance(job, RenderJob):
        _write(job.poster, _image(640, 360))
        clips = ",".join(sha256(clip.file.read_bytes()).hexdigest() for clip in job.clips)
        _write(job.video, _film(*job.size, job.fps, job.seconds * job.fps, clips))
    else:
        for path in job.images:
            _write(path, _image(job.width, job.height))
    return cast("subprocess.Popen[bytes]", Renderer(held=held))


def _write(path: Path, data: bytes) -> None:
    """Write a file that is whole as soon as it is there, however this process ends."""
    part = path.with_name(f".{path.name}")
    part.write_bytes(data)
    part.replace(path)


@cache
def _image(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG")
    return out.getvalue()


@cache
def _film(width: int, height: int, fps: int, frames: int, comment: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        container.metadata["comment"] = comment
        options = {"preset": "ultrafast", "g": str(GROUP), "threads": "1"}
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture = np.full((height, width, 3), 128, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        encoded: list[av.Packet[av.VideoStream]] = []
        for number in range(2 * GROUP):
            frame.pts = number
            encoded += stream.encode(frame)
        encoded += stream.encode()
        for number in range(frames):  # to encode them all takes as long as to render a small film
            packet = av.Packet(bytes(encoded[number % len(encoded)]))
            packet.stream, packet.pts, packet.dts, packet.duration = stream, number, number, 1
            packet.time_base = encoded[0].time_base
            packet.is_keyframe = number % GROUP == 0
            container.mux(packet)
    return out.getvalue()
