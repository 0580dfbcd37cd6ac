"""Parsing of a create in Ark's dialect: bytes in, one of our requests out."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from jimeng_app.argument_reading import read_list, without_left_out
from jimeng_app.json_body import parse_json
from jimeng_app.request_builders import read_file
from jimeng_core import ArkOptions, FirstLastFrame, Frame, MultiFrame, SubjectReference
from jimeng_core.marks import ReferenceKind
from jimeng_core.problems import from_pydantic, invalid_field
from jimeng_core.requests import ADAPTIVE, Mode, Picture, VideoRequest

from .request_models import (
    OMITTED,
    AudioItem,
    CreateTask,
    DraftItem,
    ImageItem,
    TextItem,
    VideoItem,
)
from .text_flags import split_flags

MAX_COMMAS: Final = 50_000
"""Commas of a body; see `parse_json`."""


class ArkCreate(NamedTuple):
    """A parsed create."""

    request: VideoRequest
    """Of a draft's final video only its model counts."""
    task_id: str | None
    """The id to send it under, where the caller made one."""
    options: ArkOptions = ArkOptions()
    """Ark's own fields."""
    callback_url: str | None = None
    """Where the end of the task is told."""
    draft_id: str | None = None
    """The draft whose final video is made instead of the request."""


class _File(NamedTuple):
    """A file of a body."""

    field: str
    """The path of its address: `content[1].video_url.url`."""
    url: str
    kind: ReferenceKind


class _RoleImage(NamedTuple):
    """A picture of a body, with its role."""

    field: str
    """The path of its item: `content[1]`."""
    item: ImageItem
    role: str


_MODES: Mapping[str, Mode] = {
    "first_frame": Mode.FIRST_LAST_FRAME,
    "last_frame": Mode.FIRST_LAST_FRAME,
    "reference_image": Mode.SUBJECT_REFERENCE,
    "frame": Mode.MULTI_FRAME,
}
"""The mode of a picture's role."""
_SETTINGS: Final = (
    *("model", "resolution", "ratio", "duration", "seed", "fps", "audio", "return_last_frame"),
)
"""The fields that the modes share."""
_ARK_NAMES: Mapping[str, str] = {"audio": "generate_audio"}
_OMITTED: Mapping[str, object] = {"ratio": ADAPTIVE, "duration": OMITTED, "seed": OMITTED}
"""Ark's values that count as left out."""


def parse_create(raw: bytes | bytearray) -> ArkCreate:
    """Parse a body. Takes up to a second of CPU, as pictures are decoded: use a thread.

    Raises:
        InvalidRequest: The body is not JSON, has another shape, or asks for something that is not
            available here.
    """
    try:
        body = CreateTask.model_validate(_with_flags(parse_json(raw, MAX_COMMAS)))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise from_pydantic(errors, root="body") from None
    if draft_id := _draft_id(body):
        request = FirstLastFrame(prompt="", model=body.model or "")
        return ArkCreate(request, None, _options(body), body.callback_url, draft_id)
    return ArkCreate(_build(body), body.task_id, _options(body), body.callback_url)


def _with_flags(body: object) -> object:
    """The body with the flags of its texts as fields; a field of the body wins."""
    if not isinstance(body, dict):
        return body
    content = body.get("content")
    if isinstance(content, dict) or _is_json_list(content):
        content = read_list(content)
    if not isinstance(content, list):
        return body
    flags: dict[str, Any] = {}
    items = []
    for item in content:
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            prompt = split_flags(item["text"])
            flags |= prompt.fields
            items.append({**item, "text": prompt.text})
        else:
            items.append(item)
    return flags | without_left_out(body) | {"content": items}


