"""The options of the commands; those of a mode are its request's fields, described there."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter
from itertools import starmap
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic.fields import FieldInfo

from jimeng_core import Frame, Mode, MultiFrame
from jimeng_core.catalog import catalog
from jimeng_core.problems import invalid_field
from jimeng_core.requests import REQUESTS, AnyRequest, Picture, fields_of
from jimeng_core.sources import is_url


def parameter(name: str, annotation: object, default: object = Parameter.empty) -> Parameter:
    """A parameter of a command that is put together at run time."""
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _choices(mode: Mode, field: str) -> Iterable[str]:
    """The values that some backend has for a field of a mode."""
    models = [model for model in catalog().models if model.supports(mode)]
    if field == "model":
        return (model.name for model in models)
    if field == "ratio":
        return catalog().image_ratios if mode is Mode.IMAGE else catalog().ratios
    offers = (offer for model in models for offer in model.offers.values() if offer.supports(mode))
    return (name for offer in offers for name in offer.resolutions_for(mode))


def _completer(mode: Mode, field: str) -> Callable[[str], list[str]] | None:
    def complete(incomplete: str) -> list[str]:
        names = dict.fromkeys(_choices(mode, field))
        return [name for name in names if name.startswith(incomplete)]

    return complete if field in {"model", "resolution", "ratio"} else None


_METAVARS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("image", "images", "videos", "audios", "first_frame", "last_frame"), "PATH|URL"
    ),
    **dict.fromkeys(("count", "fps", "seed"), "NUMBER"),
    **dict.fromkeys(("model", "resolution"), "NAME"),
    "prompt": "TEXT",
    "duration": "SECONDS",
    "ratio": "W:H",
}
_TYPES: Final[Mapping[object, object]] = {
    Picture | None: str | None,
    tuple[Picture, ...]: list[str],
}
"""The types of the options whose fields have others."""


_NAMES: Final = {"images": ("--image", "--images"), "videos": ("--video", "--videos")}
"""Names of options that are repeated. `--audio` is another field: whether there is sound."""


def _option(mode: Mode, name: str, field: FieldInfo) -> Parameter:
    """A request's field as an option with its default and its description."""
    many = field.annotation == tuple[Picture, ...]
    option = typer.Option(
        *_NAMES.get(name, ()),
        help=f"{field.description} Repeat the option for more." if many else field.description,
        metavar=_METAVARS.get(name),
        autocompletion=_completer(mode, name),
    )
    default = Parameter.empty if field.is_required() else field.default
    kind: Any = _TYPES.get(field.annotation, field.annotation)
    return parameter(name, Annotated[kind, option], default)


def _frame_option(name: str, field: FieldInfo) -> Parameter:
    """A frame's field as an option that is repeated."""
    image = name == "image"
    each = "Repeat the option for more." if image else "Once for all, or for each --frame."
    option = typer.Option(
        help=f"{field.description} {each}",
        metavar=_METAVARS.get(name),
        show_default=str(field.default) if isinstance(field.default, int) else False,
    )
    kind: Any = list[int] if field.annotation is int else list[str]
    return parameter("frame" if image else name, Annotated[kind | None, option], None)


@dataclass(frozen=True, slots=True)
class ModeOptions:
    """The options of one mode's command."""

    request: type[AnyRequest]
    parameters: Sequence[Parameter]
    build: Callable[..., AnyRequest]
    """Makes the request of their values, by name."""


def _options_of(request: type[AnyRequest]) -> ModeOptions:
    fields, option = fields_of(request), partial(_option, request.mode)
    if request is not MultiFrame:
        return ModeOptions(request, list(starmap(option, fields.items())), request)
    as_json = typer.Option(
        metavar="FILE|-",
        help=f"{fields.pop('frames').description} A JSON list of {{image, prompt, duration}} in a"
        " file or, for -, on standard input; added after those of --frame.",
    )
    parameters = [
        *starmap(_frame_option, Frame.model_fields.items()),
        parameter("frames", Annotated[str | None, as_json], None),
        *starmap(option, fields.items()),
    ]
    return ModeOptions(request, parameters, _multi_frame)


def _multi_frame(
    *,
    frame: list[str] | None,
    prompt: list[str] | None,
    duration: list[int] | None,
    frames: str | None,
    **settings: Any,  # noqa: ANN401 - the request checks each
) -> MultiFrame:
    values: list[Any] = [{"image": picture} for picture in frame or []]
    for name, repeated in (("prompt", prompt or []), ("duration", duration or [])):
        for each, value in zip(values, _for_each(name, repeated, len(values)), strict=False):
            each[name] = value
    if frames is not None:
        values += _json_list(frames)
    return MultiFrame(frames=tuple(values), **settings)


def _for_each(name: str, values: Sequence[object], count: int) -> Sequence[object]:
    """The values of `count` frames: the same for all, one each, or empty."""
    if not values or (count and len(values) == count):
        return values
    if count and len(values) == 1:
        return [*values] * count
    raise invalid_field(
        name,
        f"--{name} was given {len(values)} times and --frame {count} times; give --{name} once for"
        " all, once for each, or not at all.",
        f"--{name} 给了 {len(values)} 次，--frame 给了 {count} 次；--{name}"
        " 请只给一次，或每帧各给一次，或不给。",
    )


def _json_list(source: str) -> list[Any]:
    """The list of frames in a file, or on standard input for `-`."""
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except (OSError, ValueError):
        raise invalid_field(
            "frames", "the file cannot be read; check its path.", "文件无法读取，请检查路径。"
        ) from None
    try:
        frames = json.loads(data)
    except (ValueError, RecursionError):
        frames = None
    if not isinstance(frames, list):
        raise invalid_field(
            "frames",
            "it is not a JSON list; write [{image, prompt, duration}, …].",
            "不是 JSON 列表，请写成 [{image, prompt, duration}, …]。",
        )
    if source != "-":
        _from_folder(Path(source).parent, frames)
    return frames


def _from_folder(folder: Path, frames: Sequence[object]) -> None:
    """Let relative paths of pictures count from the folder of the file that names them."""
    for frame in frames:
        if not isinstance(frame, dict) or not isinstance(image := frame.get("image"), str):
            continue
        if not is_url(image) and not image.startswith("~"):
            frame["image"] = str(folder / image)


MODES: Final = {mode: _options_of(request) for mode, request in REQUESTS.items()}
"""The options of each mode; its command has the mode's name, with hyphens."""
