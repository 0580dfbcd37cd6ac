"""The rules of a subject reference's files: how many, how long, which together, and their marks.

Each file by itself is judged by `jimeng_core.pictures` and `jimeng_core.clips`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from .catalog import Model, Offer, catalog
from .clips.clip_file import ClipFile
from .clips.measurement import SPARE_SECONDS
from .errors import Problem
from .marks import Mark, ReferenceKind, split_marks
from .problems import problem
from .requests import (
    SUBJECT_AUDIOS,
    SUBJECT_IMAGES,
    SUBJECT_VIDEOS,
    AnyRequest,
    Clip,
    SubjectReference,
)
from .settings import BackendName

_LIMITS: Final = {
    "images": SUBJECT_IMAGES,
    "videos": SUBJECT_VIDEOS,
    "audios": SUBJECT_AUDIOS,
}
_FIELDS: Final = {
    ReferenceKind.IMAGE: "images",
    ReferenceKind.VIDEO: "videos",
    ReferenceKind.AUDIO: "audios",
}
"""The field of each kind's files."""
_NOUNS: Final = {
    "images": ("pictures", "张图片"),
    "videos": ("videos", "个视频"),
    "audios": ("audios", "个音频"),
}
_WEB: Final = re.compile(r"\s*https?://", re.IGNORECASE)


def check_references(request: SubjectReference, backend: str) -> Iterator[Problem]:
    """The rules that depend on no model."""
    counts = {name: len(getattr(request, name)) for name in _LIMITS}
    if not any(counts.values()):
        yield problem(
            "images",
            "Subject reference needs a picture or a video; add one.",
            "主体参考需要图片或视频，请添加。",
        )
    for name, allowed in _LIMITS.items():
        if counts[name] > allowed.high:
            yield _too_many(name, "Subject reference", "主体参考", allowed.high, counts[name])
    if backend == BackendName.ARK:
        yield from _check_addresses(request)
    pieces = split_marks(request.prompt)
    for mark in dict.fromkeys(each for each in pieces if isinstance(each, Mark)):
        name = _FIELDS[mark.kind]
        if not 1 <= mark.number <= counts[name]:
            yield _missing(mark, name, counts[name])


def check_offered_references(
    request: SubjectReference, model: Model, offer: Offer
) -> Iterator[Problem]:
    """The rules of a model on a backend."""
    most = {"images": offer.subject_images, "videos": 0, "audios": 0}
    if offer.references:
        most |= {"videos": offer.references.videos, "audios": offer.references.audios}
    counts = {name: len(getattr(request, name)) for name in _LIMITS}
    for name, limit in most.items():
        if not limit < counts[name] <= _LIMITS[name].high:
            continue
        yield (
            _too_many(name, model.title, model.title_zh, limit, counts[name])
            if limit
            else _not_taken(name, model)
        )
    if offer.references is None:
        return
    total, all_files = offer.references.total, sum(counts.values())
    if all_files > total and all(counts[name] <= most[name] for name in counts):
        yield problem(
            "images",
            f"{model.title} takes at most {total} files in all, not {all_files}.",
            f"{model.title_zh} 的素材总数最多 {total} 个，现在是 {all_files} 个。",
        )
    if counts["audios"] and not (
        offer.references.audio_alone or counts["images"] or counts["videos"]
    ):
        able = _models(lambda other: other.references is not None and other.references.audio_alone)
        yield problem(
            "audios",
            f"{model.title} takes no audio alone; add a picture or a video, or choose {able}.",
            f"{model.title_zh} 不能只用音频，请再添加图片或视频，或选择 {able}。",
        )


