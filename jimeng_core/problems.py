"""The one place for sentences about a field: what is wrong with it, in English and Chinese."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .error_codes import ErrorCode
from .errors import InvalidRequest, Problem
from .pasted_text import excerpt

_LEAVE_OUT = ("cannot be used here; leave it out", "在这里不能使用，请去掉")
_WHOLE_NUMBER = ("must be a whole number", "应为整数")
_LIST = ("must be a list", "应为列表")
_PYDANTIC = {
    "missing": ("is missing", "缺失"),
    "extra_forbidden": ("is no field here; leave it out", "不是这里的字段，请去掉"),
    "none_required": _LEAVE_OUT,
    "too_long": _LEAVE_OUT,
    "union_tag": (
        "must be an object of type text, image_url, video_url, audio_url or draft_task; correct it",
        "应为 type 是 text、image_url、video_url、audio_url 或 draft_task 的对象，请改正",
    ),
    "int": _WHOLE_NUMBER,
    "finite": _WHOLE_NUMBER,
    "string": ("must be text", "应为文本"),
    "bool": ("must be true or false", "应为 true 或 false"),
    "list": _LIST,
    "tuple": _LIST,
    "model": ("must be an object", "应为对象"),
    "path": ("must be a path, an http(s) URL or bytes", "应为文件路径、http(s) 网址或字节"),
    "greater": ("is too small", "过小"),
    "less": ("is too large", "过大"),
}
"""The sentences of pydantic's error types, by how a type begins."""

_UNION_TYPES = {"str", "bytes"}
"""How pydantic calls types of `Picture`; the name of its third, `Path`, is no identifier."""
_NOUNS = {
    "model": ("model", "模型"),
    "duration": ("length in seconds", "时长（秒）"),
    "resolution": ("resolution", "清晰度"),
    "ratio": ("ratio", "比例"),
}


def problem(field: str, message: str, message_zh: str) -> Problem:
    """A rule that a field breaks."""
    return Problem(field, ErrorCode.INVALID_REQUEST, message, message_zh)


def unsupported_choice(field: str, value: object, allowed: Sequence[str]) -> Problem:
    """The problem of a value that is not among the allowed ones."""
    noun, noun_zh = _NOUNS[field]
    return problem(
        field,
        f"The {noun} {excerpt(value)} is not on offer here; choose one of {', '.join(allowed)}.",
        f"{noun_zh}不支持 {excerpt(value)}，可选：{'、'.join(allowed)}。",
    )


def invalid_request(problems: Sequence[Problem]) -> InvalidRequest:
    """The exception of one or more problems, with the message of the first."""
    first = problems[0]
    return InvalidRequest(first.message, first.message_zh, problems=problems)


def invalid_field(field: str, message: str, message_zh: str) -> InvalidRequest:
    """The exception of a single problem."""
    return invalid_request([problem(field, message, message_zh)])


def from_pydantic(errors: Sequence[Mapping[str, Any]], root: str = "request") -> InvalidRequest:
    """The exception of pydantic's errors, with at most one problem for each field.

    Args:
        errors: As `ValidationError.errors()` returns them.
        root: The name of the validated value itself.
    """
    by_field: dict[str, Problem] = {}
    for error in errors:
        field = _path(error, root)
        inner = error.get("ctx", {}).get("error")
        if isinstance(inner, InvalidRequest):  # raised while a field's own model was built
            texts = ((each.field, each.message, each.message_zh) for each in inner.problems)
            # The sentences begin with their own field.
            problems = [problem(*(f"{field}.{text}" for text in each)) for each in texts]
        else:
            en, zh = _sentence(error)
            problems = [problem(field, f"{field} {en}.", f"{field} {zh}。")]
        for each in problems:  # a union has an error for each of its types: the first is enough
            by_field.setdefault(each.field, each)
    return invalid_request(list(by_field.values()))


def _sentence(error: Mapping[str, Any]) -> tuple[str, str]:
    kind: str = error["type"]
    if kind == "literal_error":
        allowed = str(error["ctx"]["expected"]).replace("False", "false")  # as JSON spells it
        return f"can only be {allowed} here, or left out", f"在这里只能是 {allowed}，或不填"
    fallback = ("does not fit", "不符合要求")
    return next((both for start, both in _PYDANTIC.items() if kind.startswith(start)), fallback)


def _path(error: Mapping[str, Any], root: str) -> str:
    """A field as the caller wrote it: `content[1].image_url.url`, without the types of a union.

    pydantic puts those behind the field, or the index, whose value has one of several types.
    """
    location: Sequence[str | int] = error["loc"] or (root,)
    path = str(location[0])[:40]  # a field that is unknown can have any name
    for before, part in pairwise(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif part is location[-1] and error["type"] == "extra_forbidden":
            path += f".{part[:40]}"
        elif not isinstance(before, int) and part.isidentifier() and part not in _UNION_TYPES:
            path += f".{part}"
    return path
