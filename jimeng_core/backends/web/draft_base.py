"""What drafts are built from, whatever they ask for (protocol 7.1 and 7.3). Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .uploads.cache import Uploaded

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DraftContext:
    """What a submission is built from besides the request.

    Attributes:
        task_id: The submit id.
        pictures: The request's pictures in the site's store, in order.
        seed: The seed to send, an unsigned 32-bit number.
        seed_chosen: Whether the caller chose it.
        created_ms: Milliseconds since 1970.
        new_id: Mints the id of a part of the draft.
    """

    task_id: str
    pictures: Sequence[Uploaded]
    seed: int
    seed_chosen: bool
    created_ms: int
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Component:
    """What a kind of request puts into the shell that all drafts share.

    Attributes:
        kind: The component's `type`.
        min_version: The component's.
        draft_version: The draft's `min_version`.
        generate_type: What the component is to do.
        abilities: How it is to do it.
        metrics: `metrics_extra`, as JSON text.
        features: The draft's `min_features`.
        fields: What else stands in the component.
        extend: What else stands in the submission's `extend`.
    """

    kind: str
    min_version: str
    draft_version: str
    generate_type: str
    abilities: Mapping[str, Any]
    metrics: str
    features: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    extend: Mapping[str, Any] = field(default_factory=dict)


def build_image_part(picture: Uploaded, draft: DraftContext) -> Part:
    """A picture as every mode names it (protocol 7.3)."""
    return {
        "type": "image",
        "id": draft.new_id(),
        "source_from": "upload",
        "platform_type": 1,
        "name": "",
        "image_uri": picture.uri,
        "uri": picture.uri,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
    }


def build_part(draft: DraftContext, **fields: Any) -> Part:  # noqa: ANN401 - JSON
    """A part of a draft, with the two names that nearly every part has."""
    return {"type": "", "id": draft.new_id(), **fields}


def to_json(value: Part) -> str:
    """JSON text as it stands inside JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
