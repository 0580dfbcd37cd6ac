"""Copies of pictures without the metadata that Pillow stumbles over; the pixels stay as they are.

Pillow refuses a picture for a short `pHYs` chunk, a text above 1 MB, or a missing end mark, while
browsers show it: it is not damaged. The copies are for decoding; the file itself is sent.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final, NamedTuple

from PIL import JpegImagePlugin, PngImagePlugin

MAX_PROFILE: Final = 16 * 2**20
"""The largest ICC profile that is read, in bytes."""
MAX_CHUNKS: Final = 10_000
"""The most pieces of metadata in a PNG: each takes time, and 30 MB have room for two millions."""


class TooMuchMetadata(Exception):
    """There is more metadata than can be read in a reasonable time."""


class Mended(NamedTuple):
    """A copy that Pillow can decode if the pixels are whole."""

    data: bytes
    profile: bytes | None = None
    """An ICC profile that the copy lacks because of its size."""


def mended(data: bytes) -> Mended | None:
    """A copy of a picture that Pillow refuses; None if the format has no metadata to leave out.

    The copy of a JPEG without an end mark has one; see `is_whole_jpeg`.

    Raises:
        TooMuchMetadata: See `MAX_CHUNKS`.
    """
    mend = next((mend for start, mend in _MENDERS.items() if data.startswith(start)), None)
    try:
        return mend(data) if mend else None
    except (IndexError, struct.error):  # the file ends within a header
        return None


_PNG_HEADER: Final = 8
_PNG_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})


class _Chunk(NamedTuple):
    """A chunk of a PNG."""

    name: bytes
    start: int
    """Of its length, which comes before the name."""
    stop: int
    """Behind its checksum."""
    intact: bool
    """Whether its checksum is right."""

    @property
    def critical(self) -> bool:
        """Whether the pixels depend on it."""
        return self.name[:1].isupper()


def check_png(data: bytes) -> None:
    """Check what decoding does not: the checksums of the pixels, and that the file has its end.

    Raises:
        SyntaxError: The picture is damaged.
        TooMuchMetadata: See `MAX_CHUNKS`.
    """
    chunk = None
    for chunk in _png_chunks(data):
        if chunk.critical and not chunk.intact:
            raise SyntaxError("wrong checksum")
    if chunk is None or chunk.name != b"IEND":
        raise SyntaxError("no end")


def _png_chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks up to the end, or to one that is cut off."""
    start, metadata, view = _PNG_HEADER, 0, memoryview(data)
    while start + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, start)
        stop = start + 12 + length
        if stop > len(data):
            return
        checksum = zlib.crc32(view[start + 4 : stop - 4])
        chunk = _Chunk(name, start, stop, checksum.to_bytes(4, "big") == data[stop - 4 : stop])
        metadata += not chunk.critical
        if metadata > MAX_CHUNKS:
            raise TooMuchMetadata
        yield chunk
        if name == b"IEND":
            return
        start = stop


def _mend_png(data: bytes) -> Mended:
    """Leave out the chunks that Pillow refuses, and all of a broken animation."""
    stream = PngImagePlugin.PngStream(BytesIO(data))
    chunks = list(_png_chunks(data))
    refused = {chunk.start: chunk for chunk in chunks if not _accepts(stream, chunk)}
    if any(chunk.name in _PNG_ANIMATION for chunk in refused.values()):
        refused |= {chunk.start: chunk for chunk in chunks if chunk.name in _PNG_ANIMATION}
    profiles = (_profile(data, chunk) for chunk in refused.values() if chunk.name == b"iCCP")
    view = memoryview(data)
    chunks_left = (view[chunk.start : chunk.stop] for chunk in chunks if chunk.start not in refused)
    return Mended(b"".join([data[:_PNG_HEADER], *chunks_left]), next(profiles, None))


def _accepts(stream: PngImagePlugin.PngStream, chunk: _Chunk) -> bool:
    """Whether Pillow takes a chunk; critical ones are left for its decoder to judge."""
    read = getattr(stream, f"chunk_{chunk.name.decode('latin-1')}", None)
    if not chunk.critical and not chunk.intact:
        return False
    if read is None or chunk.name in {b"IDAT", b"IEND"}:
        return True
    start = chunk.start + 8
    stream.fp.seek(start)  # type: ignore[union-attr] # None only once it is closed
    try:
        read(start, chunk.stop - 4 - start)
    except EOFError:  # pixels of an animation
        return True
    except (ValueError, SyntaxError, AssertionError, IndexError, TypeError, struct.error):
        return chunk.critical
    return True


def _profile(data: bytes, chunk: _Chunk) -> bytes | None:
    """The ICC profile in a chunk that Pillow refuses: it reads no more than 1 MB."""
    _name, _, packed = data[chunk.start + 8 : chunk.stop - 4].partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None
    return profile if inflate.eof and packed[:1] == b"\0" else None


_JPEG_END: Final = b"\xff\xd9"
_JPEG_SCAN: Final = 0xDA
_JPEG_SIZES: Final = {0xE0: 16, 0xE2: 16, 0xEE: 14}
"""The sizes of the shortest JFIF, ICC and Adobe segments that Pillow takes."""
_JPEG_TAIL: Final = b"".join(
    bytes((marker * 37 + step * 89) % 255 for step in range(64)) + bytes([0xFF, marker])
    for marker in (*range(0xD0, 0xD8), *range(0xD0, 0xD8))
)
"""Made-up pixels, between all marks at which a decoder resumes."""


