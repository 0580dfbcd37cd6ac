"""Workflows that ended by an unexpected error: their rows are tried again, or fail.

Every expected error is stored with its row or webhook.
"""

import logging
from functools import partial
from typing import Final

from dbos import DBOS

from jimeng_core import UpstreamError

from . import row_work, transitions, webhooks
from .engine import Engine
from .queues import ROW, SAVE
from .stages import Stage, error_values

log = logging.getLogger(__name__)

_STATES: Final = ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
"""Of workflows that have ended and did not succeed; DBOS has an index of these."""
_MOST: Final = 100
"""Workflows of one call."""


async def resolve(engine: Engine) -> None:
    """Let what such workflows worked on be tried again or fail; then remove the workflows.

    What a call leaves undone because it is interrupted is done by the next one.
    """
    for workflow in await DBOS.list_workflows_async(status=_STATES, limit=_MOST):
        reason = type(workflow.error).__name__ if workflow.error else str(workflow.status)
        log.error("workflow ended by %s", reason, extra={"workflow_id": workflow.workflow_id})
        key, *more = workflow.input["args"] if workflow.input else ("", 0)
        if workflow.name == ROW:
            await _resolve_row(engine, key, *more, reason=reason)
        elif workflow.name == SAVE:
            error = row_work.unsaved(f"{reason}.", f"{reason}。")
            await row_work.finish(engine, key, Stage.FAILED, error=error_values(error))
        else:
            await webhooks.give_up(engine, key, f"unexpected error ({reason})")
        await DBOS.delete_workflows_async([workflow.workflow_id])


async def _resolve_row(engine: Engine, task_id: str, run: int, *, reason: str) -> None:
    if run < row_work.MAX_RUNS:
        again = partial(transitions.try_again, task_id=task_id, run=run, queues=engine.queues)
        await engine.database.transact(again)
        return
    row = await engine.database.fetch(partial(row_work.stored_row, task_id=task_id))
    if row and row["run"] == run:
        await row_work.finish(
            engine, task_id, Stage.FAILED, error=error_values(_unexpected(reason))
        )


def _unexpected(reason: str) -> UpstreamError:
    return UpstreamError(
        f"Unexpected error ({reason}); the worker's log has its details. retry-failed continues"
        " the row: a task that exists is looked up, and not paid again.",
        f"意外错误（{reason}），详情见 worker 的日志。retry-failed 会继续处理此行："
        "已存在的任务只会查询，不会再次付费。",
    )
