"""Reading a submission as strictly as the site does, and what is to be rendered for it. Pure."""

import json
from collections.abc import Collection
from typing import Any

from jimeng_core.backends.plain import Json, as_int, as_list, as_object, as_text, dig
from jimeng_core.catalog import Offer, catalog
from jimeng_core.checks import (
    DEMO_FPS,
    FRAME_SECONDS,
    FRAMES,
    MULTI_FRAME_RESOLUTION,
    SUBJECT_IMAGES,
)
from jimeng_core.requests import picture_mark

from .image_orders import read_image_order
from .order import INVALID, UNREADABLE, Order, OrderedShot, RefusedOrder, uri_of
from .render import Mode


def read_order(body: Json, known_uris: Collection[str]) -> Order:
    """The order in a submission's body.

    Raises:
        RefusedOrder: The site would refuse it: the draft is no JSON text, names pictures that were
            not uploaded, or breaks a limit (wire facts 7).
    """
    content = body.get("draft_content")
    if not isinstance(content, str):
        raise RefusedOrder(UNREADABLE, "draft_content is not a string")
    try:
        draft = parsed(content)
    except (ValueError, RecursionError) as error:
        raise RefusedOrder(UNREADABLE, "draft_content is not JSON") from error
    if not isinstance(body.get("metrics_extra"), str):
        raise RefusedOrder(UNREADABLE, "metrics_extra is not a string")
    abilities = as_object(dig(draft, "component_list", 0, "abilities"))
    parameters = as_object(dig(abilities, "gen_video", "text_to_video_params"))
    video_input = as_object(dig(parameters, "video_gen_inputs", 0))
    if video_input:
        order = _order(parameters, video_input, _offer(parameters))
    else:
        order = read_image_order(abilities, as_text(body.get("submit_id")) or "")
    for shot in order.shots:
        if shot.uri not in known_uris:
            raise RefusedOrder(INVALID, f"unknown uri {shot.uri}")
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
        raise RefusedOrder(INVALID, f"unknown model_req_key {key}")
    return offer


def _order(parameters: Json, video_input: Json, offer: Offer) -> Order:
    milliseconds = as_int(video_input.get("duration_ms")) or 0
    seconds, rest = divmod(milliseconds, 1000)
    if rest or seconds < 1:
        raise RefusedOrder(INVALID, f"duration_ms {milliseconds}")
    mode, prompt, shots = _scenes(video_input, offer)
    if mode == "multi_frame":
        if seconds != sum(shot.seconds for shot in shots):
            raise RefusedOrder(INVALID, "duration_ms is not the sum of the frames'")
    elif seconds not in offer.seconds:
        raise RefusedOrder(INVALID, f"duration_ms {milliseconds}")
    resolution = as_text(video_input.get("resolution")) or "720p"
    one = mode == "multi_frame" or video_input.get("idip_frames")
    if resolution not in ((MULTI_FRAME_RESOLUTION,) if one else offer.resolutions):
        raise RefusedOrder(INVALID, f"resolution {resolution}")
    ratio = as_text(parameters.get("video_aspect_ratio")) or "16:9"
    if ratio not in catalog().ratios:
        raise RefusedOrder(INVALID, f"video_aspect_ratio {ratio}")
    fps = as_int(video_input.get("fps")) or 24
    if not DEMO_FPS[0] <= fps <= DEMO_FPS[1]:
        raise RefusedOrder(INVALID, f"fps {fps}")
    seed = (as_int(parameters.get("seed")) or 0) % 2**32
    return Order(mode, prompt, shots, seconds, fps, resolution, ratio, seed)


def _scenes(video_input: Json, offer: Offer) -> tuple[Mode, str, tuple[OrderedShot, ...]]:
    if frames := as_list(video_input.get("multi_frames")):
        if not offer.multi_frame:
            raise RefusedOrder(INVALID, "this model makes no multi-frame video")
        return "multi_frame", "", _frames(frames)
    if unified := as_object(video_input.get("unified_edit_input")):
        materials = as_list(unified.get("material_list"))
        images = [dig(material, "image_info") for material in materials]
        pieces, path = as_list(unified.get("meta_list")), ("material_ref", "material_idx")
        return _subjects(images, pieces, path, offer, "unified")
    if images := as_list(video_input.get("idip_frames")):
        pieces, path = as_list(video_input.get("idip_meta_list")), ("frame_info", "image_idx")
        return _subjects(images, pieces, path, offer, "idip")
    prompt = video_input.get("prompt")
    first, last = (video_input.get(name) for name in ("first_frame_image", "end_frame_image"))
    if last is not None and first is None:
        raise RefusedOrder(INVALID, "end_frame_image without first_frame_image")
    if last is not None and "last" not in offer.frames:
        raise RefusedOrder(INVALID, "this model takes no end_frame_image")
    shots = tuple(OrderedShot(uri_of(image)) for image in (first, last) if image is not None)
    return "first_last_frame", prompt if isinstance(prompt, str) else "", shots


def _frames(frames: list[Any]) -> tuple[OrderedShot, ...]:
    if not FRAMES[0] <= len(frames) <= FRAMES[1]:
        raise RefusedOrder(INVALID, f"{len(frames)} multi_frames")
    shots = []
    for index, frame in enumerate(frames):
        seconds, rest = divmod(as_int(dig(frame, "duration_ms")) or 0, 1000)
        if rest or not FRAME_SECONDS[0] <= seconds <= FRAME_SECONDS[1]:
            raise RefusedOrder(INVALID, f"duration_ms of frame {index}")
        if as_int(dig(frame, "idx")) != index:
            raise RefusedOrder(INVALID, f"idx of frame {index}")
        image = dig(frame, "media_info", "image_info")
        shots.append(OrderedShot(uri_of(image), seconds, as_text(dig(frame, "prompt")) or ""))
    return tuple(shots)


def _subjects(
    images: list[Any], pieces: list[Any], path: tuple[str, str], offer: Offer, form: str
) -> tuple[Mode, str, tuple[OrderedShot, ...]]:
    if offer.subject_form != form or not SUBJECT_IMAGES[0] <= len(images) <= offer.subject_images:
        raise RefusedOrder(INVALID, f"{len(images)} subjects as {form}")
    prompt = ""
    for piece in pieces:
        index = as_int(dig(piece, *path))
        if index is None:
            words = dig(piece, "text")
            prompt += words if isinstance(words, str) else ""
        elif 0 <= index < len(images):
            prompt += picture_mark(index + 1)
        else:
            raise RefusedOrder(INVALID, f"{path[-1]} {index}")
    return "subject_reference", prompt, tuple(OrderedShot(uri_of(image)) for image in images)
