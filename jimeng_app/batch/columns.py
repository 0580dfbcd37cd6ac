"""The columns of a batch's table, and the requests of its rows."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jimeng_app.argument_reading import read_list
from jimeng_app.file_input import parse_file
from jimeng_core import InvalidRequest, Mode, Problem
from jimeng_core.error_codes import ErrorCode
from jimeng_core.marks import ReferenceKind
from jimeng_core.pasted_text import excerpt, plain
from jimeng_core.problems import invalid_field
from jimeng_core.requests import REQUESTS, AnyRequest, Frame, Picture
from jimeng_core.sources import is_url

from .manifest import TableRow, as_text

FIELDS: Final = list(
    dict.fromkeys(name for kind in REQUESTS.values() for name in kind.model_fields)
)
"""The fields of all requests; each is a column."""
OWN: Final = ("mode", "account", "name")
"""Columns that are no field: how to make the video, who pays, what its file is called."""
_LISTS: Final = {
    "images": ReferenceKind.IMAGE,
    "videos": ReferenceKind.VIDEO,
    "audios": ReferenceKind.AUDIO,
}
"""The fields that are lists of files, and the kind of these."""
FILES: Final = {"first_frame", "last_frame", *_LISTS}
_CHINESE: Final = {
    "模式": "mode",
    "账号": "account",
    "名称": "name",
    "提示词": "prompt",
    "首帧": "first_frame",
    "尾帧": "last_frame",
    "图片": "images",
    "参考图": "images",
    "视频": "videos",
    "音频": "audios",
    "时长": "duration",
    "模型": "model",
    "分辨率": "resolution",
    "清晰度": "resolution",
    "比例": "ratio",
    "帧率": "fps",
    "种子": "seed",
    "声音": "audio",
    "数量": "count",
    "帧": "frames",
}
_MODES: Final = {
    "首尾帧": Mode.FIRST_LAST_FRAME,
    "智能多帧": Mode.MULTI_FRAME,
    "主体参考": Mode.SUBJECT_REFERENCE,
    "图片": Mode.IMAGE,
}
_NUMBERED_FRAME: Final = re.compile(r"(?:frame|帧)_?([1-9][0-9]?)(?:_(prompt|duration))?")
_NUMBERED_FILE: Final = re.compile(r"(image|video|audio|图片|视频|音频)_?([1-9][0-9]?)")
_TRUTH: Final = {"是": True, "否": False, "有": True, "无": False}

FindPicture = Callable[[str], str]
"""Returns a picture that the batch may use, by the text of a cell; raises `InvalidRequest`."""


@dataclass(frozen=True, slots=True)
class RowRequest:
    """A row of a table as a request."""

    number: int
    account: str
    name: str
    """What the row calls itself; empty without that column."""
    mode: Mode
    values: dict[str, Any]
    """The request's fields that the row sets, as JSON."""
    columns: dict[str, str] = field(default_factory=dict)
    """The column behind each field whose name differs: `frames[1].image` is `frame2`."""

    def build(self) -> AnyRequest:
        """The request; raises `InvalidRequest`."""
        return build_request(self.mode, self.values)


def build_request(mode: Mode, values: Mapping[str, Any]) -> AnyRequest:
    """The request of values as a batch stores them: pictures are paths, URLs or `data:` URIs."""
    values = dict(values)
    for name in FILES & values.keys():
        value, kind = values[name], _LISTS.get(name, ReferenceKind.IMAGE)
        listed = [_file(each, kind) for each in (value if name in _LISTS else [value])]
        values[name] = tuple(listed) if name in _LISTS else listed[0]
    if "frames" in values:
        values["frames"] = tuple(
            {**each, "image": _file(each["image"])} if "image" in each else each
            for each in values["frames"]
        )
    return REQUESTS[mode](**values)


def _file(text: str, kind: ReferenceKind = ReferenceKind.IMAGE) -> Picture | None:
    return parse_file(text, None, kind) if text[:5].lower() == "data:" else text


def in_folder(folder: Path) -> FindPicture:
    """Pictures on this machine: a relative path counts from the folder of the table."""

    def find(text: str) -> str:
        if text[:5].lower() == "data:" or is_url(text):
            return text
        path = Path(text).expanduser()
        return str(path if path.is_absolute() else (folder / path).resolve())

    return find


def among_uploads(files: Mapping[str, Path]) -> FindPicture:
    """Pictures of a remote caller: URLs, `data:` URIs, and files sent along, by name."""

    def find(text: str) -> str:
        if text in files:
            return str(files[text])
        picture = parse_file(text, None)
        return text if isinstance(picture, bytes) else str(picture)

    return find


