"""Drafts of videos: one form for each mode (protocol 7)."""

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jimeng_core.catalog import Offer, catalog
from jimeng_core.marks import Mark, ReferenceKind, split_marks
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
    benefit = _benefit(offer, request.resolution, draft) if offer else None
    commerce = {
        "benefit_type": benefit or wire.GUESSED_BENEFIT,
        "resource_id": "generate_video",
        "resource_id_type": "str",
        "resource_sub_type": "aigc",
        "amount": request.duration + _video_seconds(draft),
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


def _benefit(offer: Offer, resolution: str, draft: DraftContext) -> str | None:
    """The model's `benefit_type`, which can be another with reference videos (protocol 7.7)."""
    benefit = offer.benefits.get(resolution)
    with_video = any(clip.kind is ReferenceKind.VIDEO for clip in draft.clips)
    return offer.video_benefits.get(resolution, benefit) if with_video else benefit


def _video_seconds(draft: DraftContext) -> float:
    """The length of the reference videos, which `amount` counts; audios do not (protocol 6)."""
    lengths = [c.duration_ms for c in draft.clips if c.kind is ReferenceKind.VIDEO]
    return sum(lengths) / 1000 if lengths else 0


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


def added_mark_id(task_id: str, mark: Mark) -> str:
    """The id of a mark that the draft adds: derived from the task, so that it is recognized."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{task_id} {mark}"))


def _meta_list(
    request: SubjectReference, draft: DraftContext, part_of: Callable[[Mark], Part]
) -> list[Part]:
    """The prompt as a list of pieces: text, and marks of files.

    Files that the prompt does not name come first, as one client does it that was measured; those
    that it names stand where it names them. For videos that is a guess, as clients disagree
    (protocol 7.5). `part_of` builds the part of a mark.
    """
    pieces = split_marks(request.prompt)
    unnamed = [mark for mark in _marks(draft) if mark not in pieces]
    added = [
        draft.part(**part_of(mark)) | {"id": added_mark_id(draft.task_id, mark)} for mark in unnamed
    ]
    return added + [
        draft.part(**part_of(piece))
        if isinstance(piece, Mark)
        else draft.part(meta_type="text", text=piece)
        for piece in pieces
    ]


def _marks(draft: DraftContext) -> list[Mark]:
    """The marks of all files, in the order of the draft's materials."""
    kinds = [ReferenceKind.IMAGE] * len(draft.pictures) + [clip.kind for clip in draft.clips]
    return [Mark(kind, kinds[: i + 1].count(kind)) for i, kind in enumerate(kinds)]


def _unified(request: SubjectReference, draft: DraftContext) -> Part:
    """Today's form of subject reference (protocol 7.5 3b, sure).

    The materials are pictures, videos, audios, in this order, in which marks count them.
    """
    marks = _marks(draft)

    def part_of(mark: Mark) -> Part:
        index = marks.index(mark)
        return {"meta_type": mark.kind.value, "material_ref": {"material_idx": index}, "text": ""}

    materials = [
        draft.part(material_type="image", image_info=draft.image(picture))
        for picture in draft.pictures
    ]
    materials += [
        draft.part(**{"material_type": clip.kind.value, f"{clip.kind}_info": draft.clip(clip)})
        for clip in draft.clips
    ]
    return draft.part(material_list=materials, meta_list=_meta_list(request, draft, part_of))


def _idip(request: SubjectReference, draft: DraftContext) -> Part:
    """The form of Video 3.0 (protocol 7.5 3a, single source; likely retired)."""

    def part_of(mark: Mark) -> Part:
        frame = draft.part(image_idx=mark.number - 1)
        return {"meta_type": "idip_frame", "frame_info": frame, "text": ""}

    return {
        "idip_frames": [draft.image(picture) for picture in draft.pictures],
        "idip_meta_list": _meta_list(request, draft, part_of),
    }
