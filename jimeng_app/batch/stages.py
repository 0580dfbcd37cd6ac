"""The stages of a row, and the values that are stored about it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from jimeng_core import JimengError, new_task_id
from jimeng_core.tasks import Failure

from .planning import CheckedRow


class Stage(StrEnum):
    """What happened to a row of a batch; a task's own state is another thing."""

    WAITING = "waiting"
    """Not sent, or put back."""
    QUEUED = "queued"
    """In the account's queue."""
    SENDING = "sending"
    CANCELLING = "cancelling"
    """Being sent when it was cancelled."""
    RUNNING = "running"
    """The upstream has its task."""
    SAVING = "saving"
    """The task is completed; its result is being saved."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = (Stage.COMPLETED, Stage.FAILED, Stage.CANCELLED)
OPEN: Final = tuple(stage for stage in Stage if stage not in ENDED)
UNSENT: Final = (Stage.WAITING, Stage.QUEUED)
BEING_SENT: Final = (Stage.SENDING, Stage.CANCELLING)


class ClaimedRow(NamedTuple):
    """A row whose workflow runs."""

    task_id: str
    batch_id: str
    number: int
    account: str
    name: str
    mode: str
    request: Mapping[str, Any]
    stage: Stage
    run: int
    sent: bool
    upstream_id: str | None


def row_values(batch_id: str, row: CheckedRow) -> dict[str, Any]:
    """A row as it is stored, with a new task id."""
    request = row.request
    price = row.price and {"amount": float(row.price[0]), "unit": row.price[1]}
    return {
        "task_id": new_task_id(),
        "batch_id": batch_id,
        "number": request.number,
        "row_key": row.key,
        "account": request.account,
        "name": request.name,
        "mode": request.mode.value,
        "request": request.values,
        "stage": Stage.WAITING,
        "price": price,
    }


def error_values(error: JimengError | Failure) -> dict[str, Any]:
    """An error or a failure as it is stored."""
    return {
        "code": error.code.value,
        "message": error.message,
        "message_zh": error.message_zh,
        "upstream_code": error.upstream_code,
        "retryable": error.retryable,
    }
