"""What pydantic finds wrong with a body or a query, in sentences of our own. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import invalid_request, problem

_LEAVE_OUT = ("cannot be used here; leave it out", "在这里不能使用，请去掉")
_WHOLE = ("must be a whole number", "应为整数")
_WORDS = {
    "missing": ("is missing", "缺失"),
    "extra_forbidden": ("is no field here; leave it out", "不是这里的字段，请去掉"),
    "none_required": _LEAVE_OUT,
    "too_long": _LEAVE_OUT,
    "union_tag": (
        "must be an object whose type is text or image_url; nothing else can be used here",
        "应为 type 是 text 或 image_url 的对象，这里不能使用其他类型",
    ),
    "int": _WHOLE,
    "finite": _WHOLE,
    "string": ("must be text", "应为文本"),
    "bool": ("must be true or false", "应为 true 或 false"),
    "list": ("must be a list", "应为列表"),
    "model": ("must be an object", "应为对象"),
    "greater": ("is too small", "过小"),
    "less": ("is too large", "过大"),
}
"""By how the names of pydantic's kinds of error begin."""


def validation_problem(errors: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """The exception of pydantic's errors; the first one speaks.

    Args:
        errors: As `ValidationError.errors()` tells them.
    """
    if errors[0]["type"] == "json_invalid":
        return InvalidRequest(
            "The body is not JSON in UTF-8; send a JSON object.",
            "请求体不是 UTF-8 编码的 JSON，请发送一个 JSON 对象。",
        )
    found = []
    for each in errors:
        field = _path(each["loc"])
        en, zh = _words(each)
        found.append(problem(field, f"{field} {en}.", f"{field} {zh}。"))
    return invalid_request(found)


def _words(error: Mapping[str, Any]) -> tuple[str, str]:
    kind: str = error["type"]
    if kind == "literal_error":
        # Python's words for JSON's.
        allowed = str(error["ctx"]["expected"]).replace("False", "false")
        return f"can only be {allowed} here, or left out", f"在这里只能是 {allowed}，或不填"
    start = next((start for start in _WORDS if kind.startswith(start)), None)
    return _WORDS[start] if start else ("does not fit", "不符合要求")


def _path(location: Sequence[int | str]) -> str:
    """A field as the caller wrote it: `content[1].image_url.url`."""
    path = ""
    for index, part in enumerate(location):
        if isinstance(part, int):
            path += f"[{part}]"
        elif index and isinstance(location[index - 1], int):
            continue  # the tag of an item, which pydantic puts between its index and its fields
        else:
            path += f".{part[:40]}" if path else part[:40]  # a stranger may have chosen it
    return path or "body"
