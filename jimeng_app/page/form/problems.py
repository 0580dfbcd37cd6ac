"""What a form says of a problem: in which section, and in the words of the form's labels.

The library's sentences name fields as Python does (`first_frame`, `frames[2].image`). Here, and
nowhere else, they become the form's own: "First frame", "Picture 3".
"""

import re

from jimeng_app.call_context import UnexpectedError
from jimeng_app.page.i18n import TEXTS, translate
from jimeng_core.catalog import catalog
from jimeng_core.error_codes import ErrorCode
from jimeng_core.errors import (
    InvalidRequest,
    JimengError,
    Problem,
    SubmitUnconfirmed,
    Unauthorized,
)

_LISTS = {"images": "pictures", "frames": "pictures", "videos": "videos", "audios": "audios"}
"""What a form calls the fields that are lists."""
_PICTURES = {"first_frame", "last_frame", *_LISTS}
_ITEM = re.compile(r"(images|frames|videos|audios)\[(\d+)\](?:\.(prompt|duration))?")
_ITEMS = {"images": "picture", "frames": "picture", "videos": "video_clip", "audios": "audio_clip"}
_PATH = re.compile(r"[a-z_]+(?:\[\d+\](?:\.[a-z_]+)?)?")
_NOTHING_SENT = {
    ErrorCode.NETWORK_ERROR: "nothing_sent_unreachable",
    ErrorCode.RISK_CONTROL: "nothing_sent_risk_control",
    ErrorCode.UNAUTHORIZED: "nothing_sent_refused_credential",
    ErrorCode.UPLOAD_FAILED: "nothing_sent_upload",
}
"""The form's own sentences in place of the general ones of these errors."""
_OWN = {"data:": "file_gone", "http(s)": "video_by_address"}
"""The form's own sentences in place of those with these words: a form has uploads, no addresses."""
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_TITLES = {model.name: (model.title_zh, model.title) for model in catalog().models}
_MARKS = {
    re.compile(TEXTS[key].zh.format(n=r"(\d+)")): TEXTS[key].en
    for key in ("mark", "mark_video", "mark_audio")
}
_MODEL = re.compile("|".join(map(re.escape, sorted(_TITLES, key=len, reverse=True))))


def section_of(field: str) -> str:
    """The section of a form that shows a field's problem; `frames[2].duration`: the pictures."""
    name = field.partition("[")[0]
    if name in _PICTURES:
        return "pictures"
    return "prompt" if name == "prompt" else "settings"


def by_section(error: JimengError, *, chinese: bool, with_credential: bool) -> dict[str, list[str]]:
    """What a form says of a submission that was refused, by section; `form` is below the button.

    Args:
        error: Why it was refused.
        chinese: The reader's language.
        with_credential: Whether the visitor sent a credential.
    """
    texts: dict[str, list[str]] = {}
    for problem in error.problems if isinstance(error, InvalidRequest) else ():
        if problem.field == "mode":
            texts["form"] = [translate("nothing_sent_mode", chinese=chinese)]
        else:
            section = section_of(problem.field)
            texts.setdefault(section, []).append(problem_text(problem, chinese=chinese))
    if texts:
        texts.setdefault("form", [translate("nothing_sent_problem", chinese=chinese)])
    return texts or {"form": [_refusal(error, chinese=chinese, with_credential=with_credential)]}


def _refusal(error: JimengError, *, chinese: bool, with_credential: bool) -> str:
    message = error.message_zh if chinese else error.message
    if isinstance(error, SubmitUnconfirmed | UnexpectedError):  # it may have been sent
        return message
    if isinstance(error, Unauthorized) and not with_credential:
        return translate("nothing_sent_credential", chinese=chinese)
    general = error.message == type(error)().message
    if isinstance(error, Unauthorized):  # by the upstream, or not sent as it cannot be one
        general = error.upstream_code is not None or general
    if general and (key := _NOTHING_SENT.get(error.code)):
        return translate(key, chinese=chinese)
    return translate("nothing_sent", chinese=chinese, reason=message)


def problem_text(problem: Problem, *, chinese: bool) -> str:
    """The sentence of a problem with the form's labels in place of names of the library."""
    for word, key in _OWN.items():
        if word in problem.message:
            return translate(key, chinese=chinese, name=field_label(problem.field, chinese=chinese))
    text = problem.message_zh if chinese else problem.message
    field = _PATH.match(text)
    if field and field[0] == problem.field and (name := field_label(field[0], chinese=chinese)):
        text = name + text[field.end() :]
    text = _MODEL.sub(lambda name: _TITLES[name[0]][0 if chinese else 1], text)
    if chinese:
        return _BETWEEN.sub("", text)
    for pattern, english in _MARKS.items():
        text = pattern.sub(english.replace("{n}", r"\1"), text)
    return text


def field_label(field: str, *, chinese: bool) -> str:
    """What the form calls a field; empty for one that it does not have."""
    if item := _ITEM.match(field):
        parts = {"prompt": "frame_prompt_of", "duration": "frame_seconds_of"}
        key = parts.get(item[3], _ITEMS[item[1]])
        return translate(key, chinese=chinese, n=int(item[2]) + 1)
    if field in _LISTS:
        return translate(_LISTS[field], chinese=chinese)
    return translate(field, chinese=chinese) if field in TEXTS else ""
