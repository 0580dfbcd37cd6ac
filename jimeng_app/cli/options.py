"""The options of the command line. What the requests know, their defaults too, is read off them."""

from collections.abc import Collection, Iterable
from inspect import Parameter
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

from jimeng_core.catalog import Model, Offer, catalog

from .output import OutputFormat

PICTURE: Final = "PATH|URL"


def _models(context: typer.Context, incomplete: str) -> list[str]:
    return _begun((model.name for model, _ in _offered(context)), incomplete)


def _resolutions(context: typer.Context, incomplete: str) -> list[str]:
    names = (name for _, offer in _offered(context) for name in offer.resolutions)
    return _begun(names, incomplete)


def _ratios(context: typer.Context, incomplete: str) -> list[str]:
    images = context.info_name == "image"
    return _begun(catalog().image_ratios if images else catalog().ratios, incomplete)


def _offered(context: typer.Context) -> list[tuple[Model, Offer]]:
    """What some backend has for the mode whose command is being typed."""
    mode = (context.info_name or "").replace("-", "_")
    return [
        (model, offer)
        for model in catalog().models
        for offer in model.offers.values()
        if offer.supports(mode)
    ]


def _begun(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


OPTIONS: Final[dict[str, Any]] = {
    "prompt": Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="What happens; @图片1 or @image1 stands for the first --image."
        ),
    ],
    "first_frame": Annotated[
        str | None, typer.Option(metavar=PICTURE, help="The picture it starts with.")
    ],
    "last_frame": Annotated[
        str | None, typer.Option(metavar=PICTURE, help="The picture it ends with.")
    ],
    "images": Annotated[
        list[str],
        typer.Option("--image", "--images", metavar=PICTURE, help="A picture; repeat it for more."),
    ],
    "count": Annotated[int, typer.Option(metavar="NUMBER", help="How many images to make.")],
    "duration": Annotated[int, typer.Option(metavar="SECONDS", help="Length in seconds.")],
    "model": Annotated[
        str,
        typer.Option(
            metavar="NAME", autocompletion=_models, help="A model's name, its key or Ark's id."
        ),
    ],
    "resolution": Annotated[
        str, typer.Option(metavar="NAME", autocompletion=_resolutions, help="As the model has it.")
    ],
    "ratio": Annotated[
        str, typer.Option(metavar="W:H", autocompletion=_ratios, help="Width to height.")
    ],
    "fps": Annotated[
        int, typer.Option(metavar="NUMBER", help="Frames a second; others only on demo.")
    ],
    "seed": Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Repeats a result; left out: chance.")
    ],
    "audio": Annotated[bool, typer.Option(help="Whether it has sound.")],
}
"""How each field of a request is given."""


def parameters_of(request: type[BaseModel], *, without: Collection[str] = ()) -> list[Parameter]:
    """A request's fields as parameters that typer reads, with the request's own defaults.

    The mode's own come first, those that all modes share last.
    """
    own = vars(request)["__annotations__"]
    fields = sorted(request.model_fields.items(), key=lambda one: one[0] not in own)
    return [
        parameter(name, OPTIONS[name], Parameter.empty if field.is_required() else field.default)
        for name, field in fields
        if name not in without
    ]


def parameter(name: str, annotation: object, default: object = Parameter.empty) -> Parameter:
    """One parameter of a command that is put together."""
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID", help="Task ids; without any, or for -, they are read from standard input."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array of rows, in one line.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with the fields of a row as its header.")]


def output_format(*, as_json: bool, as_csv: bool) -> OutputFormat:
    """How rows are to be written.

    Raises:
        typer.BadParameter: Both ways were asked for.
    """
    if as_json and as_csv:
        raise typer.BadParameter("Choose one of --json and --csv.")
    return OutputFormat.JSON if as_json else OutputFormat.CSV if as_csv else OutputFormat.TABLE
