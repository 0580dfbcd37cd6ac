"""Whether a request may be sent: every rule that needs no network, as pure functions.

The pictures themselves are judged by `jimeng_core.pictures.loading`.
"""

import logging
from collections.abc import Iterator, Sequence

from . import limits
from .catalog import Model, Offer, catalog, is_foreign
from .errors import Problem
from .model_defaults import with_model_defaults
from .pasted_text import excerpt, is_blank
from .problems import problem, unsupported_choice
from .references import check_offered_references, check_references
from .requests import (
    ADAPTIVE,
    AnyRequest,
    FirstLastFrame,
    ImageRequest,
    Mode,
    MultiFrame,
    SubjectReference,
    VideoRequest,
)
from .settings import BackendName

log = logging.getLogger(__name__)

IMAGE_RESOLUTIONS = ("2k", "4k")
"""Those whose sizes are known (protocol 8); the catalogue has each model's own."""

_MODE_TITLES = {
    Mode.FIRST_LAST_FRAME: ("first/last frame", "首尾帧"),
    Mode.MULTI_FRAME: ("multi-frame", "智能多帧"),
    Mode.SUBJECT_REFERENCE: ("subject reference", "主体参考"),
    Mode.IMAGE: ("images", "图片"),
}
_STARTS = {
    "last_frame": ("last", "a last frame", "尾帧"),
    "first_frame": ("first", "a first frame", "首帧"),
    "prompt": ("text", "words alone", "仅文字"),
}
"""What a first/last frame video starts from: the first of these fields that has a value."""


def problems(request: AnyRequest, backend: str) -> list[Problem]:
    """Every rule that a request breaks on a backend; empty when it may be sent.

    A model that the catalogue does not know passes with a warning in the log: new models appear
    at the upstream before they appear here. Fields that were left out have the model's defaults.
    """
    request = with_model_defaults(request, backend)
    if isinstance(request, ImageRequest):
        return list(_check_images(request, backend))
    return list(_check_video(request, backend))


def _check_video(request: VideoRequest, backend: str) -> Iterator[Problem]:
    match request:
        case FirstLastFrame():
            yield from _check_prompt(request.prompt)
            if request.last_frame is not None and request.first_frame is None:
                yield problem(
                    "first_frame",
                    "A last frame needs a first frame; add one.",
                    "有尾帧时必须有首帧，请添加首帧。",
                )
        case MultiFrame():
            yield from _check_frames(request)
        case SubjectReference():
            yield from _check_prompt(request.prompt)
            yield from check_references(request, backend)
    yield from _check_settings(request, backend)
    yield from _check_video_model(request, backend)


def _check_frames(request: MultiFrame) -> Iterator[Problem]:
    yield from _check_range(
        "frames",
        len(request.frames),
        limits.FRAMES,
        "Multi-frame takes {limits} pictures, not {value}.",
        "智能多帧需要 {limits} 张图片，现在是 {value} 张。",
    )
    for index, frame in enumerate(request.frames):
        yield from _check_length(f"frames[{index}].prompt", frame.prompt)
        yield from _check_range(
            f"frames[{index}].duration",
            frame.duration,
            limits.FRAME_SECONDS,
            f"Frame {index + 1} may last {{limits}} seconds, not {{value}}.",
            f"第 {index + 1} 帧的时长应为 {{limits}} 秒，现在是 {{value}} 秒。",
        )


def _check_settings(request: VideoRequest, backend: str) -> Iterator[Problem]:
    with_first_frame = isinstance(request, FirstLastFrame) and request.first_frame is not None
    ratios = (*catalog().ratios, ADAPTIVE) if with_first_frame else catalog().ratios
    yield from _check_choice("ratio", request.ratio, ratios)
    yield from _check_seed(request.seed, backend)
    if backend == BackendName.DEMO:
        yield from _check_range(
            "fps",
            request.fps,
            limits.DEMO_FPS,
            "The demo renders {limits} frames a second.",
            "演示支持每秒 {limits} 帧。",
        )
    elif request.fps != limits.DEFAULT_FPS:
        yield problem(
            "fps",
            f"Every model makes {limits.DEFAULT_FPS} frames a second; other values work only on"
            " the demo.",
            f"所有模型都是每秒 {limits.DEFAULT_FPS} 帧，其他帧率只有演示支持。",
        )


def _check_video_model(request: VideoRequest, backend: str) -> Iterator[Problem]:
    if not catalog().models_for(backend, request.mode):
        yield _unsupported_mode(request.mode, backend)
        return
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    if model is None or offer is None or not offer.supports(request.mode):
        yield from _check_other_model(request, model, backend)
        return
    if isinstance(request, FirstLastFrame):
        yield from _check_start(request, offer, backend)
    if isinstance(request, SubjectReference):
        yield from check_offered_references(request, model, offer)
    yield from _check_offer(request, offer)