def _mend_jpeg(data: bytes) -> Mended:
    """Leave out comments and short segments of programs, and add an end mark."""
    parts, at = [data[:2]], 2
    while data[at] == 0xFF and data[at + 1] != _JPEG_SCAN:  # noqa: PLR2004 - the start of a marker
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        program = 0xE0 <= marker <= 0xEF or marker == 0xFE  # noqa: PLR2004 - APP0 to APP15, COM
        if not program or (marker in {0xE1, *_JPEG_SIZES} and size >= _JPEG_SIZES.get(marker, 8)):
            parts.append(data[at : at + 2 + size])
        at += 2 + size
    return Mended(b"".join([*parts, memoryview(data)[at:], _JPEG_END]))


def is_whole_jpeg(data: bytes) -> bool:
    """Whether a JPEG has all its pixels, although its end mark was added.

    A decoder ignores what stands between the pixels and the end. Where pixels are missing, it takes
    whatever stands there instead. Decodes the picture twice.
    """
    data = data.removesuffix(_JPEG_END)
    return _checksum(data + _JPEG_END) == _checksum(data + _JPEG_TAIL + _JPEG_END)


def _checksum(jpeg: bytes) -> int:
    """A checksum of the pixels."""
    with JpegImagePlugin.JpegImageFile(BytesIO(jpeg)) as image:
        image.load()
        checksum = 0
        for top in range(0, image.height, 64):
            rows = image.crop((0, top, image.width, min(top + 64, image.height)))
            checksum = zlib.crc32(rows.tobytes(), checksum)
        return checksum


_WEBP_HEADER: Final = 12
_WEBP_FLAGS: Final = {b"EXIF": 0x08, b"XMP ": 0x04, b"ICCP": 0x20}
"""The bits of the chunk `VP8X` that announce metadata."""


def _mend_webp(data: bytes) -> Mended | None:
    """Leave EXIF and XMP out; nothing else may be cut off."""
    parts, at, flags = [b""], _WEBP_HEADER, 0
    while at + 8 <= len(data):  # less at the end means nothing
        name, size = struct.unpack_from("<4sI", data, at)
        stop = at + 8 + size + size % 2
        if name not in {b"EXIF", b"XMP "}:
            if stop > len(data):
                return None
            flags |= _WEBP_FLAGS.get(name, 0)
            parts.append(data[at:stop])
        at = stop
    body = bytearray(b"".join(parts))
    if body.startswith(b"VP8X"):
        body[8] = body[8] & ~sum(_WEBP_FLAGS.values()) | flags
    return Mended(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)


_GIF_HEADER: Final = 13
_GIF_TABLE: Final = 0x80
"""The bit that announces a table of colours."""


def _mend_gif(data: bytes) -> Mended:
    """Leave all extensions out but the ones of a frame's time and transparency."""
    at = _GIF_HEADER + _gif_table(data[10])
    parts = [data[:at]]
    while data[at] in b"!,":
        start, extension = at, data[at] == ord("!")
        at += 2 if extension else 11 + _gif_table(data[at + 9])
        first = data[at]
        while data[at]:
            at += 1 + data[at]
        at += 1
        if not extension or (data[start + 1] == 0xF9 and first == 4):  # noqa: PLR2004 - its size
            parts.append(data[start:at])
    return Mended(b"".join([*parts, data[at:]]))


def _gif_table(flags: int) -> int:
    """The size of a table of colours in bytes, by the flags before it."""
    return 3 << (flags & 7) + 1 if flags & _GIF_TABLE else 0


_TIFF_PIXELS: Final = frozenset(
    # Compression, size, bits, strips, tiles, colours, JPEG tables, YCbCr; and the orientation.
    {254, 255, *range(256, 260), *range(262, 267), *range(273, 280), 284, *range(290, 294), 317}
    | {320, *range(322, 326), 332, 338, 339, 347, *range(512, 522), *range(529, 533)}
)
"""The tags that a decoder needs."""
_TIFF_UNUSED: Final = 65535


def _mend_tiff(data: bytes) -> Mended:
    """Replace all other tags of the first picture by one that means nothing."""
    order = "<" if data.startswith(b"II") else ">"
    big = b"+" in data[2:4]
    [start] = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    count_format, entry = ("Q", order + "HHQQ") if big else ("H", order + "HHII")
    [count] = struct.unpack_from(order + count_format, data, start)
    copy = bytearray(data)
    start += struct.calcsize(order + count_format)
    for at in range(start, start + count * struct.calcsize(entry), struct.calcsize(entry)):
        tag, *_ = struct.unpack_from(entry, data, at)
        if tag not in _TIFF_PIXELS:
            struct.pack_into(entry, copy, at, _TIFF_UNUSED, 1, 1, 0)
    return Mended(bytes(copy))


_MENDERS: Final[dict[bytes, Callable[[bytes], Mended | None]]] = {
    b"\x89PNG": _mend_png,
    b"\xff\xd8\xff": _mend_jpeg,
    b"RIFF": _mend_webp,
    b"GIF8": _mend_gif,
    b"II": _mend_tiff,
    b"MM": _mend_tiff,
}
