"""The work on one row: it is submitted, followed until its task ends, and saved.

Every function may run more than once for a row, also after the process was killed in it.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from jimeng_app.cli.transfer import DownloadFailed, LinkExpired
from jimeng_core import (
    Failed,
    InsufficientCredits,
    InvalidTaskId,
    JimengError,
    Mode,
    NetworkError,
    NotFound,
    PreparedRequest,
    RateLimited,
    RiskControl,
    SubmitUnconfirmed,
    Task,
    TooManyRunning,
    Unauthorized,
)
from jimeng_core.errors import NoAnswer
from jimeng_core.requests import AnyRequest

from . import transitions
from .archive import SavedFile, files_values, results_of, stem_of
from .columns import build_request
from .database import BATCHES, ROWS
from .stages import ClaimedRow, Stage, error_values

if TYPE_CHECKING:
    from .engine import Engine
    from .queues import Queues

log = logging.getLogger(__name__)

STOPS_ACCOUNT: Final = (RiskControl, Unauthorized, InsufficientCredits)
"""Refusals that a person must look into; no further row would fare better."""
SLOWS_ACCOUNT: Final = (TooManyRunning, RateLimited)
MAX_RUNS: Final = 6
"""Attempts of a row whose submission gets no usable answer, though the upstream can be reached."""
SAVE_PAUSES: Final = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before each further attempt to save a result."""


async def submit(engine: "Engine", task_id: str, run: int) -> bool:
    """Submit a row; returns whether its task runs at the upstream."""
    row = await engine.database.transact(partial(transitions.claim, task_id=task_id, run=run))
    if row is None or row.stage is not Stage.SENDING:
        return row is not None and row.stage is Stage.RUNNING
    try:
        task = await _send(engine, row)
    except JimengError as error:
        log.info("row refused", extra=_about(row) | {"code": error.code.value})
        engine.metrics.refusals.labels(row.account, error.code.value).inc()
        await _refused(engine, row, error)
        return False
    mark = partial(transitions.mark_running, row=row, upstream_id=task.id)
    await engine.database.transact(mark)
    log.info("row submitted", extra=_about(row) | {"upstream_id": task.id})
    return True


def _about(row: ClaimedRow) -> dict[str, str]:
    return {"task_id": row.task_id, "batch_id": row.batch_id, "account": row.account}


async def _send(engine: "Engine", row: ClaimedRow) -> Task:
    client = await engine.client(row.account)
    request: AnyRequest = build_request(Mode(row.mode), row.request)
    to_send: AnyRequest | PreparedRequest = request
    if not row.sent:
        to_send = await client.prepare(request)
        await engine.database.transact(partial(transitions.mark_sent, task_id=row.task_id))
        client.reserve(row.task_id)  # nothing is under it, so nothing is looked up
    elif client.assigns_ids and not row.upstream_id:  # it may have been paid
        raise SubmitUnconfirmed(task_id=row.task_id)
    with engine.metrics.upstream.labels("submit").time():
        return await client.submit(to_send, task_id=row.upstream_id or row.task_id)


async def _refused(engine: "Engine", row: ClaimedRow, error: JimengError) -> None:
    unsent = not row.sent and not isinstance(error, SubmitUnconfirmed)
    lost = isinstance(error, SubmitUnconfirmed) and (await engine.client(row.account)).assigns_ids
    refused = partial(transitions.refused, row=row, unsent=unsent)
    if isinstance(error, STOPS_ACCOUNT):
        engine.forget(row.account)
        await engine.database.transact(partial(refused, reason=error_values(error)))
    elif isinstance(error, SLOWS_ACCOUNT):
        pause = getattr(error, "retry_after", None)
        await engine.database.transact(partial(refused, pause=pause))
    elif not lost and _may_repeat(row, error):
        await engine.database.transact(refused)
    else:
        to_look_up = isinstance(error, NoAnswer) and not unsent and not lost
        values = {"error": error_values(error), "sent": to_look_up}
        await finish(engine, row.task_id, Stage.FAILED, **values)


def _may_repeat(row: ClaimedRow, error: JimengError) -> bool:
    """Whether the upstream, and not the row, is why nothing usable came back."""
    return isinstance(error, NetworkError) or (isinstance(error, NoAnswer) and row.run < MAX_RUNS)


