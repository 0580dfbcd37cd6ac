"""Parsing of submitted drafts, as strict as the site's own."""

import json
import zlib
from collections.abc import Collection, Sequence
from typing import Any

from jimeng_core.backends.json_reading import (
    Json,
    as_int,
    as_list,
    as_object,
    as_string,
    as_text,
    get_path,
)
from jimeng_core.backends.web import wire
from jimeng_core.catalog import MULTI_FRAME_RESOLUTION, Offer, catalog
from jimeng_core.limits import DEMO_FPS, FRAME_SECONDS, FRAMES, IMAGE_COUNT, IMAGE_PICTURES
from jimeng_core.requests import picture_mark

from .parsed_draft import INVALID, UNREADABLE, DraftRefused, ParsedDraft, ParsedShot, uri_of
from .render import RenderMode


def parse_draft(body: Json, known_uris: Collection[str]) -> ParsedDraft:
    """The order in a submission's body.

    Raises:
        RefusedOrder: The site would refuse it: the draft is no JSON text, names pictures that were
            not uploaded, or breaks a limit (protocol 7).
    """
    content = body.get("draft_content")
    if not isinstance(content, str):
        raise DraftRefused(UNREADABLE, "draft_content is not a string")
    try:
        draft = parsed(content)
    except (ValueError, RecursionError) as error:
        raise DraftRefused(UNREADABLE, "draft_content is not JSON") from error
    if not isinstance(body.get("metrics_extra"), str):
        raise DraftRefused(UNREADABLE, "metrics_extra is not a string")
    abilities = as_object(get_path(draft, "component_list", 0, "abilities"))
    parameters = as_object(get_path(abilities, "gen_video", "text_to_video_params"))
    video_input = as_object(get_path(parameters, "video_gen_inputs", 0))
    if video_input:
        order = _order(parameters, video_input, _offer(parameters))
    else:
        order = parse_image_draft(abilities, as_text(body.get("submit_id")) or "")
    for shot in order.shots:
        if shot.uri not in known_uris:
            raise DraftRefused(INVALID, f"unknown uri {shot.uri}")
    return order


def parsed(text: str) -> object:
    """The value of a JSON text.

    Raises:
        ValueError: It is none, or holds half of a surrogate pair, which could not be kept.
        RecursionError: It is too deep.
    """
    value = json.loads(text)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _offer(parameters: Json) -> Offer:
    key = as_text(parameters.get("model_req_key")) or ""
    model = catalog().find(key)
    offer = model.offer("web") if model else None
    if offer is None or offer.key != key:
        raise DraftRefused(INVALID, f"unknown model_req_key {key}")
    return offer


def _order(parameters: Json, video_input: Json, offer: Offer) -> ParsedDraft:
    milliseconds = as_int(video_input.get("duration_ms")) or 0
    seconds, rest = divmod(milliseconds, 1000)
    if rest or seconds < 1:
        raise DraftRefused(INVALID, f"duration_ms {milliseconds}")
    mode, prompt, shots = _scenes(video_input, offer)
    if mode == "multi_frame":
        if seconds != sum(shot.seconds for shot in shots):
            raise DraftRefused(INVALID, "duration_ms is not the sum of the frames'")
    elif seconds not in offer.seconds:
        raise DraftRefused(INVALID, f"duration_ms {milliseconds}")
    resolution = as_text(video_input.get("resolution")) or "720p"
    one = mode == "multi_frame" or video_input.get("idip_frames")
    if resolution not in ((MULTI_FRAME_RESOLUTION,) if one else offer.resolutions):
        raise DraftRefused(INVALID, f"resolution {resolution}")
    ratio = as_text(parameters.get("video_aspect_ratio")) or "16:9"
    if ratio not in catalog().ratios:
        raise DraftRefused(INVALID, f"video_aspect_ratio {ratio}")
    fps = as_int(video_input.get("fps")) or 24
    if fps not in DEMO_FPS:
        raise DraftRefused(INVALID, f"fps {fps}")
    seed = (as_int(parameters.get("seed")) or 0) % 2**32
    return ParsedDraft(mode, prompt, shots, seconds, fps, resolution, ratio, seed)


def _scenes(video_input: Json, offer: Offer) -> tuple[RenderMode, str, tuple[ParsedShot, ...]]:
    if frames := as_list(video_input.get("multi_frames")):
        if not offer.multi_frame:
            raise DraftRefused(INVALID, "this model makes no multi-frame video")
        return "multi_frame", "", _frames(frames)
    if unified := as_object(video_input.get("unified_edit_input")):
        materials = as_list(unified.get("material_list"))
        images = [get_path(material, "image_info") for material in materials]
        pieces, path = as_list(unified.get("meta_list")), ("material_ref", "material_idx")
        return _subjects(images, pieces, path, offer, "unified")
    if images := as_list(video_input.get("idip_frames")):
        pieces, path = as_list(video_input.get("idip_meta_list")), ("frame_info", "image_idx")
        return _subjects(images, pieces, path, offer, "idip")
    prompt = video_input.get("prompt")
    first, last = (video_input.get(name) for name in ("first_frame_image", "end_frame_image"))
    if last is not None and first is None:
        raise DraftRefused(INVALID, "end_frame_image without first_frame_image")
    if last is not None and "last" not in offer.frames:
        raise DraftRefused(INVALID, "this model takes no end_frame_image")
    shots = tuple(ParsedShot(uri_of(image)) for image in (first, last) if image is not None)
    return "first_last_frame", prompt if isinstance(prompt, str) else "", shots


