"""A video or an audio that may be sent."""

from dataclasses import dataclass, field
from typing import Final

from jimeng_core.marks import ReferenceKind

_MEDIA_TYPES: Final = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
}


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A video or an audio that may be sent, byte for byte."""

    kind: ReferenceKind
    data: bytes = field(repr=False)
    format: str
    """`mp4`, `mov`, `mp3` or `wav`."""
    seconds: float
    width: int
    """Pixels, as it is shown; 0 for an audio."""
    height: int
    sha256: str
    """Of `data`, in hexadecimal."""
    url: str | None = None
    """The http(s) URL that it was read from."""

    @property
    def media_type(self) -> str:
        """The media type of a `data:` URI. `audio/mp3` is how Ark's documents spell it."""
        return _MEDIA_TYPES[self.format]
