"""What every kind of request is held to, and how a broken rule is told. Pure."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import TypeVar

from .catalog import catalog
from .codes import ErrorCode
from .errors import InvalidRequest, Problem
from .requests import AnyRequest, Mode
from .settings import BackendName

PROMPT_LIMIT = 2000
"""Characters of a prompt. The site's own limit is not known (a guess, kept here): its sister API
takes 800 (Ark facts B3), Ark suggests 500 Chinese characters (A5)."""
SEEDS = (0, 2**32 - 1)
"""The wire's seed is an unsigned 32-bit number (wire facts 7.1)."""
ARK_SEEDS = (0, 2**31 - 1)
"""Ark's seed (Ark facts A4, the newer page)."""
MODE_NAMES = {
    Mode.FIRST_LAST_FRAME: ("first/last frame", "首尾帧"),
    Mode.MULTI_FRAME: ("multi-frame", "智能多帧"),
    Mode.SUBJECT_REFERENCE: ("subject reference", "主体参考"),
    Mode.IMAGE: ("images", "图片"),
}


R = TypeVar("R")


def problem(field: str, message: str, message_zh: str) -> Problem:
    """A rule that a field breaks."""
    return Problem(field, ErrorCode.INVALID_REQUEST, message, message_zh)


def refusal(problems: Sequence[Problem]) -> InvalidRequest:
    """The exception of one or more problems; the first one speaks."""
    first = problems[0]
    return InvalidRequest(first.message, first.message_zh, problems=problems)


def elsewhere(request: AnyRequest, backend: str) -> Problem:
    """That a backend does not have the mode of a request at all, and which ones do."""
    able = [name for name in BackendName if catalog().offering(name, request.mode)]
    mode, mode_zh = MODE_NAMES[request.mode]
    return problem(
        "mode",
        f"The backend {backend} has no {mode}; use the backend {' or '.join(able)}.",
        f"{backend} 后端没有{mode_zh}，请使用 {' 或 '.join(able)} 后端。",
    )


def of_kind(request: R, kind: UnionType | type) -> R:
    """The request, which must be one for what is called: of videos, or of images.

    Raises:
        InvalidRequest: It is another, or none at all.
    """
    if isinstance(request, kind):
        return request
    names = [each.__name__ for each in (kind.__args__ if isinstance(kind, UnionType) else (kind,))]
    given = type(request).__name__
    raise InvalidRequest(
        f"This takes a request of the class {' or '.join(names)}, not {given}.",
        f"此处需要 {' 或 '.join(names)} 类型的请求，而不是 {given}。",
    )


def of_seed(seed: int | None, backend: str) -> Iterator[Problem]:
    """Whether a seed is one that the backend's wire can carry."""
    least, most = ARK_SEEDS if backend == "ark" else SEEDS
    if seed is not None and not least <= seed <= most:
        yield problem(
            "seed",
            f"The seed is a whole number from {least} to {most}.",
            f"种子应为 {least} 到 {most} 的整数。",
        )


def of_text(field: str, text: str, *, required: bool) -> Iterator[Problem]:
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


def choice(field: str, what: str, what_zh: str, given: object, allowed: Sequence[str]) -> Problem:
    """That a value is none of those on offer."""
    return problem(
        field,
        f"The {what} {given} is not on offer here; choose one of {', '.join(allowed)}.",
        f"{what_zh}不支持 {given}，可选：{'、'.join(allowed)}。",
    )