def _frames(frames: list[Any]) -> tuple[ParsedShot, ...]:
    if len(frames) not in FRAMES:
        raise DraftRefused(INVALID, f"{len(frames)} multi_frames")
    shots = []
    for index, frame in enumerate(frames):
        seconds, rest = divmod(as_int(get_path(frame, "duration_ms")) or 0, 1000)
        if rest or seconds not in FRAME_SECONDS:
            raise DraftRefused(INVALID, f"duration_ms of frame {index}")
        if as_int(get_path(frame, "idx")) != index:
            raise DraftRefused(INVALID, f"idx of frame {index}")
        image = get_path(frame, "media_info", "image_info")
        shots.append(ParsedShot(uri_of(image), seconds, as_text(get_path(frame, "prompt")) or ""))
    return tuple(shots)


def _subjects(
    images: list[Any], pieces: list[Any], path: tuple[str, str], offer: Offer, form: str
) -> tuple[RenderMode, str, tuple[ParsedShot, ...]]:
    if offer.subject_form != form or not 1 <= len(images) <= offer.subject_images:
        raise DraftRefused(INVALID, f"{len(images)} subjects as {form}")
    prompt = ""
    for piece in pieces:
        index = as_int(get_path(piece, *path))
        if index is None:
            words = get_path(piece, "text")
            prompt += words if isinstance(words, str) else ""
        elif 0 <= index < len(images):
            prompt += picture_mark(index + 1)
        else:
            raise DraftRefused(INVALID, f"{path[-1]} {index}")
    return "subject_reference", prompt, tuple(ParsedShot(uri_of(image)) for image in images)


DEFAULT_COUNT = 4
"""How many images a model makes when none is named (protocol 8)."""


def parse_image_draft(abilities: Json, submit_id: str) -> ParsedDraft:
    """The order in a component's abilities: `generate` from words, `blend` with pictures.

    Where no seed is named, the site chooses one: here it follows from the submit id.

    Raises:
        RefusedOrder: The site would refuse it.
    """
    blend = as_object(abilities.get("blend"))
    ability = blend or as_object(abilities.get("generate"))
    core = as_object(ability.get("core_param"))
    if not core:
        raise DraftRefused(UNREADABLE, "neither a video nor images")
    shots = _pictures(blend) if blend else ()
    marks = wire.BLEND_MARK * len(shots)
    prompt = as_string(core.get("prompt")) or ""
    if not prompt.startswith(marks):
        raise DraftRefused(INVALID, "a picture without its mark in the prompt")
    resolution, ratio = _size(core)
    _judge_model(core, resolution)
    count = as_int(get_path(abilities, "gen_option", "gen_count")) or DEFAULT_COUNT
    if count not in IMAGE_COUNT:
        raise DraftRefused(INVALID, f"gen_count {count}")
    seed = as_int(core.get("seed"))
    return ParsedDraft(
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


def _pictures(blend: Json) -> tuple[ParsedShot, ...]:
    entries = as_list(blend.get("ability_list"))
    if not 1 <= len(entries) <= IMAGE_PICTURES.high:
        raise DraftRefused(INVALID, f"{len(entries)} pictures")
    _judge_places(as_list(blend.get("prompt_placeholder_info_list")), len(entries))
    return tuple(ParsedShot(_reference(entry)) for entry in entries)


def _judge_places(places: Sequence[object], count: int) -> None:
    if [as_int(get_path(place, "ability_index")) for place in places] != list(range(count)):
        raise DraftRefused(INVALID, "prompt_placeholder_info_list")


def _reference(entry: object) -> str:
    uri = uri_of(get_path(entry, "image_list", 0))
    if get_path(entry, "name") != "byte_edit" or get_path(entry, "image_uri_list", 0) != uri:
        raise DraftRefused(INVALID, "a picture of no use")
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
    raise DraftRefused(INVALID, f"image_ratio {number}")


def _judge_model(core: Json, resolution: str) -> None:
    key = as_text(core.get("model")) or ""
    model = catalog().find(key)
    offer = model.offer("web") if model else None
    if offer is None or offer.key != key or not offer.supports("image"):
        raise DraftRefused(INVALID, f"unknown model {key}")
    if resolution not in offer.resolutions:
        raise DraftRefused(INVALID, f"resolution_type {resolution}")