def read_row(row: TableRow, account: str, find: FindPicture) -> RowRequest:
    """The request of a row.

    Args:
        row: The row.
        account: Who pays, where the row names no account.
        find: Finds pictures.

    Raises:
        InvalidRequest: A cell does not fit; each problem's field is the column as it was written.
    """
    cells: dict[str, tuple[str, object]] = {}
    frames: dict[int, dict[str, Any]] = {}
    files: dict[str, dict[int, tuple[str, str]]] = {}
    columns: dict[str, str] = {}
    for heading, value in row.cells.items():
        name = _column(heading)
        if name is None:
            continue
        if match := _NUMBERED_FRAME.fullmatch(name):
            index, part = int(match[1]), match[2] or "image"
            columns[f"frames[{index - 1}].{part}"] = heading
            cell = _found(find, value, heading) if part == "image" else value
            frames.setdefault(index, {})[part] = cell
        elif match := _NUMBERED_FILE.fullmatch(name):
            listed, index = _CHINESE.get(match[1]) or f"{match[1]}s", int(match[2])
            files.setdefault(listed, {})[index] = (heading, _found(find, value, heading))
        elif name in FIELDS or name in OWN:
            columns[name] = heading
            cells[name] = (heading, value)
        else:
            raise invalid_field(
                heading[:40],
                f"no column is called {excerpt(heading)}; columns are"
                f" {', '.join((*OWN, *FIELDS))}, or begin with # for notes.",
                f"没有名为 {excerpt(heading)} 的列；可用的列有 {'、'.join((*OWN, *FIELDS))}，"
                "备注列请以 # 开头。",
            )
    values = {name: _value(name, *cells[name], find) for name in cells if name not in OWN}
    if frames:
        values["frames"] = [*values.get("frames", []), *(frames[i] for i in sorted(frames))]
    for listed, numbered in files.items():
        paths = values.setdefault(listed, [])
        for _, (heading, path) in sorted(numbered.items()):
            columns[f"{listed}[{len(paths)}]"] = heading
            paths.append(path)
    mode = _mode(*cells.get("mode", ("mode", "")), values)
    text = {name: as_text(cells[name][1]) if name in cells else "" for name in OWN}
    return RowRequest(row.number, text["account"] or account, text["name"], mode, values, columns)


def _column(heading: str) -> str | None:
    """The column that a heading means; None for the user's own."""
    text = heading.strip()
    if not text or text.startswith(("#", "_", "Unnamed:")):
        return None
    name = re.sub(r"[\s-]+", "_", plain(text).strip().lower())
    return _CHINESE.get(name, name)


def _mode(heading: str, value: object, values: Mapping[str, object]) -> Mode:
    text = plain(as_text(value)).strip()
    if not text:
        if "frames" in values:
            return Mode.MULTI_FRAME
        if values.keys() & _LISTS.keys():
            return Mode.SUBJECT_REFERENCE
        return Mode.FIRST_LAST_FRAME
    name = re.sub(r"[\s-]+", "_", text.lower())
    try:
        return _MODES.get(text) or Mode(name)
    except ValueError:
        raise invalid_field(
            heading,
            f"no mode is called {excerpt(text)}; modes are {', '.join(Mode)}.",
            f"没有名为 {excerpt(text)} 的模式，可用：{'、'.join(Mode)}。",
        ) from None


def _value(name: str, heading: str, value: object, find: FindPicture) -> Any:  # noqa: ANN401 - the request checks each
    if name == "frames":
        return [_frame(each, heading, find) for each in read_list(value)]
    if name in _LISTS:
        values = value if isinstance(value, list) else read_list(as_text(value))
        if len(values) == 1 and isinstance(values[0], str) and not values[0].startswith("data:"):
            values = [part for part in re.split(r"\s*[;；|\n]\s*", values[0]) if part]
        return [_found(find, each, heading) for each in values]
    if name in FILES:
        return _found(find, value, heading)
    if name in {"audio", "return_last_frame"}:
        return _TRUTH.get(as_text(value), value)
    text = as_text(value) if name in {"prompt", "model", "resolution", "ratio"} else value
    if name == "ratio":  # spreadsheets make a time of 16:9
        return re.sub(r"^0?([0-9]+):0?([0-9]+)(?::00)?$", r"\1:\2", str(text))
    return text


def _frame(value: object, heading: str, find: FindPicture) -> dict[str, Any]:
    frame = dict(value) if isinstance(value, dict) else {"image": value}
    if unknown := frame.keys() - Frame.model_fields.keys():
        raise invalid_field(
            heading,
            f"a frame has image, prompt and duration, not {excerpt(min(map(str, unknown)))}.",
            "每帧只有 image、prompt、duration。",
        )
    if "image" in frame:
        frame["image"] = _found(find, frame["image"], heading)
    return frame


def _found(find: FindPicture, value: object, heading: str) -> str:
    try:
        return find(as_text(value))
    except InvalidRequest as error:
        raise invalid_field(heading, error.message, error.message_zh) from None
    except (OSError, ValueError, RuntimeError):
        raise invalid_field(heading, "this is no path.", "不是有效的路径。") from None


def by_column(problem: Problem, columns: Mapping[str, str]) -> Problem:
    """A problem of a request as one of its row: at the column that the reader sees."""
    field_name = problem.field
    at = columns.get(field_name) or columns.get(field_name.partition("[")[0]) or field_name
    texts = (problem.message, problem.message_zh)
    en, zh = (text.removeprefix(field_name).lstrip(" :：") for text in texts)
    return Problem(at, ErrorCode(problem.code), en, zh)
