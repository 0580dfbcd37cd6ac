"""Ark's older way to write a create's fields: flags behind the prompt (Ark protocol A4)."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from jimeng_core.problems import invalid_field

_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("rs", "resolution"), "resolution"),
    **dict.fromkeys(("rt", "ratio"), "ratio"),
    **dict.fromkeys(("dur", "duration"), "duration"),
    **dict.fromkeys(("fps", "framespersecond"), "fps"),
    **dict.fromkeys(("cf", "camerafixed", "camera_fixed"), "camera_fixed"),
    **dict.fromkeys(("wm", "watermark"), "watermark"),
    "frames": "frames",
    "seed": "seed",
}
"""The field of each flag's name."""
_FLAG: Final = re.compile(
    r"(?:(?<=\s)|^)--(?P<name>[A-Za-z][\w-]*)(?:[=\s]\s*(?P<value>(?!--)\S+))?(?=\s|$)"
)


class Prompt(NamedTuple):
    """A prompt without its flags, and their values as text, by field."""

    text: str
    fields: dict[str, Any]


def split_flags(text: str) -> Prompt:
    """The prompt and the flags of a text.

    Raises:
        InvalidRequest: A flag has an unknown name or no value; nothing that looks like a flag is
            taken for words.
    """
    fields: dict[str, Any] = {}
    for flag in _FLAG.finditer(text):
        name, value = flag["name"], flag["value"]
        field = _FIELDS.get(name.lower())
        if field is None or value is None:
            fields_here = ", ".join(dict.fromkeys(_FIELDS.values()))
            raise invalid_field(
                field or "content",
                f"The flag --{name[:40]} in the text cannot be read; use a field of the body:"
                f" {field or fields_here}.",
                f"文字中的 --{name[:40]} 无法识别，请改用请求体的字段：{field or fields_here}。",
            )
        fields[field] = value
    return Prompt(_FLAG.sub("", text).strip() if fields else text, fields)
