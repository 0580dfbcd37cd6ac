"""Whether a request may be sent: every rule that can be told without a network, as pure functions.

What the pictures themselves are is looked at by `jimeng_core.pictures.loading`.
"""

import logging
from collections.abc import Iterator

from .catalog import Model, Offer, catalog
from .errors import Problem
from .problems import choice, problem
from .requests import (
    ADAPTIVE,
    DEFAULT_FPS,
    AnyRequest,
    FirstLastFrame,
    ImageRequest,
    Mode,
    MultiFrame,
    SubjectReference,
    VideoRequest,
    picture_mark,
    split_marks,
)
from .settings import BackendName

log = logging.getLogger(__name__)

FRAMES = (2, 10)
"""How many pictures a multi-frame video has (protocol 7.4, sure)."""


FRAME_SECONDS = (1, 6)
"""How long one of its frames may be (protocol 7.4, sure)."""


MULTI_FRAME_RESOLUTION = "720p"
"""1080p excludes multi-frame, and subject reference in its old form (protocol 7.4, sure)."""


SUBJECT_IMAGES = (1, 9)
"""How many pictures subject reference takes at the most (protocol 7.5)."""


IMAGE_COUNT = (1, 8)
"""How many images one task makes (contract 2)."""


IMAGE_PICTURES = 9
"""How many pictures they may start from (contract 2)."""


IMAGE_RESOLUTIONS = ("2k", "4k")
"""Those whose sizes are known (protocol 8); what a model has is the catalogue's to say."""


DEMO_FPS = (12, 60)
"""What the demo backend renders."""


def problems(request: AnyRequest, backend: str) -> list[Problem]:
    """Every rule that a request breaks on a backend; empty when it may be sent.

    A model that the catalogue does not know passes with a warning in the log: new models appear
    at the upstream before they appear here.
    """
    if isinstance(request, ImageRequest):
        return list(_check_image(request, backend))
    return [
        *_check_mode(request),
        *_check_settings(request, backend),
        *_check_model(request, backend),
    ]


def _check_mode(request: VideoRequest) -> Iterator[Problem]:
    match request:
        case FirstLastFrame():
            yield from check_prompt("prompt", request.prompt, required=True)
            if request.last_frame is not None and request.first_frame is None:
                yield problem(
                    "first_frame",
                    "A last frame needs a first frame; add one.",
                    "有尾帧时必须有首帧，请添加首帧。",
                )
        case MultiFrame():
            yield from _check_frames(request)
        case SubjectReference():
            yield from check_prompt("prompt", request.prompt, required=True)
            yield from _check_subjects(request)


def _check_frames(request: MultiFrame) -> Iterator[Problem]:
    least, most = FRAMES
    if not least <= len(request.frames) <= most:
        yield problem(
            "frames",
            f"Multi-frame takes {least} to {most} pictures, not {len(request.frames)}.",
            f"智能多帧需要 {least} 到 {most} 张图片，现在是 {len(request.frames)} 张。",
        )
    shortest, longest = FRAME_SECONDS
    for index, frame in enumerate(request.frames):
        yield from check_prompt(f"frames[{index}].prompt", frame.prompt, required=False)
        if not shortest <= frame.duration <= longest:
            yield problem(
                f"frames[{index}].duration",
                f"Frame {index + 1} may last {shortest} to {longest} seconds, not"
                f" {frame.duration}.",
                f"第 {index + 1} 帧的时长应为 {shortest} 到 {longest} 秒，现在是"
                f" {frame.duration} 秒。",
            )


def _check_subjects(request: SubjectReference) -> Iterator[Problem]:
    least, most = SUBJECT_IMAGES
    count = len(request.images)
    if not least <= count <= most:
        yield problem(
            "images",
            f"Subject reference takes {least} to {most} pictures, not {count}.",
            f"主体参考需要 {least} 到 {most} 张图片，现在是 {count} 张。",
        )
    for mark in dict.fromkeys(p for p in split_marks(request.prompt) if isinstance(p, int)):
        if not 1 <= mark <= count:
            yield problem(
                "prompt",
                f"The prompt names {picture_mark(mark)}, and there are {count} pictures; use"
                f" {picture_mark(1)} to {picture_mark(max(count, 1))}.",
                f"提示词里的 {picture_mark(mark)} 不存在，共有 {count} 张图片；请用"
                f" {picture_mark(1)} 到 {picture_mark(max(count, 1))}。",
            )


