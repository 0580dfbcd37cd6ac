"""The measuring program, `python -m jimeng_core.clips.measure`: a media file on standard input.

It writes what it found to standard output, as the JSON of `measurement.Measured`. Media files come
from strangers: FFmpeg reads them in a process of its own, with little memory, time and environment.
"""

import io
import json
import sys
from fractions import Fraction
from typing import Any, Final

import av
from av.container import InputContainer

from jimeng_core.programs import limit_resources

MEMORY: Final = 2**31
"""Bytes of address space."""
PROCESSOR_SECONDS: Final = 20
MAX_DECODED: Final = 6000 * 6000
"""Pixels of a frame that is decoded."""


def measure(data: bytes) -> dict[str, Any]:
    """What a file contains; empty when it is of no format that FFmpeg knows."""
    try:
        with av.open(io.BytesIO(data), "r", metadata_errors="ignore") as container:
            return _measure(container)
    except (av.error.FFmpegError, ValueError, EOFError):
        return {}


def _measure(container: InputContainer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "container": container.format.name,
        "brand": container.metadata.get("major_brand", ""),
    }
    videos = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    audios = container.streams.audio
    if audios:
        found["audio"] = audios[0].codec_context.name
    if videos:
        video = videos[0]
        found |= {
            "video": video.codec_context.name,
            "width": video.codec_context.width,
            "height": video.codec_context.height,
            "fps": float(video.average_rate or video.guessed_rate or 0),
        }
    streams = [*videos[:1], *audios[:1]]
    if not streams:
        return found
    found |= _read(container, streams[0])
    if abs(found.pop("rotation", 0)) % 180 == 90:  # noqa: PLR2004 - degrees
        found["width"], found["height"] = found["height"], found["width"]
    return found


def _read(container: InputContainer, stream: Any) -> dict[str, Any]:  # noqa: ANN401 - either kind
    """The length of a stream by its packets, and whether its beginning can be decoded."""
    context = stream.codec_context
    context.thread_count = 1
    small = getattr(context, "width", 0) * getattr(context, "height", 0) <= MAX_DECODED
    decoded, rotation, broken = not small, 0, False
    start, end = None, Fraction(0)
    time_base = stream.time_base or Fraction(1, 90_000)
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                start = packet.pts if start is None else min(start, packet.pts)
                end = max(end, (packet.pts + (packet.duration or 0)) * time_base)
            if not decoded:
                for frame in packet.decode():
                    decoded, rotation = True, getattr(frame, "rotation", 0)
    except av.error.FFmpegError:
        broken = True
    seconds = float(end - (start or 0) * time_base)
    declared = float((stream.duration or 0) * time_base)
    # A file that was cut off has fewer packets than it says.
    broken |= not decoded or declared - seconds > 1
    return {"seconds": seconds, "broken": broken, "rotation": rotation}


if __name__ == "__main__":
    limit_resources(MEMORY, PROCESSOR_SECONDS)
    av.logging.set_level(av.logging.PANIC)
    json.dump(measure(sys.stdin.buffer.read()), sys.stdout)
