"""The endpoint `get_cost`: what a task cost."""

from dataclasses import asdict
from typing import Any, TypedDict

from jimeng_core.ids import canonical
from jimeng_core.rows import RowError

from .call_context import CallContext
from .endpoint import SUBMITTED_ID, Endpoint, Values


class CostRow(TypedDict):
    """What a task cost; the amount and its unit are null where the upstream does not say so yet."""

    id: str | None
    """The task's."""
    amount: float | None
    unit: str | None
    error: RowError | None


def cost_endpoint() -> Endpoint:
    """The endpoint; its summary and parameters are those of the MCP tool too."""

    async def run(call: CallContext, values: Values) -> dict[str, Any]:
        async with call.jimeng() as jimeng:
            cost = await jimeng.cost(values["task_id"])
        known = asdict(cost) if cost else {"amount": None, "unit": None}
        return {"id": canonical(values["task_id"]), **known, "error": None}

    return Endpoint(
        "get_cost",
        "What a task cost, once it has ended: an amount and its unit (credits or tokens), by the"
        " upstream's ledger or record; null where that says nothing yet. Ask again some minutes"
        " later: a ledger lags.",
        (SUBMITTED_ID,),
        run,
        CostRow,
    )
