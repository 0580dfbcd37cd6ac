"""How the request of each mode is given: one entry of `MODES`, whose options follow from it."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from jimeng_core import (
    ErrorCode,
    FirstLastFrame,
    Frame,
    ImageRequest,
    InvalidRequest,
    Mode,
    MultiFrame,
    Problem,
    SubjectReference,
)
from jimeng_core.requests import AnyRequest

from .options import PICTURE, parameter, parameters_of


@dataclass(frozen=True, slots=True)
class Given:
    """How the request of a mode is given."""

    request: type[AnyRequest]
    parameters: Sequence[Parameter]
    build: Callable[..., AnyRequest]
    """Makes it of the parameters' values."""


def _plainly(request: type[AnyRequest]) -> Given:
    """A request each of whose fields is one option."""
    return Given(request, parameters_of(request), request)


_FRAMES: Final = [
    parameter(
        "frame",
        Annotated[
            list[str] | None,
            typer.Option(metavar=PICTURE, help="A picture; repeat it for more, in order."),
        ],
        None,
    ),
    parameter(
        "prompt",
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="TEXT",
                help="What happens while a --frame leads on: once for all, or for each.",
            ),
        ],
        None,
    ),
    parameter(
        "duration",
        Annotated[
            list[int] | None,
            typer.Option(
                metavar="SECONDS",
                show_default=str(Frame.model_fields["duration"].default),
                help="How long a --frame lasts: once for all, or for each.",
            ),
        ],
        None,
    ),
    parameter(
        "frames",
        Annotated[
            str | None,
            typer.Option(
                metavar="FILE|-",
                help="A JSON list of {image, prompt, duration}; they follow any --frame.",
            ),
        ],
        None,
    ),
]
"""A list of objects, given one by one, or as JSON."""


def _multi_frame(
    *,
    frame: list[str] | None,
    prompt: list[str] | None,
    duration: list[int] | None,
    frames: str | None,
    **settings: Any,  # noqa: ANN401 - the request checks each
) -> MultiFrame:
    pictures = frame or []
    given: list[Any] = [{"image": picture} for picture in pictures]
    for name, values in (("prompt", prompt or []), ("duration", duration or [])):
        for one, value in zip(given, _for_each(name, values, len(pictures)), strict=False):
            one[name] = value
    if frames is not None:
        given += _listed(frames)
    return MultiFrame(frames=tuple(given), **settings)


def _for_each(name: str, values: Sequence[object], count: int) -> Sequence[object]:
    """What belongs to each of the frames; empty where nothing was given."""
    if not values or (count and len(values) == count):
        return values
    if count and len(values) == 1:
        return [*values] * count
    message = (
        f"--{name} was given {len(values)} times and --frame {count} times; give --{name} once for"
        " all, once for each, or not at all."
    )
    message_zh = (
        f"--{name} 给了 {len(values)} 次，--frame 给了 {count} 次；--{name}"
        " 请只给一次，或每帧各给一次，或不给。"
    )
    raise _field_error(name, message, message_zh)


def _listed(source: str) -> list[Any]:
    """The list of frames in a file, or on standard input for `-`."""
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError):
        raise _field_error(
            "frames", "the file cannot be read; check its path.", "文件无法读取，请检查路径。"
        ) from None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise _field_error(
            "frames",
            "it is no JSON list; write [{image, prompt, duration}, …].",
            "不是 JSON 列表，请写成 [{image, prompt, duration}, …]。",
        )
    return found


def _field_error(field: str, message: str, message_zh: str) -> InvalidRequest:
    found = Problem(field, ErrorCode.INVALID_REQUEST, message, message_zh)
    return InvalidRequest(message, message_zh, problems=[found])


MODES: Final = {
    Mode.FIRST_LAST_FRAME: _plainly(FirstLastFrame),
    Mode.MULTI_FRAME: Given(
        MultiFrame, [*_FRAMES, *parameters_of(MultiFrame, without={"frames"})], _multi_frame
    ),
    Mode.SUBJECT_REFERENCE: _plainly(SubjectReference),
    Mode.IMAGE: _plainly(ImageRequest),
}
"""Each mode that can be submitted; its name, with hyphens, is that of its command."""
