"""How videos are asked for: one form for each mode (protocol 7). Pure."""

import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jimeng_core.catalog import Offer, catalog
from jimeng_core.requests import (
    ADAPTIVE,
    FirstLastFrame,
    MultiFrame,
    SubjectReference,
    VideoRequest,
    picture_mark,
    split_marks,
)

from . import wire
from .draft_base import Component, DraftContext, Part, build_image_part, to_json


@dataclass(frozen=True, slots=True)
class _ModeSpec:
    """How one mode is written: its names, and the fields it adds to the input."""

    function_mode: str
    features: tuple[str, ...]
    min_version: str
    prompt: str
    fields: Mapping[str, Any]


def build_video_component(
    request: VideoRequest, draft: DraftContext, key: str, offer: Offer | None
) -> Component:
    """The component of a checked request.

    Args:
        request: What to make.
        draft: What it is built from besides.
        key: The site's name of the model.
        offer: What the catalogue tells of the model, if it knows it.
    """
    form = _mode_spec(request, draft, offer.subject_form if offer else None)
    metrics = to_json(_metrics(form, draft))
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
        draft_version=form.min_version,
        generate_type="gen_video",
        abilities={"gen_video": _gen_video(request, form, key, metrics, draft)},
        metrics=metrics,
        features=form.features,
        fields={"process_type": 1},
        extend={"m_video_commerce_info": commerce, "m_video_commerce_info_list": [commerce]},
    )


def _metrics(form: _ModeSpec, draft: DraftContext) -> Part:
    """Analytics that the page sends along (protocol 7.6); few of them are accepted, too."""
    return {
        "promptSource": "custom",
        "isDefaultSeed": 0 if draft.seed_chosen else 1,
        "originSubmitId": draft.task_id,
        "isRegenerate": False,
        "enterFrom": "click",
        "position": "page_bottom_box",
        "functionMode": form.function_mode,
    }


def _gen_video(
    request: VideoRequest, form: _ModeSpec, key: str, metrics: str, draft: DraftContext
) -> Part:
    video_input = {
        "type": "",
        "id": draft.new_id(),
        "min_version": form.min_version,
        "prompt": form.prompt,
        "video_mode": wire.VIDEO_MODE,
        "fps": request.fps,
        "duration_ms": request.duration * 1000,
        "resolution": request.resolution,
        "idip_meta_list": [],
        **form.fields,
    }
    text_to_video = {
        "type": "",
        "id": draft.new_id(),
        "video_gen_inputs": [video_input],
        "video_aspect_ratio": _ratio(request, draft),
        "seed": draft.seed,
        "model_req_key": key,
        "priority": 0,
    }
    return {
        "type": "",
        "id": draft.new_id(),
        "text_to_video_params": text_to_video,
        "video_task_extra": metrics,
    }


def _ratio(request: VideoRequest, draft: DraftContext) -> str:
    """The ratio, of which the wire has no adaptive one: then the nearest to the first picture's."""
    if request.ratio != ADAPTIVE:
        return request.ratio
    first = draft.pictures[0]
    shape = math.log(first.width / first.height)

    def distance(ratio: str) -> float:
        across, down = map(int, ratio.split(":"))
        return abs(math.log(across / down) - shape)

    return min(catalog().ratios, key=distance)


def _mode_spec(request: VideoRequest, draft: DraftContext, subject_form: str | None) -> _ModeSpec:
    match request:
        case FirstLastFrame():
            return _ModeSpec(
                "first_last_frames", (), wire.MIN_VERSION, request.prompt, _ends(draft)
            )
        case MultiFrame():
            return _ModeSpec(
                "multi_frame",
                ("AIGC_GenerateType_VideoMultiFrame",),
                wire.MIN_VERSION,
                "",
                {"multi_frames": _frames(request, draft)},
            )
        case SubjectReference() if subject_form == "idip":
            return _ModeSpec(
                "main_reference",
                ("AIGC_GenerateType_VideoIdipFrame",),
                wire.MIN_VERSION,
                "",
                _idip(request, draft),
            )
        case SubjectReference():
            return _ModeSpec(
                "omni_reference",
                ("AIGC_Video_UnifiedEdit",),
                wire.MIN_VERSION_UNIFIED,
                "",
                {"unified_edit_input": _unified(request, draft)},
            )


def _ends(draft: DraftContext) -> Part:
    """No picture, the first, or the first and the last (protocol 7.3, sure)."""
    names = ("first_frame_image", "end_frame_image")
    images = [build_image_part(picture, draft) for picture in draft.pictures]
    return dict(zip(names, images, strict=False))


def _frames(request: MultiFrame, draft: DraftContext) -> list[Part]:
    return [
        {
            "type": "",
            "id": draft.new_id(),
            "idx": index,
            "duration_ms": frame.duration * 1000,
            "prompt": frame.prompt,
            "media_info": {
                "type": "",
                "id": draft.new_id(),
                "media_type": 1,
                "image_info": build_image_part(picture, draft),
            },
        }
        for index, (frame, picture) in enumerate(zip(request.frames, draft.pictures, strict=True))
    ]


def added_mark_id(task_id: str, number: int) -> str:
    """The id of a mark that the draft adds: known from the task, so that it can be read past."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{task_id} {picture_mark(number)}"))


def _pieces(request: SubjectReference, draft: DraftContext) -> list[tuple[str, str | int]]:
    """The prompt's pieces in its own order, each with its id, and every picture among them.

    Pictures that it does not name stand first, as one measured client does it (protocol 7.5, R).
    """
    pieces = split_marks(request.prompt)
    unnamed = [n for n in range(1, len(request.images) + 1) if n not in pieces]
    return [
        *((added_mark_id(draft.task_id, number), number) for number in unnamed),
        *((draft.new_id(), piece) for piece in pieces),
    ]


def _meta(
    request: SubjectReference, draft: DraftContext, mark: Callable[[int], Part]
) -> list[Part]:
    """The prompt as a list of pieces; `mark` writes that of a picture, by its 0-based place."""
    return [
        {"type": "", "id": piece_id}
        | (
            mark(piece - 1) | {"text": ""}
            if isinstance(piece, int)
            else {"meta_type": "text", "text": piece}
        )
        for piece_id, piece in _pieces(request, draft)
    ]


def _unified(request: SubjectReference, draft: DraftContext) -> Part:
    """Today's form of subject reference (protocol 7.5 3b, sure)."""

    def mark(place: int) -> Part:
        return {"meta_type": "image", "material_ref": {"material_idx": place}}

    materials = [
        {
            "type": "",
            "id": draft.new_id(),
            "material_type": "image",
            "image_info": build_image_part(picture, draft),
        }
        for picture in draft.pictures
    ]
    meta = _meta(request, draft, mark)
    return {"type": "", "id": draft.new_id(), "material_list": materials, "meta_list": meta}


def _idip(request: SubjectReference, draft: DraftContext) -> Part:
    """The form of Video 3.0 (protocol 7.5 3a, one family; likely retired)."""

    def mark(place: int) -> Part:
        frame_info = {"type": "", "id": draft.new_id(), "image_idx": place}
        return {"meta_type": "idip_frame", "frame_info": frame_info}

    return {
        "idip_frames": [build_image_part(picture, draft) for picture in draft.pictures],
        "idip_meta_list": _meta(request, draft, mark),
    }
