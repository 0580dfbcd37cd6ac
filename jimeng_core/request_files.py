"""The files that a request is made of: its pictures, and its reference videos and audios."""

from typing import NamedTuple

from .marks import ReferenceKind
from .requests import (
    AnyRequest,
    Clip,
    FirstLastFrame,
    ImageRequest,
    MultiFrame,
    Picture,
    SubjectReference,
)


class RequestFile(NamedTuple):
    """A file of a request, before it is loaded."""

    field: str
    """The name of its field: `frames[2].image`, `videos[0]`."""
    kind: ReferenceKind
    source: Picture | Clip


def files_of(request: AnyRequest) -> list[RequestFile]:
    """The files of a request in order: pictures, then videos, then audios."""
    match request:
        case FirstLastFrame():
            ends = (("first_frame", request.first_frame), ("last_frame", request.last_frame))
            return [_picture(name, picture) for name, picture in ends if picture is not None]
        case MultiFrame():
            return [
                _picture(f"frames[{i}].image", frame.image)
                for i, frame in enumerate(request.frames)
            ]
        case ImageRequest():
            return [_picture(f"images[{i}]", picture) for i, picture in enumerate(request.images)]
        case SubjectReference():
            groups = (
                ("images", ReferenceKind.IMAGE, request.images),
                ("videos", ReferenceKind.VIDEO, request.videos),
                ("audios", ReferenceKind.AUDIO, request.audios),
            )
            return [
                RequestFile(f"{name}[{i}]", kind, source)
                for name, kind, sources in groups
                for i, source in enumerate(sources)
            ]


def _picture(field: str, source: Picture) -> RequestFile:
    return RequestFile(field, ReferenceKind.IMAGE, source)
