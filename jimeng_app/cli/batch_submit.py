"""`jimeng batch submit`: check a table, store it, and run a worker until it has ended."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from jimeng_core import InvalidRequest

from .batch_session import batch_settings, open_database, print_pauses, reported_errors, summary_of
from .output import note, out
from .session import Session, Status, session_of

if TYPE_CHECKING:
    from jimeng_app.batch.database import Database
    from jimeng_app.batch.submission import Table

WATCH_SECONDS: Final = 0.5
"""Between two looks at a batch that is waited for."""


TablePath = Annotated[
    Path, typer.Argument(metavar="TABLE", help="CSV, XLSX or JSON Lines; a row is a task.")
]
Target = Annotated[
    str, typer.Option("--output", "-o", metavar="DIR|URL", help="Where results are saved.")
]
BatchName = Annotated[str, typer.Option(help="Name of the batch; default: the file's.")]
Account = Annotated[str, typer.Option(help="Who pays for rows that name no account.")]
Template = Annotated[
    str, typer.Option(help="Names of the files: {row} {mode} {id} {name} {account}.")
]
Callback = Annotated[
    str | None, typer.Option(metavar="URL", help="Receives a webhook as each row ends.")
]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Refuse a table that may cost more.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Submit the good rows of a table with bad ones.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent and its price.")]
Detach = Annotated[
    bool, typer.Option("--detach", help="Leave the work to `jimeng worker` or the app.")
]


def submit(
    context: typer.Context,
    file: TablePath,
    folder: Target = "",
    name: BatchName = "",
    account: Account = "default",
    template: Template = "{row:03}-{mode}-{id}",
    callback: Callback = None,
    max_cost: MaxCost = None,
    skip_bad: SkipBad = False,
    dry_run: DryRun = False,
    detach: Detach = False,
) -> None:
    """Submit every row of a table, and save the results as they are ready.

    The same table again continues its batch: nothing is submitted twice, and a changed row is a new
    task. Ctrl-C stops; the same command continues.
    """
    session = session_of(context)
    with reported_errors(session):
        from jimeng_app.batch.columns import in_folder  # noqa: PLC0415 - of the extra
        from jimeng_app.batch.submission import Table  # noqa: PLC0415

        try:
            data = file.read_bytes()
        except OSError as error:
            raise typer.BadParameter(f"Cannot read {file} ({error.strerror}).") from None
        table = Table(
            data=data,
            file_name=file.name,
            find=in_folder(file.resolve().parent),
            identity=str(file.resolve()),
            target=folder or str(file.with_suffix("")) + "-results",
            name=name,
            account=account,
            template=template,
            callback_url=callback,
        )
        status = _submit(session, table, max_cost, skip_bad=skip_bad, dry_run=dry_run)
        if status is None and not detach:
            status = _work(session, table.options.id)
    raise typer.Exit(status or Status.OK)


def _submit(
    session: Session, table: "Table", max_cost: float | None, *, skip_bad: bool, dry_run: bool
) -> Status | None:
    """Check and store a table; the status if that is all."""
    import anyio  # noqa: PLC0415 - the library's, as in `run`

    from jimeng_app.batch import submission  # noqa: PLC0415 - of the extra

    settings, environment = batch_settings(session), session.environment
    checked = anyio.run(
        partial(
            submission.check,
            table,
            settings,
            clock=environment.clock,
            transport=environment.transport,
        )
    )
    for bad in checked.problems:
        text = bad.problem.message_zh if session.chinese else bad.problem.message
        session.print_message(
            f"row {bad.row}, {bad.problem.field}: {text}",
            f"第 {bad.row} 行，{bad.problem.field}：{text}",
        )
    rows, price = len(checked.rows), checked.estimate.text()
    if checked.problems and not skip_bad:
        session.print_message(
            "Nothing was sent. Correct these cells, or send the other rows with --skip-bad.",
            "没有提交任何任务。请改正以上单元格，或用 --skip-bad 只提交其余各行。",
        )
        return Status.USAGE_ERROR
    if dry_run:
        out(f"{rows} rows, {price}\n")
        return Status.OK
    if not rows:
        return Status.USAGE_ERROR
    with open_database(session) as database:
        changes = anyio.run(submission.submit, table, checked, database, max_cost)
    session.print_message(
        f"{changes.added} new rows, {changes.unchanged} known, {changes.withdrawn} withdrawn;"
        f" estimate {price}.",
        f"新增 {changes.added} 行，已有 {changes.unchanged} 行，撤回 {changes.withdrawn} 行；预计"
        f" {price}。",
    )
    out(f"{table.options.id}\n")
    return None


def _work(session: Session, batch_id: str) -> Status:
    """Run a worker until a batch has ended; or watch it, when another process runs one."""
    from jimeng_app.batch.engine import WorkerOptions  # noqa: PLC0415 - of the extra
    from jimeng_app.batch.worker import BatchWorker  # noqa: PLC0415

    environment = session.environment
    options = WorkerOptions(clock=environment.clock, transport=environment.transport)
    worker = BatchWorker(batch_settings(session), options)
    try:
        worker.start()
    except InvalidRequest:
        session.print_message(
            "Another process runs the batches here; this one waits for it.",
            "另一个进程正在处理这里的批次，本命令等待其完成。",
        )
        worker.stop()
        with open_database(session) as database:
            return _watch(session, database, batch_id)
    try:
        return _watch(session, worker.database, batch_id)
    except KeyboardInterrupt:
        session.print_message(
            "Stopped; running tasks continue at the upstream. The same command continues here.",
            "已停止；进行中的任务仍在上游继续，再次运行同一命令即可接着处理。",
        )
        raise
    finally:
        worker.stop()


def _watch(session: Session, database: "Database", batch_id: str) -> Status:
    from jimeng_app.batch import store  # noqa: PLC0415 - of the extra

    shown, explained = "", set[str]()
    while True:
        [status] = database.read(partial(store.list_batches, batch_id=batch_id))
        if (text := summary_of(status)) != shown:
            note(text)
            shown = text
        print_pauses(session, status, explained)
        if status.ended_at is not None:
            break
        time.sleep(WATCH_SECONDS)
    out(f"{status.target}\n")
    return Status.FAILED if status.stages.get("failed") else Status.OK
