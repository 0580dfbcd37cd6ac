"""Reading what a draft asks for when it asks for images (wire facts 8). Pure."""

import zlib
from collections.abc import Sequence

from jimeng_core.backends.plain import Json, as_int, as_list, as_object, as_string, as_text, dig
from jimeng_core.backends.web import wire
from jimeng_core.catalog import catalog
from jimeng_core.checks import IMAGE_COUNT, IMAGE_PICTURES

from .order import INVALID, UNREADABLE, Order, OrderedShot, RefusedOrder, uri_of

DEFAULT_COUNT = 4
"""How many images a model makes when none is named (wire facts 8)."""


def read_image_order(abilities: Json, submit_id: str) -> Order:
    """The order in a component's abilities: `generate` from words, `blend` with pictures.

    Where no seed is named, the site chooses one: here it follows from the submit id.

    Raises:
        RefusedOrder: The site would refuse it.
    """
    blend = as_object(abilities.get("blend"))
    ability = blend or as_object(abilities.get("generate"))
    core = as_object(ability.get("core_param"))
    if not core:
        raise RefusedOrder(UNREADABLE, "neither a video nor images")
    shots = _pictures(blend) if blend else ()
    marks = wire.BLEND_MARK * len(shots)
    prompt = as_string(core.get("prompt")) or ""
    if not prompt.startswith(marks):
        raise RefusedOrder(INVALID, "a picture without its mark in the prompt")
    resolution, ratio = _size(core)
    _judge_model(core, resolution)
    count = as_int(dig(abilities, "gen_option", "gen_count")) or DEFAULT_COUNT
    if not IMAGE_COUNT[0] <= count <= IMAGE_COUNT[1]:
        raise RefusedOrder(INVALID, f"gen_count {count}")
    seed = as_int(core.get("seed"))
    return Order(
        mode="image",
        prompt=prompt.removeprefix(marks),
        shots=shots,
        seconds=0,
        fps=0,
        resolution=resolution,
        ratio=ratio,
        seed=zlib.crc32(submit_id.encode()) if seed is None else seed % 2**32,
        count=count,
    )


def _pictures(blend: Json) -> tuple[OrderedShot, ...]:
    entries = as_list(blend.get("ability_list"))
    if not 1 <= len(entries) <= IMAGE_PICTURES:
        raise RefusedOrder(INVALID, f"{len(entries)} pictures")
    _judge_places(as_list(blend.get("prompt_placeholder_info_list")), len(entries))
    return tuple(OrderedShot(_reference(entry)) for entry in entries)


def _judge_places(places: Sequence[object], count: int) -> None:
    if [as_int(dig(place, "ability_index")) for place in places] != list(range(count)):
        raise RefusedOrder(INVALID, "prompt_placeholder_info_list")


def _reference(entry: object) -> str:
    uri = uri_of(dig(entry, "image_list", 0))
    if dig(entry, "name") != "byte_edit" or dig(entry, "image_uri_list", 0) != uri:
        raise RefusedOrder(INVALID, "a picture of no use")
    return uri


def _size(core: Json) -> tuple[str, str]:
    """The resolution and the ratio, which must agree with the width and the height."""
    info = as_object(core.get("large_image_info"))
    sizes = wire.IMAGE_SIZES.get(as_text(info.get("resolution_type")) or "", {})
    number = as_int(core.get("image_ratio"))
    for ratio, size in sizes.items():
        told = (as_int(info.get("width")), as_int(info.get("height")))
        if wire.IMAGE_RATIOS[ratio] == number and size == told:
            return str(info["resolution_type"]), ratio
    raise RefusedOrder(INVALID, f"image_ratio {number}")


def _judge_model(core: Json, resolution: str) -> None:
    key = as_text(core.get("model")) or ""
    model = catalog().find(key)
    offer = model.offer("web") if model else None
    if offer is None or offer.key != key or not offer.supports("image"):
        raise RefusedOrder(INVALID, f"unknown model {key}")
    if resolution not in offer.resolutions:
        raise RefusedOrder(INVALID, f"resolution_type {resolution}")
