"""Drafts of images: from a prompt, or from a prompt and pictures (protocol 8)."""

from typing import Any

from jimeng_core.requests import ImageRequest

from . import wire
from .draft_base import Component, DraftContext, Part, Uploaded, to_json


def build_image_component(request: ImageRequest, draft: DraftContext, key: str) -> Component:
    """The component of a checked request: `generate` from a prompt, `blend` with pictures."""
    blend = bool(draft.pictures)
    ability = _blend(request, draft, key) if blend else _generate(request, draft, key)
    kind = "blend" if blend else "generate"
    metrics = {
        "promptSource": "custom",
        "generateCount": 1,
        "enterFrom": "click",
        "generateId": draft.task_id,
        "isRegenerate": False,
    }
    return Component(
        kind="image_base_component",
        min_version=wire.MIN_VERSION_IMAGE,
        draft_version=wire.MIN_VERSION_BLEND if blend else wire.MIN_VERSION_IMAGE,
        generate_type=kind,
        abilities={
            kind: ability,
            "gen_option": draft.part(gen_count=request.count, generate_all=False),
        },
        metrics=to_json(metrics),
    )


def _generate(request: ImageRequest, draft: DraftContext, key: str) -> Part:
    core = _core(request, draft, key, prompt=request.prompt, seed=draft.seed, negative_prompt="")
    return draft.part(core_param=core)


def _blend(request: ImageRequest, draft: DraftContext, key: str) -> Part:
    marks = wire.BLEND_MARK * len(draft.pictures)
    # Clients send a seed only without pictures (protocol 8). A chosen one is sent here too: left
    # out, it would certainly have no effect.
    seed = {"seed": draft.seed} if draft.seed_chosen else {}
    return draft.part(
        min_features=[],
        core_param=_core(request, draft, key, prompt=f"{marks}{request.prompt}", **seed),
        ability_list=[_reference(picture, draft) for picture in draft.pictures],
        prompt_placeholder_info_list=[
            draft.part(ability_index=index) for index in range(len(draft.pictures))
        ],
        postedit_param=draft.part(generate_type=0),
    )


def _core(request: ImageRequest, draft: DraftContext, key: str, **fields: Any) -> Part:  # noqa: ANN401
    width, height = wire.IMAGE_SIZES[request.resolution][request.ratio]
    return draft.part(
        model=key,
        **fields,
        sample_strength=wire.SAMPLE_STRENGTH,
        image_ratio=wire.IMAGE_RATIOS[request.ratio],
        large_image_info=draft.part(width=width, height=height, resolution_type=request.resolution),
        intelligent_ratio=False,
    )


def _reference(picture: Uploaded, draft: DraftContext) -> Part:
    """One reference picture; an entry of its own, as most clients send it (protocol 8)."""
    return draft.part(
        name="byte_edit",
        image_uri_list=[picture.uri],
        image_list=[draft.image(picture)],
        strength=wire.SAMPLE_STRENGTH,
    )
