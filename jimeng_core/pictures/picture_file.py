"""A picture that may be sent, and the error of one that may not."""

from dataclasses import dataclass, field

from jimeng_core.sources import BadFile


class BadPicture(BadFile):
    """A picture that may not be sent."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture that is upright and may be sent."""

    data: bytes = field(repr=False)
    """The original bytes, or a new file if the picture was rotated or converted."""
    format: str
    """Of `data`: `jpeg`, `png`, `webp`, `bmp`, `tiff` or `gif`."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    sha256: str
    """Of `data`, in hexadecimal."""

    @property
    def media_type(self) -> str:
        """The media type of a Content-Type header or a `data:` URI."""
        return f"image/{self.format}"
