"""How images are asked for: from words, or from words and pictures (protocol 8). Pure."""

from typing import Any

from jimeng_core.requests import ImageRequest

from . import wire
from .draft_base import Component, DraftContext, Part, build_image_part, build_part, to_json
from .uploads.cache import Uploaded


def build_image_component(request: ImageRequest, draft: DraftContext, key: str) -> Component:
    """The component of a checked request: `generate` from words, `blend` with pictures.

    Args:
        request: What to make.
        draft: What it is built from besides.
        key: The site's name of the model.
    """
    blend = bool(draft.pictures)
    ability = _blend(request, draft, key) if blend else _generate(request, draft, key)
    kind = "blend" if blend else "generate"
    return Component(
        kind="image_base_component",
        min_version=wire.MIN_VERSION_IMAGE,
        draft_version=wire.MIN_VERSION_BLEND if blend else wire.MIN_VERSION_IMAGE,
        generate_type=kind,
        abilities={
            kind: ability,
            "gen_option": build_part(draft, gen_count=request.count, generate_all=False),
        },
        metrics=to_json(
            {
                "promptSource": "custom",
                "generateCount": 1,
                "enterFrom": "click",
                "generateId": draft.task_id,
                "isRegenerate": False,
            }
        ),
    )


def _generate(request: ImageRequest, draft: DraftContext, key: str) -> Part:
    core = _core(request, draft, key, prompt=request.prompt, seed=draft.seed, negative_prompt="")
    return build_part(draft, core_param=core)


def _blend(request: ImageRequest, draft: DraftContext, key: str) -> Part:
    marks = wire.BLEND_MARK * len(draft.pictures)
    # Clients send a seed with words alone (protocol 8); one that was chosen goes along all the
    # same: left out, it would surely be of no effect.
    seed = {"seed": draft.seed} if draft.seed_chosen else {}
    return build_part(
        draft,
        min_features=[],
        core_param=_core(request, draft, key, prompt=f"{marks}{request.prompt}", **seed),
        ability_list=[_reference(picture, draft) for picture in draft.pictures],
        prompt_placeholder_info_list=[
            build_part(draft, ability_index=index) for index in range(len(draft.pictures))
        ],
        postedit_param=build_part(draft, generate_type=0),
    )


def _core(request: ImageRequest, draft: DraftContext, key: str, **fields: Any) -> Part:  # noqa: ANN401
    width, height = wire.IMAGE_SIZES[request.resolution][request.ratio]
    return build_part(
        draft,
        model=key,
        **fields,
        sample_strength=wire.SAMPLE_STRENGTH,
        image_ratio=wire.IMAGE_RATIOS[request.ratio],
        large_image_info=build_part(
            draft, width=width, height=height, resolution_type=request.resolution
        ),
        intelligent_ratio=False,
    )


def _reference(picture: Uploaded, draft: DraftContext) -> Part:
    """One picture to start from; one entry a picture, as most clients send it (protocol 8)."""
    return build_part(
        draft,
        name="byte_edit",
        image_uri_list=[picture.uri],
        image_list=[build_image_part(picture, draft)],
        strength=wire.SAMPLE_STRENGTH,
    )
