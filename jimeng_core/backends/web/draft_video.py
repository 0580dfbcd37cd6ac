"""Drafts of videos: one form for each mode (protocol 7)."""

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jimeng_core.catalog import Offer, catalog
from jimeng_core.marks import Mark, picture_mark, split_marks
from jimeng_core.requests import (
    ADAPTIVE,
    FirstLastFrame,
    MultiFrame,
    SubjectReference,
    VideoRequest,
)

from . import wire
from .draft_base import Component, DraftContext, Part, to_json


@dataclass(frozen=True, slots=True)
class _ModeSpec:
    """How one mode is written, and the fields it adds to the input."""

    function_mode: str
    features: tuple[str, ...]
    fields: Mapping[str, Any]
    prompt: str = ""
    min_version: str = wire.MIN_VERSION


def build_video_component(
    request: VideoRequest, draft: DraftContext, key: str, offer: Offer | None
) -> Component:
    """The component of a checked request; `key` is the site's name of the model."""
    spec = _mode_spec(request, draft, offer.subject_form if offer else None)
    family = (wire.FEATURE_25,) if key.startswith(wire.KEYS_25) else ()
    metrics = to_json(_metrics(spec, draft))
    benefit = offer.benefits.get(request.resolution) if offer else None
    commerce = {
        "benefit_type": benefit or wire.GUESSED_BENEFIT,
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
        "amount": request.duration,
    }
    return Component(
        kind="video_base_component",
        min_version="1.0.0",
        draft_version=spec.min_version,
        generate_type="gen_video",
        abilities={"gen_video": _gen_video(request, spec, key, metrics, draft)},
        metrics=metrics,
        features=(*spec.features, *family),
        fields={"process_type": 1},
        extend={"m_video_commerce_info": commerce, "m_video_commerce_info_list": [commerce]},
    )


def _metrics(spec: _ModeSpec, draft: DraftContext) -> Part:
    """Analytics that the page sends (protocol 7.6); a few of its fields are enough."""
    return {
        "promptSource": "custom",
        "isDefaultSeed": 0 if draft.seed_chosen else 1,
        "originSubmitId": draft.task_id,
        "isRegenerate": False,
        "enterFrom": "click",
        "position": "page_bottom_box",
        "functionMode": spec.function_mode,
    }


def _gen_video(
    request: VideoRequest, spec: _ModeSpec, key: str, metrics: str, draft: DraftContext
) -> Part:
    video_input = draft.part(
        min_version=spec.min_version,
        prompt=spec.prompt,
        video_mode=wire.VIDEO_MODE,
        fps=request.fps,
        duration_ms=request.duration * 1000,
        resolution=request.resolution,
    )
    text_to_video = draft.part(
        video_gen_inputs=[video_input | {"idip_meta_list": [], **spec.fields}],
        video_aspect_ratio=_ratio(request, draft),
        seed=draft.seed,
        model_req_key=key,
        priority=0,
    )
    return draft.part(text_to_video_params=text_to_video, video_task_extra=metrics)


def _ratio(request: VideoRequest, draft: DraftContext) -> str:
    """The ratio to send. The site has no `adaptive`: then the one nearest to the first picture."""
    if request.ratio != ADAPTIVE:
        return request.ratio
    first = draft.pictures[0]
    shape = math.log(first.width / first.height)

    def distance(ratio: str) -> float:
        width, height = map(int, ratio.split(":"))
        return abs(math.log(width / height) - shape)

    return min(catalog().ratios, key=distance)


def _mode_spec(request: VideoRequest, draft: DraftContext, subject_form: str | None) -> _ModeSpec:
    match request:
        case FirstLastFrame():
            return _ModeSpec("first_last_frames", (), _ends(draft), request.prompt)
        case MultiFrame():
            features = ("AIGC_GenerateType_VideoMultiFrame",)
            return _ModeSpec("multi_frame", features, {"multi_frames": _frames(request, draft)})
        case SubjectReference() if subject_form == "idip":
            features = ("AIGC_GenerateType_VideoIdipFrame",)
            return _ModeSpec("main_reference", features, _idip(request, draft))
        case SubjectReference():
            return _ModeSpec(
                "omni_reference",
                ("AIGC_Video_UnifiedEdit",),
                {"unified_edit_input": _unified(request, draft)},
                min_version=wire.MIN_VERSION_UNIFIED,
            )


def _ends(draft: DraftContext) -> Part:
    """No picture, the first, or the first and the last (protocol 7.3, sure)."""
    fields = ("first_frame_image", "end_frame_image")
    return dict(zip(fields, map(draft.image, draft.pictures), strict=False))


def _frames(request: MultiFrame, draft: DraftContext) -> list[Part]:
    return [
        draft.part(
            idx=index,
            duration_ms=frame.duration * 1000,
            prompt=frame.prompt,
            media_info=draft.part(media_type=1, image_info=draft.image(picture)),
        )
        for index, (frame, picture) in enumerate(zip(request.frames, draft.pictures, strict=True))
    ]


def added_mark_id(task_id: str, number: int) -> str:
    """The id of a mark that the draft adds: derived from the task, so that it is recognized."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{task_id} {picture_mark(number)}"))


def _meta_list(
    request: SubjectReference, draft: DraftContext, mark: Callable[[int], Part]
) -> list[Part]:
    """The prompt as a list of pieces: text, and marks of pictures.

    Pictures that the prompt does not name come first, as one client does it that was measured
    (protocol 7.5, single source). `mark` builds the mark of a picture from its index.
    """
    pieces = split_marks(request.prompt)
    unnamed = [n for n in range(1, len(request.images) + 1) if picture_mark(n) not in pieces]
    added = [draft.part(**mark(n - 1)) | {"id": added_mark_id(draft.task_id, n)} for n in unnamed]
    return added + [
        draft.part(**mark(piece.number - 1))
        if isinstance(piece, Mark)
        else draft.part(meta_type="text", text=piece)
        for piece in pieces
    ]


def _unified(request: SubjectReference, draft: DraftContext) -> Part:
    """Today's form of subject reference (protocol 7.5 3b, sure)."""

    def mark(index: int) -> Part:
        return {"meta_type": "image", "material_ref": {"material_idx": index}, "text": ""}

    materials = [
        draft.part(material_type="image", image_info=draft.image(picture))
        for picture in draft.pictures
    ]
    return draft.part(material_list=materials, meta_list=_meta_list(request, draft, mark))


def _idip(request: SubjectReference, draft: DraftContext) -> Part:
    """The form of Video 3.0 (protocol 7.5 3a, single source; likely retired)."""

    def mark(index: int) -> Part:
        return {"meta_type": "idip_frame", "frame_info": draft.part(image_idx=index), "text": ""}

    return {
        "idip_frames": [draft.image(picture) for picture in draft.pictures],
        "idip_meta_list": _meta_list(request, draft, mark),
    }
