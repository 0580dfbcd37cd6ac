"""What all drafts are built from (protocol 7.1 and 7.3)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jimeng_core.marks import ReferenceKind

Part = dict[str, Any]
"""A JSON object of a draft."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A picture in the site's store, as a draft refers to it."""

    uri: str
    width: int
    height: int
    format: str


@dataclass(frozen=True, slots=True)
class UploadedClip:
    """A video or an audio in the site's store, as a draft refers to it."""

    kind: ReferenceKind
    vid: str
    width: int
    """Pixels; 0 for an audio."""
    height: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class DraftContext:
    """What a submission is built from besides the request.

    Attributes:
        task_id: The submit id.
        pictures: The request's pictures in the site's store, in order.
        seed: The seed to send, an unsigned 32-bit number.
        seed_chosen: Whether the caller chose it.
        created_ms: Unix time in milliseconds.
        new_id: Returns the id of a new part of the draft.
        clips: The request's videos and audios in the site's store, in order.
    """

    task_id: str
    pictures: Sequence[Uploaded]
    seed: int
    seed_chosen: bool
    created_ms: int
    new_id: Callable[[], str]
    clips: Sequence[UploadedClip] = ()

    def part(self, **fields: Any) -> Part:  # noqa: ANN401 - JSON
        """A part of a draft, with the two fields that nearly all parts share."""
        return {"type": "", "id": self.new_id(), **fields}

    def image(self, picture: Uploaded) -> Part:
        """A picture as every mode refers to it (protocol 7.3)."""
        return {
            "type": "image",
            "id": self.new_id(),
            "source_from": "upload",
            "platform_type": 1,
            "name": "",
            "image_uri": picture.uri,
            "uri": picture.uri,
            "width": picture.width,
            "height": picture.height,
            "format": picture.format,
        }

    def clip(self, clip: UploadedClip) -> Part:
        """A video or an audio (protocol 7.5)."""
        info = {
            "type": clip.kind.value,
            "id": self.new_id(),
            "source_from": "upload",
            "name": "",
            "vid": clip.vid,
            "duration": clip.duration_ms,
        }
        if clip.kind is ReferenceKind.VIDEO:
            info |= {"fps": 0, "width": clip.width, "height": clip.height}
        return info


@dataclass(frozen=True, slots=True)
class Component:
    """What a kind of request adds to the shell that all drafts share (protocol 7.1).

    `kind` is the component's `type`; `draft_version` and `features` are the draft's `min_version`
    and `min_features`; `metrics` is `metrics_extra` as JSON text; `fields` and `extend` are further
    fields of the component and of the submission's `extend`.
    """

    kind: str
    min_version: str
    draft_version: str
    generate_type: str
    abilities: Mapping[str, Any]
    metrics: str
    features: Sequence[str] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    extend: Mapping[str, Any] = field(default_factory=dict)


def to_json(value: Part) -> str:
    """JSON text as it is embedded in JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
