"""Parsing of submitted drafts, as strict as the site's own."""

import json
import zlib
from collections.abc import Collection, Sequence
from typing import Final

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
from jimeng_core.backends.web.echo import mark_of
from jimeng_core.catalog import MULTI_FRAME_RESOLUTION, Offer, catalog
from jimeng_core.limits import DEMO_FPS, FRAME_SECONDS, FRAMES, IMAGE_COUNT, IMAGE_PICTURES, Range

from .clip_parsing import parse_clips
from .parsed_draft import INVALID, UNREADABLE, DraftRefused, ParsedDraft, ParsedShot, require
from .render import RenderMode

_MATERIAL_INDEX: Final = ("material_ref", "material_idx")
DEFAULT_COUNT: Final = 4
"""Images of a draft that names no number (protocol 8)."""


def parse_draft(body: Json, known_uris: Collection[str]) -> ParsedDraft:
    """The draft in the body of a submission.

    Raises:
        DraftRefused: It is not JSON text, names pictures that were not uploaded, or breaks a limit
            (protocol 7 and 8).
    """
    for name in ("draft_content", "metrics_extra"):
        require(isinstance(body.get(name), str), f"{name} is not a string", UNREADABLE)
    try:
        content = parse_json(body["draft_content"])
    except (ValueError, RecursionError) as error:
        raise DraftRefused(UNREADABLE, "draft_content is not JSON") from error
    abilities = as_object(get_path(content, "component_list", 0, "abilities"))
    parameters = as_object(get_path(abilities, "gen_video", "text_to_video_params"))
    if video := as_object(get_path(parameters, "video_gen_inputs", 0)):
        draft = _parse_video(parameters, video)
    else:
        draft = _parse_images(abilities, as_text(body.get("submit_id")) or "")
    for name in (*(shot.uri for shot in draft.shots), *(clip.vid for clip in draft.clips)):
        require(name in known_uris, f"unknown uri {name}")
    return draft


def parse_json(text: str) -> object:
    """The value of a JSON text.

    Raises:
        ValueError: It is not JSON, or has half of a surrogate pair, which cannot be stored.
        RecursionError: It is nested too deep.
    """
    value = json.loads(text)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _offer(key: object) -> Offer:
    """What the model of a site key takes."""
    model = catalog().find(as_text(key) or "")
    offer = model.offer("web") if model else None
    if offer is None or offer.key != as_text(key):
        raise DraftRefused(INVALID, f"unknown model {key}")
    return offer


def _uri(image: object) -> str:
    """The URI of an image, which must stand there twice."""
    uri = as_text(get_path(image, "image_uri"))
    require(uri == get_path(image, "uri"), "an image with two uris")
    return uri or ""


def _seconds(value: object, allowed: Range | Collection[int], message: str) -> int:
    seconds, rest = divmod(as_int(get_path(value, "duration_ms")) or 0, 1000)
    require(rest == 0 and seconds in allowed, f"duration_ms of {message}")
    return seconds


def _parse_video(parameters: Json, video: Json) -> ParsedDraft:
    offer = _offer(parameters.get("model_req_key"))
    clips = parse_clips(as_object(video.get("unified_edit_input")), offer)
    mode, prompt, shots = _parse_shots(video, offer)
    multi_frame = mode == "multi_frame"
    lengths = [sum(shot.seconds for shot in shots)] if multi_frame else offer.seconds
    resolution = as_text(video.get("resolution")) or "720p"
    fixed = multi_frame or video.get("idip_frames")
    resolutions = [MULTI_FRAME_RESOLUTION] if fixed else offer.resolutions
    require(resolution in resolutions, f"resolution {resolution}")
    ratio = as_text(parameters.get("video_aspect_ratio")) or "16:9"
    require(ratio in catalog().ratios, f"video_aspect_ratio {ratio}")
    fps = as_int(video.get("fps")) or 24
    require(fps in DEMO_FPS, f"fps {fps}")
    seed = (as_int(parameters.get("seed")) or 0) % 2**32
    seconds = _seconds(video, lengths, "the video")
    return ParsedDraft(mode, prompt, shots, seconds, fps, resolution, ratio, seed, clips=clips)


