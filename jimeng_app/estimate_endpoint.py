"""The endpoint `estimate`: what a request will probably cost; nothing is sent."""

from collections.abc import Mapping
from typing import Any, TypedDict

from jimeng_core.problems import invalid_field
from jimeng_core.requests import Mode
from jimeng_core.rows import RowError

from .argument_reading import read_object
from .call_context import CallContext
from .endpoint import Endpoint, Values
from .request_builders import InputParameter, build_request


class PriceRow(TypedDict):
    """A price; every field is null where nothing is known."""

    amount: float | None
    unit: str | None
    basis: str | None
    """One sentence that says where the amount is from."""
    as_of: str | None
    """A date."""
    error: RowError | None


def estimate_endpoint() -> Endpoint:
    """The endpoint; its summary and parameters are those of the MCP tool too."""

    async def run(call: CallContext, values: Values) -> dict[str, Any]:
        request = build_request(values["mode"], call.pool.uploads, values["fields"])
        async with call.jimeng() as jimeng:
            price = await jimeng.estimate(request)
        known = price.row(chinese=call.chinese) if price else {}
        return {**dict.fromkeys(PriceRow.__annotations__), **known}

    parameters = (
        InputParameter(
            "mode",
            str,
            f"Which request: {', '.join(Mode)}.",
            {"type": "string", "enum": [*Mode]},
            read=_read_mode,
        ),
        InputParameter(
            "fields",
            dict[str, Any],
            "The parameters of the submit_… tool of that mode, as an object.",
            {"type": "object"},
            read=_read_fields,
        ),
    )
    return Endpoint(
        "estimate",
        "What a request will probably cost: an amount, its unit (credits, tokens, CNY or USD), one"
        " sentence that says where it is from and how sure it is, and a date; null where nothing is"
        " known. Sends nothing.",
        parameters,
        run,
        PriceRow,
        waits=False,
    )


def _read_mode(value: object, field: str) -> Mode:
    name = value.strip().replace("-", "_") if isinstance(value, str) else ""
    if name not in [*Mode]:
        raise invalid_field(
            field, f"{field} is one of {', '.join(Mode)}.", f"{field} 应为 {'、'.join(Mode)} 之一。"
        )
    return Mode(name)


def _read_fields(value: object, field: str) -> Mapping[str, Any]:
    value = read_object(value)
    if not isinstance(value, dict):
        raise invalid_field(field, f"{field} must be an object.", f"{field} 应为对象。")
    return value
