"""`jimeng submit … --dry-run`: what would be sent, and what it would probably cost."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NoReturn

from jimeng_core import InvalidRequest
from jimeng_core.model_defaults import with_model_defaults
from jimeng_core.requests import AnyRequest, fields_of

from .output import out, out_json, plain
from .session import Session, Status, run

Build = Callable[[], AnyRequest]
"""Builds the request; raises `InvalidRequest` if the options are invalid."""


def rehearse(session: Session, build: Build, *, as_json: bool) -> NoReturn:
    """Print the request with the model's defaults, its price and its problems, and exit.

    The problems are those of `jimeng check`; the exit status is the same too.
    """

    async def act() -> Status:
        request, price = None, None
        try:
            request = with_model_defaults(build(), session.settings.backend)
        except InvalidRequest as error:
            problems = [*error.problems]
        else:
            async with session.client() as client:
                problems = await client.check(request)
                price = None if problems else await client.estimate(request)
        fields = _fields(request) if request else None
        known = price.row(chinese=session.chinese) if price else None
        if as_json:
            out_json({"request": fields, "price": known, "problems": list(map(asdict, problems))})
        elif fields and not problems:
            out("".join(f"{name} {plain(value)}\n" for name, value in _lines(fields)))
            if price and known:
                out(f"price {price.range_text()} {price.unit}\nbasis {known['basis']}\n")
            else:
                out("price unknown\n")
        session.print_problems(problems)
        return Status.USAGE_ERROR if problems else Status.OK

    run(session, act, failure=Status.FAILED)


def _fields(request: AnyRequest) -> dict[str, Any]:
    """The mode and the fields of a request as JSON, in the order of its options."""
    values = request.model_dump()
    return {
        "mode": str(request.mode),
        **{name: _plain_value(values[name]) for name in fields_of(type(request))},
    }


def _plain_value(value: Any) -> Any:  # noqa: ANN401 - a field of a request
    """A value as JSON. Files are paths and URLs here, which the options give as text."""
    if isinstance(value, dict):
        return {name: _plain_value(each) for name, each in value.items()}
    return list(map(_plain_value, value)) if isinstance(value, list | tuple) else value


def _lines(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """The paths of all values that are there, and the values as text."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _lines(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _lines(each, f"{name}[{index}]")
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