def check_lengths(
    request: AnyRequest, files: Sequence[tuple[str, object]], backend: str
) -> list[Problem]:
    """The problems of the lengths of a request's loaded files, each with its field.

    Each video and each audio may be as long as the model takes, and so may all videos together, and
    all audios.
    """
    model = catalog().find(request.model)
    offer = model.offer(backend) if model else None
    limits = offer.references if offer else catalog().most_references
    if limits is None:  # the model takes no clips at all
        return []
    most = limits.seconds + SPARE_SECONDS
    clips = [(field, file) for field, file in files if isinstance(file, ClipFile)]
    found = [
        problem(
            field,
            f"{field} lasts {clip.seconds:.1f} s, and the model {request.model} takes up to"
            f" {limits.seconds} s; cut it.",
            f"{field} 长 {clip.seconds:.1f} 秒，模型 {request.model} 最多 {limits.seconds} 秒，"
            "请剪短。",
        )
        for field, clip in clips
        if clip.seconds > most
    ]
    if found:
        return found
    totals = {
        kind: sum(clip.seconds for _, clip in clips if clip.kind is kind)
        for kind in (ReferenceKind.VIDEO, ReferenceKind.AUDIO)
    }
    return [
        problem(
            _FIELDS[kind],
            f"The {_FIELDS[kind]} last {total:.1f} s together, and the model {request.model} takes"
            f" up to {limits.seconds} s; cut them, or give fewer.",
            f"{_NOUNS[_FIELDS[kind]][1][1:]}总长 {total:.1f} 秒，模型 {request.model} 最多"
            f" {limits.seconds} 秒，请剪短或减少。",
        )
        for kind, total in totals.items()
        if total > most
    ]


def is_web_address(clip: Clip) -> bool:
    """Whether a clip is an http(s) URL."""
    return isinstance(clip, str) and _WEB.match(clip) is not None


def _check_addresses(request: SubjectReference) -> Iterator[Problem]:
    """Ark reads videos at addresses only (Ark protocol A5, likely)."""
    for index, video in enumerate(request.videos):
        if not is_web_address(video):
            yield problem(
                f"videos[{index}]",
                f"videos[{index}] is a file, and Ark takes a video by its http(s) URL only: put it"
                " where everyone can open it, such as an object store, and give that URL; or use"
                " the backend web or demo.",
                f"videos[{index}] 是文件，而方舟只接受视频的 http(s) 网址：请先放到可公开访问的位置"
                "（如对象存储）再填写网址，或使用 web 或 demo 后端。",
            )


def _missing(mark: Mark, name: str, count: int) -> Problem:
    noun, noun_zh = _NOUNS[name]
    if not count:
        return problem(
            "prompt",
            f"The prompt names {mark}, and there are no {noun}; add one, or remove the mark.",
            f"提示词里有 {mark}，但没有{noun_zh[1:]}；请添加，或去掉该标记。",
        )
    first, last = Mark(mark.kind, 1), Mark(mark.kind, count)
    known, known_zh = (f"{first} to {last}", f"{first} 到 {last}") if count > 1 else (first, first)
    return problem(
        "prompt",
        f"The prompt names {mark}, which is not there; use {known}.",
        f"提示词里的 {mark} 不存在，请用 {known_zh}。",
    )


def _too_many(name: str, who: str, who_zh: str, most: int, count: int) -> Problem:
    noun, noun_zh = _NOUNS[name]
    return problem(
        name,
        f"{who} takes at most {most} {noun}, not {count}.",
        f"{who_zh} 最多支持 {most} {noun_zh}，现在是 {count} {noun_zh[0]}。",
    )


def _not_taken(name: str, model: Model) -> Problem:
    noun, noun_zh = _NOUNS[name]
    able = _models(lambda offer: offer.references is not None)
    return problem(
        name,
        f"{model.title} takes no {noun}; choose one of {able}.",
        f"{model.title_zh} 不支持参考{noun_zh[1:]}，可选：{able}。",
    )


def _models(takes: Callable[[Offer], bool]) -> str:
    """The names of the models with an offer that fits."""
    return ", ".join(
        model.name
        for model in catalog().models
        if any(
            offer.supports(SubjectReference.mode) and takes(offer)
            for offer in model.offers.values()
        )
    )
