"""Requests built from what callers send; the page and the endpoints both use this.

Names, defaults and descriptions of the inputs are those of the requests' fields. Values are JSON
of any type: the requests check them, and `jimeng_app.picture_input` checks pictures.
"""

from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jimeng_core.errors import InvalidRequest
from jimeng_core.problems import invalid_field
from jimeng_core.requests import REQUESTS, AnyRequest, Frame, Mode, Picture, fields_of

from .picture_input import parse_picture

PictureInput = str | dict[str, Any]
"""An http(s) URL, a `data:` URI, the path of an upload, or Gradio's file object."""


class FrameInput(TypedDict, total=False):
    """One picture of a multi-frame video; only `image` is required."""

    image: PictureInput
    prompt: str
    duration: int


def build_request(mode: Mode, uploads: Path, values: Mapping[str, Any]) -> AnyRequest:
    """The request of a caller's values.

    Args:
        mode: Which request.
        uploads: Gradio's upload folder.
        values: By the names of the request's fields; those left out have the field's default.

    Raises:
        InvalidRequest: A value does not fit; its problems name the fields.
    """
    request = REQUESTS[mode]
    read = {name: _input_of(field).read for name, field in request.model_fields.items()}
    return request(
        **{
            name: read[name](value, name, uploads) if name in read else value
            for name, value in values.items()
        }
    )


def input_parameters(request: type[BaseModel]) -> Iterator[Parameter]:
    """A request's fields as parameters with JSON types and defaults, in order."""
    for name, field in fields_of(request).items():
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        yield Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if field.is_required() else default,
            annotation=_input_of(field).annotation,
        )


def input_descriptions(request: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The names of a request's fields, each with its description, in one line."""
    for name, field in fields_of(request).items():
        yield name, f"{field.description} {_input_of(field).description}".strip()


def read_picture(value: object, field: str, uploads: Path | None) -> Picture | None:
    """The picture of a field, None when it is left out; see `picture_input.parse_picture`."""
    try:
        return parse_picture(value, uploads)
    except InvalidRequest as error:
        raise invalid_field(field, error.message, error.message_zh) from None


def _read_required(value: object, field: str, uploads: Path) -> Picture:
    picture = read_picture(value, field, uploads)
    if picture is None:
        raise invalid_field(field, "A picture is missing here; add one.", "这里缺少图片，请添加。")
    return picture


def _read_frame(value: object, field: str, uploads: Path) -> object:
    if not isinstance(value, Mapping):
        return value
    image = _read_required(value.get("image"), f"{field}.image", uploads)
    return {name: each for name, each in value.items() if each is not None} | {"image": image}


def _read_list(read: Callable[[object, str, Path], object]) -> Callable[[Any, str, Path], object]:
    """Reading of each value in a list; anything else is left for the request to refuse."""

    def read_each(values: object, field: str, uploads: Path) -> object:
        if not isinstance(values, list | tuple):
            return values
        return tuple(read(each, f"{field}[{i}]", uploads) for i, each in enumerate(values))

    return read_each


class _Input(NamedTuple):
    """How a field with pictures is sent as JSON."""

    annotation: object
    read: Callable[[Any, str, Path], object]
    """Takes the value, the field's name and the upload folder."""
    description: str
    """Follows the field's own."""


_PICTURE = "an http(s) URL, a data: URI or an uploaded file."
_INPUTS: dict[object, _Input] = {
    Picture: _Input(PictureInput, _read_required, f"It is {_PICTURE}"),
    Picture | None: _Input(PictureInput | None, read_picture, f"It is {_PICTURE}"),
    tuple[Picture, ...]: _Input(
        list[PictureInput], _read_list(_read_required), f"Each is {_PICTURE}"
    ),
}


def _input_of(field: FieldInfo) -> _Input:
    kind = field.annotation
    return _INPUTS.get(kind, _Input(kind, lambda value, _field, _uploads: value, ""))


_INPUTS[tuple[Frame, ...]] = _Input(
    list[FrameInput],
    _read_list(_read_frame),
    " ".join(
        ["Each is an object."]
        + [
            f"{name} ({'required' if field.is_required() else f'{field.default!r} if left out'}):"
            f" {field.description} {_input_of(field).description}".strip()
            for name, field in Frame.model_fields.items()
        ]
    ),
)