def _parse_shots(video: Json, offer: Offer) -> tuple[RenderMode, str, tuple[ParsedShot, ...]]:
    if frames := as_list(video.get("multi_frames")):
        require(offer.multi_frame, "this model makes no multi-frame video")
        require(len(frames) in FRAMES, f"{len(frames)} multi_frames")
        return "multi_frame", "", tuple(_parse_frame(*item) for item in enumerate(frames))
    if unified := as_object(video.get("unified_edit_input")):
        materials = as_list(unified.get("material_list"))
        pictures = [each for each in materials if get_path(each, "material_type") == "image"]
        images = [get_path(picture, "image_info") for picture in pictures]
        require(offer.subject_form == "unified", "this model takes no unified_edit_input")
        require(materials, "no materials")
        pieces = as_list(unified.get("meta_list"))
    elif materials := as_list(video.get("idip_frames")):
        images = materials
        require(offer.subject_form == "idip", "this model takes no idip_frames")
        pieces = as_list(video.get("idip_meta_list"))
    else:
        prompt = video.get("prompt")
        return "first_last_frame", prompt if isinstance(prompt, str) else "", _ends(video, offer)
    require(len(images) <= offer.subject_images, f"{len(images)} subjects")
    prompt = "".join(_piece(piece, materials) for piece in pieces)
    return "subject_reference", prompt, tuple(ParsedShot(_uri(image)) for image in images)


def _parse_frame(index: int, frame: object) -> ParsedShot:
    require(as_int(get_path(frame, "idx")) == index, f"idx of frame {index}")
    seconds = _seconds(frame, FRAME_SECONDS, f"frame {index}")
    image = get_path(frame, "media_info", "image_info")
    return ParsedShot(_uri(image), seconds, as_text(get_path(frame, "prompt")) or "")


def _ends(video: Json, offer: Offer) -> tuple[ParsedShot, ...]:
    """The first and the last frame."""
    first, last = video.get("first_frame_image"), video.get("end_frame_image")
    if last is not None:
        require(first is not None, "end_frame_image without first_frame_image")
        require("last" in offer.frames, "this model takes no end_frame_image")
    return tuple(ParsedShot(_uri(image)) for image in (first, last) if image is not None)


def _piece(piece: object, materials: Sequence[object]) -> str:
    """A piece of a prompt: text, or the mark of one of the materials."""
    path = ("frame_info", "image_idx") if get_path(piece, "frame_info") else _MATERIAL_INDEX
    index = as_int(get_path(piece, *path))
    if index is None:
        return as_string(get_path(piece, "text")) or ""
    require(0 <= index < len(materials), f"{path[-1]} {index}")
    mark = mark_of(as_object(piece), materials)
    if path is _MATERIAL_INDEX:
        require(
            mark and get_path(piece, "meta_type") == mark.kind, f"meta_type of {path[-1]} {index}"
        )
    return str(mark)


def _parse_images(abilities: Json, submit_id: str) -> ParsedDraft:
    """A draft of images: `generate` from text, `blend` with pictures.

    Without a seed the site chooses one: here it is derived from the submit id.
    """
    blend = as_object(abilities.get("blend"))
    core = as_object((blend or as_object(abilities.get("generate"))).get("core_param"))
    require(core, "neither a video nor images", UNREADABLE)
    shots = _parse_blend(blend) if blend else ()
    marks = wire.BLEND_MARK * len(shots)
    prompt = as_string(core.get("prompt")) or ""
    require(prompt.startswith(marks), "a picture without its mark in the prompt")
    offer = _offer(core.get("model"))
    resolution, ratio = _image_size(core)
    require(offer.supports("image"), "this model makes no images")
    require(resolution in offer.resolutions, f"resolution_type {resolution}")
    count = as_int(get_path(abilities, "gen_option", "gen_count")) or DEFAULT_COUNT
    require(count in IMAGE_COUNT, f"gen_count {count}")
    seed = as_int(core.get("seed"))
    seed = zlib.crc32(submit_id.encode()) if seed is None else seed % 2**32
    prompt = prompt.removeprefix(marks)
    return ParsedDraft("image", prompt, shots, 0, 0, resolution, ratio, seed, count)


def _parse_blend(blend: Json) -> tuple[ParsedShot, ...]:
    entries = as_list(blend.get("ability_list"))
    require(1 <= len(entries) <= IMAGE_PICTURES.high, f"{len(entries)} pictures")
    places = as_list(blend.get("prompt_placeholder_info_list"))
    indices = [as_int(get_path(place, "ability_index")) for place in places]
    require(indices == list(range(len(entries))), "prompt_placeholder_info_list")
    shots = []
    for entry in entries:
        uri = _uri(get_path(entry, "image_list", 0))
        same = get_path(entry, "image_uri_list", 0) == uri
        require(same and get_path(entry, "name") == "byte_edit", "an unknown ability")
        shots.append(ParsedShot(uri))
    return tuple(shots)


def _image_size(core: Json) -> tuple[str, str]:
    """The resolution and ratio, with which the width and height must agree."""
    info = as_object(core.get("large_image_info"))
    resolution = as_text(info.get("resolution_type")) or ""
    size = (as_int(info.get("width")), as_int(info.get("height")))
    number = as_int(core.get("image_ratio"))
    for ratio, expected in wire.IMAGE_SIZES.get(resolution, {}).items():
        if wire.IMAGE_RATIOS[ratio] == number and size == expected:
            return resolution, ratio
    raise DraftRefused(INVALID, f"image_ratio {number}")