def _is_json_list(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("[")


def _draft_id(body: CreateTask) -> str | None:
    """The draft of a body; None without one.

    All that the final video has is the draft's: Ark refuses it again (Ark protocol A5).
    """
    drafts = [item.draft_task.id for item in body.content if isinstance(item, DraftItem)]
    if not drafts:
        return None
    if len(body.content) > 1:
        raise invalid_field(
            "content",
            "A draft_task stands alone: its final video has the draft's own words and pictures;"
            " leave the other items out.",
            "draft_task 只能单独使用，最终视频沿用草稿的文字和图片，请去掉其他内容。",
        )
    for name in _settings(body).keys() - {"model"} | ({"task_id"} if body.task_id else set()):
        field = _ARK_NAMES.get(name, name)
        raise invalid_field(
            field,
            f"{field} cannot be chosen beside a draft_task; leave it out.",
            f"使用 draft_task 时不能填写 {field}，请去掉。",
        )
    if body.model is None:
        raise from_pydantic([{"type": "missing", "loc": ["model"]}])
    return drafts[0]


def _build(body: CreateTask) -> VideoRequest:
    """The request of a body; the roles of its pictures decide the mode."""
    prompt = "\n".join(item.text for item in body.content if isinstance(item, TextItem))
    clips = _clips(body)
    images = _role_images(body, alone="reference_image" if clips else "first_frame")
    modes = {_MODES[each.role] for each in images}
    if clips:
        modes.add(Mode.SUBJECT_REFERENCE)
    if len(modes) > 1:
        raise invalid_field(
            "content",
            "First and last frames, references and frames exclude each other; use the roles of one"
            " kind.",
            "首尾帧、参考素材和多帧不能混用，请只使用其中一类 role。",
        )
    if Mode.MULTI_FRAME in modes:
        return _multi_frame(body, prompt, images)
    _refuse_frame_fields(images)
    if Mode.SUBJECT_REFERENCE in modes:
        pictures = tuple(_picture(each) for each in images)
        files = {
            name: tuple(_read(each) for each in clips if each.kind is kind)
            for name, kind in (("videos", ReferenceKind.VIDEO), ("audios", ReferenceKind.AUDIO))
        }
        return SubjectReference(prompt=prompt, images=pictures, **files, **_settings(body))
    frames, settings = _first_and_last(images), _settings(body)
    if frames and body.ratio == ADAPTIVE:
        settings["ratio"] = ADAPTIVE
    return FirstLastFrame(prompt=prompt, **frames, **settings)


def _clips(body: CreateTask) -> list[_File]:
    """The reference videos and audios."""
    clips = []
    for index, item in enumerate(body.content):
        if isinstance(item, VideoItem):
            url, kind = item.video_url.url, ReferenceKind.VIDEO
        elif isinstance(item, AudioItem):
            url, kind = item.audio_url.url, ReferenceKind.AUDIO
        else:
            continue
        clips.append(_File(f"content[{index}].{kind}_url.url", url, kind))
    return clips


def _role_images(body: CreateTask, alone: str) -> list[_RoleImage]:
    """The pictures with their roles; `alone` is that of a single one without a role."""
    items = [(i, item) for i, item in enumerate(body.content) if isinstance(item, ImageItem)]
    default = alone if len(items) == 1 else None
    images = []
    for index, item in items:
        role = item.role or default
        if role is None:
            raise invalid_field(
                f"content[{index}].role",
                f"content[{index}] needs a role, as there are several pictures: first_frame,"
                " last_frame, reference_image or frame.",
                f"有多张图片时，content[{index}] 必须写明 role：first_frame、last_frame、"
                "reference_image 或 frame。",
            )
        images.append(_RoleImage(f"content[{index}]", item, role))
    return images


def _first_and_last(images: Sequence[_RoleImage]) -> dict[str, Picture]:
    frames: dict[str, Picture] = {}
    for each in images:
        if each.role in frames:
            raise invalid_field(
                f"{each.field}.role",
                f"There is more than one {each.role}; keep one.",
                f"{each.role} 不止一张，请只保留一张。",
            )
        frames[each.role] = _picture(each)
    return frames


def _multi_frame(body: CreateTask, prompt: str, images: Sequence[_RoleImage]) -> MultiFrame:
    if prompt.strip():
        raise invalid_field(
            "content",
            "A video through frames has no text of its own; give each frame its prompt.",
            "多帧视频没有总的文字，请在每个 frame 里填写 prompt。",
        )
    settings = _settings(body)
    if settings.pop("duration", None) is not None:
        raise invalid_field(
            "duration",
            "A video through frames has no duration of its own; give each frame its duration.",
            "多帧视频没有总时长，请在每个 frame 里填写 duration。",
        )
    frames = [Frame(image=_picture(each), **_frame_fields(each)) for each in images]
    return MultiFrame(frames=tuple(frames), **settings)


def _frame_fields(image: _RoleImage) -> dict[str, Any]:
    return image.item.model_dump(include={"prompt", "duration"}, exclude_none=True)


def _refuse_frame_fields(images: Sequence[_RoleImage]) -> None:
    for each in images:
        for name in _frame_fields(each):
            raise invalid_field(
                f"{each.field}.{name}",
                f"{each.field}.{name} belongs to the role frame only; leave it out.",
                f"{each.field}.{name} 只能用于 role 为 frame 的图片，请去掉。",
            )


def _options(body: CreateTask) -> ArkOptions:
    """Ark's own fields, without those that are left out."""
    names = (each.name for each in dataclasses.fields(ArkOptions))
    values = {name: getattr(body, name) for name in names}
    return ArkOptions(**{name: value for name, value in values.items() if value is not None})


def _settings(body: CreateTask) -> dict[str, Any]:
    """The fields that the modes share, under our names, without those that are left out."""
    return {
        name: value
        for name in _SETTINGS
        if (value := getattr(body, _ARK_NAMES.get(name, name))) not in {None, _OMITTED.get(name)}
    }


def _picture(image: _RoleImage) -> Picture:
    field = f"{image.field}.image_url.url"
    return _read(_File(field, image.item.image_url.url, ReferenceKind.IMAGE))


def _read(file: _File) -> Picture:
    if file.url.strip().lower().startswith("asset:"):
        raise invalid_field(
            file.field,
            "Files of Ark's asset library cannot be used here; give an http(s) URL or a data: URI.",
            "这里不能使用方舟素材库的文件，请改用 http(s) 链接或 data: URI。",
        )
    found = read_file(file.url, file.field, None, file.kind)
    if found is None:
        raise invalid_field(
            file.field, f"{file.field} is empty; add a file.", f"{file.field} 为空，请添加文件。"
        )
    return found
