"""How images are asked for: from words, or from words and pictures (wire facts 8). Pure."""

from typing import Any

from jimeng_core.requests import ImageRequest

from . import wire
from .draft_parts import Component, Draft, Part, dump, image_part, new_part
from .upload_cache import Uploaded


def image_component(request: ImageRequest, draft: Draft, key: str) -> Component:
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
            "gen_option": new_part(draft, gen_count=request.count, generate_all=False),
        },
        metrics=dump(
            {
                "promptSource": "custom",
                "generateCount": 1,
                "enterFrom": "click",
                "generateId": draft.task_id,
                "isRegenerate": False,
            }
        ),
    )


def _generate(request: ImageRequest, draft: Draft, key: str) -> Part:
    core = _core(request, draft, key, prompt=request.prompt, seed=draft.seed, negative_prompt="")
    return new_part(draft, core_param=core)


def _blend(request: ImageRequest, draft: Draft, key: str) -> Part:
    marks = wire.BLEND_MARK * len(draft.pictures)
    # Clients send a seed with words alone (wire facts 8); one that was chosen goes along all the
    # same: left out, it would surely be of no effect.
    seed = {"seed": draft.seed} if draft.seed_chosen else {}
    return new_part(
        draft,
        min_features=[],
        core_param=_core(request, draft, key, prompt=f"{marks}{request.prompt}", **seed),
        ability_list=[_reference(picture, draft) for picture in draft.pictures],
        prompt_placeholder_info_list=[
            new_part(draft, ability_index=index) for index in range(len(draft.pictures))
        ],
        postedit_param=new_part(draft, generate_type=0),
    )


def _core(request: ImageRequest, draft: Draft, key: str, **fields: Any) -> Part:  # noqa: ANN401
    width, height = wire.IMAGE_SIZES[request.resolution][request.ratio]
    return new_part(
        draft,
        model=key,
        **fields,
        sample_strength=wire.SAMPLE_STRENGTH,
        image_ratio=wire.IMAGE_RATIOS[request.ratio],
        large_image_info=new_part(
            draft, width=width, height=height, resolution_type=request.resolution
        ),
        intelligent_ratio=False,
    )


def _reference(picture: Uploaded, draft: Draft) -> Part:
    """One picture to start from; one entry a picture, as most clients send it (wire facts 8)."""
    return new_part(
        draft,
        name="byte_edit",
        image_uri_list=[picture.uri],
        image_list=[image_part(picture, draft)],
        strength=wire.SAMPLE_STRENGTH,
    )