def _check_other_model(request: AnyRequest, model: Model | None, backend: str) -> Iterator[Problem]:
    """Report a model without the mode, or of another client; an unknown key may be a new one."""
    if model is None and not is_foreign(request.model):
        log.warning(
            "Model %r is not in the catalogue; it is sent as it is.", excerpt(request.model)
        )
    else:
        able = [other.name for other in catalog().models_for(backend, request.mode)]
        yield unsupported_choice("model", request.model, able)


def _check_start(request: FirstLastFrame, offer: Offer, backend: str) -> Iterator[Problem]:
    field = next(name for name in _STARTS if getattr(request, name) is not None)
    start, title, title_zh = _STARTS[field]
    if start not in offer.frames:
        able = ", ".join(
            model.name
            for model in catalog().models_for(backend, request.mode)
            if (other := model.offer(backend)) and start in other.frames
        )
        yield problem(
            field,
            f"The model {request.model} does not take {title}; choose one of {able}.",
            f"模型 {request.model} 不支持{title_zh}，请选择 {able}。",
        )


def _check_offer(request: VideoRequest, offer: Offer) -> Iterator[Problem]:
    if not isinstance(request, MultiFrame) and request.duration not in offer.seconds:
        first, last = offer.seconds[0], offer.seconds[-1]
        every = offer.seconds == tuple(range(first, last + 1)) and last > first
        allowed = [f"{first}-{last}"] if every else [str(seconds) for seconds in offer.seconds]
        yield unsupported_choice("duration", request.duration, allowed)
    yield from _check_choice("resolution", request.resolution, offer.resolutions_for(request.mode))
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


def _check_images(request: ImageRequest, backend: str) -> Iterator[Problem]:
    yield from _check_prompt(request.prompt)
    yield from _check_seed(request.seed, backend)
    if not catalog().models_for(backend, request.mode):
        yield _unsupported_mode(request.mode, backend)
        return
    yield from _check_range(
        "count",
        request.count,
        limits.IMAGE_COUNT,
        "One task makes {limits} images, not {value}.",
        "一个任务可生成 {limits} 张图片，现在是 {value} 张。",
    )
    yield from _check_choice("ratio", request.ratio, catalog().image_ratios)
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    if offer is None or not offer.supports(request.mode):
        yield from _check_other_model(request, model, backend)
        offer = None  # the options of a model of videos say nothing here
    resolutions = offer.resolutions if offer else IMAGE_RESOLUTIONS
    yield from _check_choice("resolution", request.resolution, resolutions)
    most = offer.image_pictures if offer else None
    most = limits.IMAGE_PICTURES.high if most is None else most
    if len(request.images) > most:
        yield problem(
            "images",
            f"Images start from at most {most} pictures, not {len(request.images)}.",
            f"图片生成最多使用 {most} 张参考图，现在是 {len(request.images)} 张。",
        )


def _check_prompt(text: str) -> Iterator[Problem]:
    if is_blank(text):
        yield problem(
            "prompt",
            "The prompt is empty; write what is to be seen.",
            "提示词为空，请写下想看到的内容。",
        )
    yield from _check_length("prompt", text)


def _check_length(field: str, text: str) -> Iterator[Problem]:
    if len(text) > limits.PROMPT_LIMIT:
        yield problem(
            field,
            f"The prompt has {len(text)} characters; shorten it to {limits.PROMPT_LIMIT}.",
            f"提示词有 {len(text)} 个字，请缩短到 {limits.PROMPT_LIMIT} 字以内。",
        )


def _check_seed(seed: int | None, backend: str) -> Iterator[Problem]:
    if seed is not None:
        yield from _check_range(
            "seed",
            seed,
            limits.ARK_SEEDS if backend == BackendName.ARK else limits.SEEDS,
            "The seed is a whole number from {limits}.",
            "种子应为 {limits} 的整数。",
        )


def _unsupported_mode(mode: Mode, backend: str) -> Problem:
    able = [name for name in BackendName if catalog().models_for(name, mode)]
    title, title_zh = _MODE_TITLES[mode]
    return problem(
        "mode",
        f"The backend {backend} has no {title}; use the backend {' or '.join(able)}.",
        f"{backend} 后端没有{title_zh}，请使用 {' 或 '.join(able)} 后端。",
    )


def _check_choice(field: str, value: str, allowed: Sequence[str]) -> Iterator[Problem]:
    if value not in allowed:
        yield unsupported_choice(field, value, allowed)


def _check_range(
    field: str, value: int, allowed: limits.Range, message: str, message_zh: str
) -> Iterator[Problem]:
    """Report a value outside its limits; the sentences name `{value}` and `{limits}`."""
    if value not in allowed:
        yield problem(
            field,
            message.format(value=excerpt(value), limits=allowed),
            message_zh.format(value=excerpt(value), limits=allowed.zh),
        )