async def follow(engine: "Engine", task_id: str) -> None:
    """Wait until a row's task has ended, and store how."""
    row = await engine.database.fetch(partial(stored_row, task_id=task_id))
    if row is None or row["stage"] != Stage.RUNNING:
        return
    lookup = await engine.poller(row["account"]).wait(row["upstream_id"] or task_id)
    result = lookup.row()
    if isinstance(lookup.task, Failed):
        error = error_values(lookup.task.failure)
        await finish(engine, task_id, Stage.FAILED, error=error, sent=False)
    elif lookup.error:
        await _gone(engine, row, lookup.error)
    elif not row["target"]:  # submitted elsewhere: only its end is told
        await finish(engine, task_id, Stage.COMPLETED, result=result)
    else:
        save = partial(_to_save, engine.queues, task_id=task_id, result=result)
        await engine.database.transact(save)


def _to_save(queues: "Queues", c: Connection, task_id: str, result: Mapping[str, Any]) -> None:
    run = transitions.mark_saving(c, task_id, result)
    if run is not None:
        queues.save(c, task_id, run)


async def _gone(engine: "Engine", row: dict[str, Any], error: JimengError) -> None:
    """End a row that has no task (any more)."""
    cancelled = row["submitted_at"] is None
    if cancelled and isinstance(error, NotFound):
        await finish(engine, row["task_id"], Stage.CANCELLED, sent=False)
        return
    if cancelled and isinstance(error, InvalidTaskId):  # Ark does not know our ids
        error = SubmitUnconfirmed(task_id=row["task_id"])
    await finish(engine, row["task_id"], Stage.FAILED, error=error_values(error), sent=False)


async def save(engine: "Engine", task_id: str) -> None:
    """Save the result of a completed row; asks for fresh links where the old ones died."""
    row = await engine.database.fetch(partial(stored_row, task_id=task_id))
    if row is None or row["stage"] != Stage.SAVING:
        return
    reason: JimengError = NetworkError()
    for pause in (*SAVE_PAUSES, None):
        try:
            async with engine.saves:
                files = await _save_files(engine, row)
        except LinkExpired:
            row = await _with_fresh_links(engine, row)
        except (DownloadFailed, OSError, JimengError) as error:
            reason = _why_unsaved(error)
        else:
            await finish(engine, task_id, Stage.COMPLETED, files=files, result=row["result"])
            log.info("row saved", extra={"task_id": task_id})
            return
        if pause is not None:
            await engine.clock.sleep(pause)
    await finish(engine, task_id, Stage.FAILED, error=error_values(reason))


async def _save_files(engine: "Engine", row: dict[str, Any]) -> list[dict[str, Any]]:
    archive = engine.archive(row["target"])
    files: list[SavedFile] = []
    for kind, url, path in results_of(row, stem_of(row["template"], row)):
        try:
            files.append(await archive.save(kind, url, path))
        except (LinkExpired, DownloadFailed):
            if kind in {"video", "image"}:  # the film itself does not depend on its poster
                raise
    return files_values(files)


async def _with_fresh_links(engine: "Engine", row: dict[str, Any]) -> dict[str, Any]:
    client = await engine.client(row["account"])
    [lookup] = await client.get_many([row["upstream_id"] or row["task_id"]])
    return row if lookup.error else {**row, "result": lookup.row()}


def _why_unsaved(error: Exception) -> JimengError:
    if isinstance(error, JimengError):
        return error
    if isinstance(error, DownloadFailed):
        return unsaved(error.message, error.message_zh)
    reason = getattr(error, "strerror", None) or type(error).__name__
    return unsaved(f"it cannot be written ({reason}).", f"无法写入（{reason}）。")


def unsaved(en: str, zh: str) -> JimengError:
    """The error of a row whose result is not saved, for a reason in English and Chinese."""
    return NetworkError(
        f"The task is completed, but not saved: {en} retry-failed saves it without paying again.",
        f"任务已完成，但没有保存：{zh} retry-failed 会重新保存，不会再次付费。",
    )


async def finish(engine: "Engine", task_id: str, stage: Stage, **values: Any) -> None:  # noqa: ANN401 - of columns
    """End a row, once; its webhook tells it, unless its user has cancelled it."""
    engine.metrics.ended.labels(str(stage)).inc()
    notify = stage is not Stage.CANCELLED
    end = partial(transitions.finish, task_id=task_id, stage=stage, values=values, notify=notify)
    await engine.database.transact(end)


def stored_row(c: Any, task_id: str) -> dict[str, Any] | None:  # noqa: ANN401 - a connection
    """A row with its batch's target and template; None when it is gone."""
    query = (
        select(ROWS, BATCHES.c.target, BATCHES.c.template)
        .join(BATCHES, BATCHES.c.id == ROWS.c.batch_id)
        .where(ROWS.c.task_id == task_id)
    )
    row = c.execute(query).mappings().one_or_none()
    return dict(row) if row else None