def _check_settings(request: VideoRequest, backend: str) -> Iterator[Problem]:
    starts = isinstance(request, FirstLastFrame) and request.first_frame is not None
    ratios = [*catalog().ratios, *([ADAPTIVE] if starts else [])]
    if request.ratio not in ratios:
        yield choice("ratio", "ratio", "比例", request.ratio, ratios)
    yield from check_seed(request.seed, backend)
    if backend == "demo":
        if not DEMO_FPS[0] <= request.fps <= DEMO_FPS[1]:
            yield problem(
                "fps",
                f"The demo renders {DEMO_FPS[0]} to {DEMO_FPS[1]} frames a second.",
                f"演示后端支持每秒 {DEMO_FPS[0]} 到 {DEMO_FPS[1]} 帧。",
            )
    elif request.fps != DEFAULT_FPS:
        yield problem(
            "fps",
            f"Every model makes {DEFAULT_FPS} frames a second; other values work only on demo.",
            f"所有模型都是每秒 {DEFAULT_FPS} 帧，其他帧率只在演示后端可用。",
        )


def _check_model(request: VideoRequest, backend: str) -> Iterator[Problem]:
    if not catalog().offering(backend, request.mode):
        yield unsupported_mode(request, backend)
        return
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    if model is None or offer is None or not offer.supports(request.mode):
        yield from _check_unknown_model(request, model, backend)
        return
    if isinstance(request, FirstLastFrame):
        yield from _check_start_frames(request, offer, backend)
    if (
        isinstance(request, SubjectReference)
        and offer.subject_images < len(request.images) <= SUBJECT_IMAGES[1]
    ):
        yield problem(
            "images",
            f"{model.title} takes at most {offer.subject_images} pictures, not"
            f" {len(request.images)}.",
            f"{model.title_zh} 最多支持 {offer.subject_images} 张图片，现在是"
            f" {len(request.images)} 张。",
        )
    yield from _check_offer(request, offer)


def _check_unknown_model(
    request: AnyRequest, model: Model | None, backend: str
) -> Iterator[Problem]:
    """That a model is for something else; one that nobody here knows may be for this."""
    if model is None:
        log.warning("Model %r is not in the catalogue; it is sent as it is.", request.model)
        return
    able = [other.name for other in catalog().offering(backend, request.mode)]
    yield choice("model", "model", "模型", request.model, able)


def _check_image(request: ImageRequest, backend: str) -> Iterator[Problem]:
    yield from check_prompt("prompt", request.prompt, required=True)
    yield from check_seed(request.seed, backend)
    if not catalog().offering(backend, request.mode):
        yield unsupported_mode(request, backend)
        return
    least, most = IMAGE_COUNT
    if not least <= request.count <= most:
        yield problem(
            "count",
            f"One task makes {least} to {most} images, not {request.count}.",
            f"一个任务可生成 {least} 到 {most} 张图片，现在是 {request.count} 张。",
        )
    if request.ratio not in catalog().image_ratios:
        yield choice("ratio", "ratio", "比例", request.ratio, catalog().image_ratios)
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    if offer is None or not offer.supports(request.mode):
        yield from _check_unknown_model(request, model, backend)
        offer = None  # what a model of videos takes is of no use here
    resolutions = offer.resolutions if offer else IMAGE_RESOLUTIONS
    if request.resolution not in resolutions:
        yield choice("resolution", "resolution", "清晰度", request.resolution, resolutions)
    most_pictures = offer.image_pictures if offer else None
    pictures = IMAGE_PICTURES if most_pictures is None else most_pictures
    if len(request.images) > pictures:
        yield problem(
            "images",
            f"Images start from at most {pictures} pictures, not {len(request.images)}.",
            f"图片生成最多使用 {pictures} 张参考图，现在是 {len(request.images)} 张。",
        )


def resolutions_of(offer: Offer, mode: Mode) -> tuple[str, ...]:
    """The resolutions that a model makes videos of this mode in."""
    if mode is Mode.SUBJECT_REFERENCE:
        if offer.subject_form == "idip":
            return (MULTI_FRAME_RESOLUTION,)  # excludes 1080p in the same way
        return offer.subject_resolutions or offer.resolutions
    return (MULTI_FRAME_RESOLUTION,) if mode is Mode.MULTI_FRAME else offer.resolutions


