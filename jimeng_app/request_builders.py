"""Requests built from what callers send; the page and the endpoints both use this.

Names, defaults and descriptions of the inputs are those of the requests' fields. Values are JSON
of any type: `jimeng_app.argument_reading` says how they are read, the requests check them, and
`jimeng_app.file_input` checks pictures.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from inspect import Parameter
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, TypedDict, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from jimeng_core.errors import InvalidRequest
from jimeng_core.marks import ReferenceKind
from jimeng_core.problems import invalid_field
from jimeng_core.requests import REQUESTS, AnyRequest, Frame, Mode, Picture, fields_of

from .argument_reading import is_left_out, read_list, read_object, without_left_out
from .file_input import parse_file

PictureInput = str | dict[str, Any]
"""An http(s) URL, a `data:` URI, the path of an upload, or Gradio's file object."""


class FrameInput(TypedDict, total=False):
    """One picture of a multi-frame video; only `image` is required."""

    image: PictureInput
    prompt: str
    duration: int


class InputParameter(NamedTuple):
    """A parameter of an endpoint."""

    name: str
    annotation: object
    """The type of its JSON values."""
    description: str
    schema: dict[str, Any]
    """The JSON schema of its values, without the description."""
    default: object = Parameter.empty
    read: Callable[[object, str], object] | None = None
    """Reads a value that is not left out; takes the name too. None: the request reads it."""

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is Parameter.empty


def build_request(mode: Mode, uploads: Path, values: Mapping[str, Any]) -> AnyRequest:
    """The request of a caller's values.

    Args:
        mode: Which request.
        uploads: Gradio's upload folder.
        values: By the names of the request's fields; those left out have the field's default.

    Raises:
        InvalidRequest: A value does not fit; its problems name the fields.
    """
    fields = REQUESTS[mode].model_fields
    read = {name: _input_of(field).read for name, field in fields.items()}
    # A blank prompt has a message of its own.
    blank = {name: "" for name in values if _is_blank_prompt(fields.get(name), values[name])}
    return REQUESTS[mode](
        **{
            name: read[name](value, name, uploads) if name in read else value
            for name, value in (without_left_out(values) | blank).items()
        }
    )


def input_parameters(request: type[BaseModel]) -> Iterator[InputParameter]:
    """A request's fields as parameters with JSON types and defaults, in order."""
    for name, field in fields_of(request).items():
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield InputParameter(
            name,
            _input_of(field).annotation,
            f"{field.description} {_input_of(field).description}".strip(),
            {**_input_of(field).schema, **extra},
            Parameter.empty if field.is_required() else default,
        )


def object_schema(parameters: Iterable[InputParameter]) -> dict[str, Any]:
    """The JSON schema of an object with these members."""
    properties, required = {}, []
    for each in parameters:
        properties[each.name] = {**each.schema, "description": each.description}
        if each.is_required:
            required.append(each.name)
        elif each.default:
            properties[each.name]["default"] = each.default
    return {"type": "object", "properties": properties, "required": required}


def read_file(
    value: object,
    field: str,
    uploads: Path | None,
    kind: ReferenceKind = ReferenceKind.IMAGE,
) -> Picture | None:
    """The file of a field, None when it is left out; see `file_input.parse_file`."""
    try:
        return parse_file(value, uploads, kind)
    except InvalidRequest as error:
        raise invalid_field(field, error.message, error.message_zh) from None


def _read_required(
    value: object, field: str, uploads: Path, kind: ReferenceKind = ReferenceKind.IMAGE
) -> Picture:
    file = read_file(value, field, uploads, kind)
    if file is None:
        raise invalid_field(field, "A file is missing here; add one.", "这里缺少文件，请添加。")
    return file


def _read_frame(value: object, field: str, uploads: Path) -> object:
    value = read_object(value)
    if not isinstance(value, Mapping):
        return value
    image = _read_required(value.get("image"), f"{field}.image", uploads)
    return without_left_out(value) | {"image": image}


def _read_each(read: Callable[[object, str, Path], object]) -> Callable[[Any, str, Path], object]:
    """Reading of each value in a list."""
    return lambda values, field, uploads: tuple(
        read(value, f"{field}[{i}]", uploads) for i, value in enumerate(read_list(values))
    )


class _Input(NamedTuple):
    """How a field is sent as JSON."""

    annotation: object
    read: Callable[[Any, str, Path], object]
    """Takes the value, the field's name and the upload folder."""
    schema: dict[str, Any]
    description: str = ""
    """Follows the field's own."""


_PICTURE = "an http(s) URL, a data: URI or an uploaded file."
_TEXT = {"type": "string"}
_INPUTS: dict[object, _Input] = {
    Picture: _Input(PictureInput, _read_required, _TEXT, f"It is {_PICTURE}"),
    Picture | None: _Input(PictureInput | None, read_file, _TEXT, f"It is {_PICTURE}"),
    tuple[Picture, ...]: _Input(
        list[PictureInput],
        _read_each(_read_required),
        {"type": "array", "items": _TEXT},
        f"Each is {_PICTURE}",
    ),
}


_CLIPS = {
    kind: _INPUTS[tuple[Picture, ...]]._replace(read=_read_each(partial(_read_required, kind=kind)))
    for kind in (ReferenceKind.VIDEO, ReferenceKind.AUDIO)
}
"""Lists of videos and of audios, which are sent like pictures."""


def _input_of(field: FieldInfo) -> _Input:
    kind: Any = field.annotation
    clips = next((each for each in field.metadata if isinstance(each, ReferenceKind)), None)
    if clips:
        return _CLIPS[clips]
    return _INPUTS.get(kind) or _Input(
        kind, lambda value, _field, _uploads: value, _schema_of(kind)
    )


@cache
def _schema_of(kind: object) -> dict[str, Any]:
    """The JSON schema of a type; null, which counts as left out, is no part of it."""
    types = [each for each in get_args(kind) if each is not NoneType] or [kind]
    return TypeAdapter(types[0] if len(types) == 1 else kind).json_schema()


def _is_blank_prompt(field: FieldInfo | None, value: object) -> bool:
    required = field is not None and field.is_required() and field.annotation is str
    return required and isinstance(value, str) and is_left_out(value)


_INPUTS[tuple[Frame, ...]] = _Input(
    list[FrameInput],
    _read_each(_read_frame),
    {"type": "array", "items": object_schema(input_parameters(Frame))},
    " ".join(
        ["Each is an object."]
        + [
            f"{name} ({'required' if field.is_required() else f'{field.default!r} if left out'}):"
            f" {field.description} {_input_of(field).description}".strip()
            for name, field in Frame.model_fields.items()
        ]
    ),
)
