"""From Ark's body to one of our requests. Pure: bytes in, a request or an `InvalidRequest` out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from jimeng_app.picture_input import parse_picture
from jimeng_core import FirstLastFrame, Frame, InvalidRequest, MultiFrame, SubjectReference
from jimeng_core.problems import invalid_request, problem
from jimeng_core.requests import ADAPTIVE, Mode, Picture, VideoRequest

from .misfits import validation_problem
from .request_models import OMITTED, CreateTask, ImageItem, TextItem

MAX_COMMAS: Final = 50_000
"""Commas of a body. Few bytes of JSON can become very many objects in memory; commas, of which a
picture in base64 has none, tell of them before they are made."""


class ArkCreate(NamedTuple):
    """What a body asks for."""

    request: VideoRequest
    task_id: str | None
    """The id to send it under, where the caller minted one."""


class _RoleImage(NamedTuple):
    """One picture of a body."""

    field: str
    """Where its item stands: `content[1]`."""
    item: ImageItem
    role: str


_MODES: Mapping[str, Mode] = {
    "first_frame": Mode.FIRST_LAST_FRAME,
    "last_frame": Mode.FIRST_LAST_FRAME,
    "reference_image": Mode.SUBJECT_REFERENCE,
    "frame": Mode.MULTI_FRAME,
}
"""What a role's picture is for."""


def parse_create(raw: bytes | bytearray) -> ArkCreate:
    """The request in a body. Takes up to a second of CPU, as pictures are decoded: use a thread.

    Raises:
        InvalidRequest: The body is no JSON, or of another shape, or asks for what cannot be had.
    """
    if raw.count(b",") > MAX_COMMAS:
        raise InvalidRequest(
            "The body holds more values than any request has; leave out what is no part of it.",
            "请求体中的值远多于任何请求所需，请去掉多余的内容。",
        )
    try:
        body = CreateTask.model_validate_json(raw)
    except ValidationError as error:
        raise validation_problem(error.errors(include_url=False, include_input=False)) from None
    return ArkCreate(build(body), body.task_id)


def build(body: CreateTask) -> VideoRequest:
    """The request that a body means: its mode is told by the roles of its pictures.

    Raises:
        InvalidRequest: The roles do not go together, or a picture cannot be taken.
    """
    prompt = "\n".join(item.text for item in body.content if isinstance(item, TextItem))
    shown = _shown(body)
    modes = {_MODES[each.role] for each in shown}
    if len(modes) > 1:
        raise _field_error(
            "content",
            "First and last frames, reference images and frames exclude each other; use the roles"
            " of one kind.",
            "首尾帧、参考图和多帧不能混用，请只使用其中一类 role。",
        )
    if Mode.MULTI_FRAME in modes:
        return _multi_frame(body, prompt, shown)
    _no_frame_fields(shown)
    if Mode.SUBJECT_REFERENCE in modes:
        images = tuple(_picture(each) for each in shown)
        return SubjectReference(prompt=prompt, images=images, **_settings(body))
    frames, settings = _first_and_last(shown), _settings(body)
    if frames and body.ratio == ADAPTIVE:
        settings["ratio"] = ADAPTIVE
    return FirstLastFrame(prompt=prompt, **frames, **settings)


def _shown(body: CreateTask) -> list[_RoleImage]:
    items = [(i, item) for i, item in enumerate(body.content) if isinstance(item, ImageItem)]
    alone = "first_frame" if len(items) == 1 else None
    shown = []
    for index, item in items:
        role = item.role or alone
        if role is None:
            raise _field_error(
                f"content[{index}].role",
                f"content[{index}] needs a role, as there are several pictures: first_frame,"
                " last_frame, reference_image or frame.",
                f"有多张图片时，content[{index}] 必须写明 role：first_frame、last_frame、"
                "reference_image 或 frame。",
            )
        shown.append(_RoleImage(f"content[{index}]", item, role))
    return shown


def _first_and_last(shown: Sequence[_RoleImage]) -> dict[str, Picture]:
    frames: dict[str, Picture] = {}
    for each in shown:
        if each.role in frames:
            raise _field_error(
                f"{each.field}.role",
                f"There is more than one {each.role}; keep one.",
                f"{each.role} 不止一张，请只保留一张。",
            )
        frames[each.role] = _picture(each)
    return frames


def _multi_frame(body: CreateTask, prompt: str, shown: Sequence[_RoleImage]) -> MultiFrame:
    if prompt.strip():
        raise _field_error(
            "content",
            "A video through frames has no text of its own; give each frame its prompt.",
            "多帧视频没有总的文字，请在每个 frame 里填写 prompt。",
        )
    settings = _settings(body)
    if settings.pop("duration", None) is not None:
        raise _field_error(
            "duration",
            "A video through frames has no duration of its own; give each frame its duration.",
            "多帧视频没有总时长，请在每个 frame 里填写 duration。",
        )
    frames = []
    for each in shown:
        told = {"prompt": each.item.prompt, "duration": each.item.duration}
        frames.append(Frame(image=_picture(each), **_given(told)))
    return MultiFrame(frames=tuple(frames), **settings)


def _no_frame_fields(shown: Sequence[_RoleImage]) -> None:
    for each in shown:
        for name in ("prompt", "duration"):
            if getattr(each.item, name) is not None:
                raise _field_error(
                    f"{each.field}.{name}",
                    f"{each.field}.{name} belongs to the role frame only; leave it out.",
                    f"{each.field}.{name} 只能用于 role 为 frame 的图片，请去掉。",
                )


def _settings(body: CreateTask) -> dict[str, Any]:
    """The fields that the modes share, under our names; those left out are missing."""
    return _given(
        {
            "model": body.model,
            "resolution": body.resolution,
            "ratio": None if body.ratio == ADAPTIVE else body.ratio,
            "duration": None if body.duration == OMITTED else body.duration,
            "seed": None if body.seed == OMITTED else body.seed,
            "fps": body.fps,
            "audio": body.generate_audio,
        }
    )


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _picture(shown: _RoleImage) -> Picture:
    field, url = f"{shown.field}.image_url.url", shown.item.image_url.url
    if url.strip().lower().startswith("asset:"):
        raise _field_error(
            field,
            "Pictures of Ark's asset library cannot be used here; give an http(s) URL or a data:"
            " URI.",
            "这里不能使用方舟素材库的图片，请改用 http(s) 链接或 data: URI。",
        )
    try:
        picture = parse_picture(url, None)
    except InvalidRequest as error:
        raise _field_error(field, error.message, error.message_zh) from None
    if picture is None:
        raise _field_error(
            field, f"{field} is empty; add a picture.", f"{field} 为空，请添加图片。"
        )
    return picture


def _field_error(field: str, message: str, message_zh: str) -> InvalidRequest:
    return invalid_request([problem(field, message, message_zh)])