def _check_offer(request: VideoRequest, offer: Offer) -> Iterator[Problem]:
    resolutions = resolutions_of(offer, request.mode)
    if not isinstance(request, MultiFrame) and request.duration not in offer.seconds:
        first, last = offer.seconds[0], offer.seconds[-1]
        every = offer.seconds == tuple(range(first, last + 1)) and last > first
        allowed = [f"{first}-{last}"] if every else [str(seconds) for seconds in offer.seconds]
        yield choice("duration", "length in seconds", "时长（秒）", request.duration, allowed)
    if request.resolution not in resolutions:
        yield choice("resolution", "resolution", "清晰度", request.resolution, resolutions)
    if request.audio and not offer.audio:
        yield problem(
            "audio",
            "This model makes no sound here; turn audio off.",
            "该模型在此不能生成声音，请关闭音频。",
        )
    if request.seed is not None and not offer.seed:
        yield problem(
            "seed",
            "This model takes no seed here; leave it out.",
            "该模型在此不支持种子，请不要填写。",
        )


def _check_start_frames(request: FirstLastFrame, offer: Offer, backend: str) -> Iterator[Problem]:
    if request.last_frame is not None:
        field, start = "last_frame", "last"
    elif request.first_frame is not None:
        field, start = "first_frame", "first"
    else:
        field, start = "prompt", "text"
    if start not in offer.frames:
        able = ", ".join(
            model.name
            for model in catalog().offering(backend, request.mode)
            if (other := model.offer(backend)) and start in other.frames
        )
        words = {"last": ("a last frame", "尾帧"), "first": ("a first frame", "首帧")}
        en, zh = words.get(start, ("words alone", "仅文字"))
        yield problem(
            field,
            f"The model {request.model} does not take {en}; choose one of {able}.",
            f"模型 {request.model} 不支持{zh}，请选择 {able}。",
        )


PROMPT_LIMIT = 2000
"""Characters of a prompt. The site's own limit is not known (a guess, kept here): its sister API
takes 800 (Ark protocol B3), Ark suggests 500 Chinese characters (A5)."""


SEEDS = (0, 2**32 - 1)
"""The wire's seed is an unsigned 32-bit number (protocol 7.1)."""


ARK_SEEDS = (0, 2**31 - 1)
"""Ark's seed (Ark protocol A4, the newer page)."""


MODE_NAMES = {
    Mode.FIRST_LAST_FRAME: ("first/last frame", "首尾帧"),
    Mode.MULTI_FRAME: ("multi-frame", "智能多帧"),
    Mode.SUBJECT_REFERENCE: ("subject reference", "主体参考"),
    Mode.IMAGE: ("images", "图片"),
}


def unsupported_mode(request: AnyRequest, backend: str) -> Problem:
    """That a backend does not have the mode of a request at all, and which ones do."""
    able = [name for name in BackendName if catalog().offering(name, request.mode)]
    mode, mode_zh = MODE_NAMES[request.mode]
    return problem(
        "mode",
        f"The backend {backend} has no {mode}; use the backend {' or '.join(able)}.",
        f"{backend} 后端没有{mode_zh}，请使用 {' 或 '.join(able)} 后端。",
    )


def check_seed(seed: int | None, backend: str) -> Iterator[Problem]:
    """Whether a seed is one that the backend's wire can carry."""
    least, most = ARK_SEEDS if backend == "ark" else SEEDS
    if seed is not None and not least <= seed <= most:
        yield problem(
            "seed",
            f"The seed is a whole number from {least} to {most}.",
            f"种子应为 {least} 到 {most} 的整数。",
        )


def check_prompt(field: str, text: str, *, required: bool) -> Iterator[Problem]:
    """Whether words are neither missing nor too many."""
    if required and not text.strip():
        yield problem(
            field,
            "The prompt is empty; write what is to be seen.",
            "提示词为空，请写下想看到的内容。",
        )
    if len(text) > PROMPT_LIMIT:
        yield problem(
            field,
            f"The prompt has {len(text)} characters; shorten it to {PROMPT_LIMIT}.",
            f"提示词有 {len(text)} 个字，请缩短到 {PROMPT_LIMIT} 字以内。",
        )
