"""`jimeng batch` and `jimeng worker`: a table in, a folder of films out."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from jimeng_app.json_logs import log_as_json
from jimeng_app.stop_signal import StopSignal

from .batch_session import batch_settings, open_database, print_pauses, reported_errors, summary_of
from .batch_submit import submit
from .output import out, out_json, plain
from .session import Session, session_of

batch = typer.Typer(no_args_is_help=True)
batch.command()(submit)

Name = Annotated[str, typer.Argument(metavar="BATCH", help="Id, its beginning, or name.")]
OptionalName = Annotated[
    str | None, typer.Argument(metavar="BATCH", help="Id, its beginning, or name.")
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="An account of the settings file, not a batch.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on one line.")]


@batch.command()
def status(context: typer.Context, name: OptionalName = None, as_json: AsJson = False) -> None:
    """Print the batches, or one, in numbers."""
    session = session_of(context)
    with open_database(session) as database:
        from jimeng_app.batch import store  # noqa: PLC0415 - of the extra

        batch_id = database.read(partial(store.find_batch, text=name)) if name else None
        batches = database.read(partial(store.list_batches, batch_id=batch_id))
        if as_json:
            out_json([{**each._asdict(), "total": each.total} for each in batches])
        else:
            out("".join(f"{summary_of(each)}\n" for each in batches))
            explained: set[str] = set()
            for each in batches:
                print_pauses(session, each, explained)


@batch.command()
def pause(context: typer.Context, name: OptionalName = None, account: AccountOption = None) -> None:
    """Send no further row of a batch, or of an account, until `resume`."""
    _pause(session_of(context), name, account, paused=True)


@batch.command()
def resume(
    context: typer.Context, name: OptionalName = None, account: AccountOption = None
) -> None:
    """Send rows of a batch, or of an account, again."""
    _pause(session_of(context), name, account, paused=False)


def _pause(session: Session, name: str | None, account: str | None, *, paused: bool) -> None:
    if (name is None) == (account is None):
        raise typer.BadParameter("Name a batch, or an account with --account.")
    with open_database(session) as database:
        from jimeng_app.batch import store  # noqa: PLC0415 - of the extra

        if account:
            why = {"code": "paused", "message": "By command.", "message_zh": "由命令暂停。"}
            reason = why if paused else None
            database.run(partial(store.change_account, name=account, paused=reason))
        elif name:
            batch_id = database.read(partial(store.find_batch, text=name))
            database.run(partial(store.pause_batch, batch_id=batch_id, paused=paused))


@batch.command()
def cancel(context: typer.Context, name: Name) -> None:
    """Cancel the rows that were not sent; those that were are paid, and still saved."""
    _count(session_of(context), name, "cancel_batch", "cancelled")


@batch.command("retry-failed")
def retry_failed(context: typer.Context, name: Name) -> None:
    """Submit the failed rows again, as new tasks; only save those whose task completed."""
    _count(session_of(context), name, "retry_failed", "to try again")


def _count(session: Session, name: str, change: str, text: str) -> None:
    with open_database(session) as database:
        from jimeng_app.batch import store  # noqa: PLC0415 - of the extra

        batch_id = database.read(partial(store.find_batch, text=name))
        act: Callable[..., int] = getattr(store, change)
        out(f"{database.run(partial(act, batch_id=batch_id))} rows {text}\n")


@batch.command()
def limits(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="An account of the settings file.")] = "default",
    running: Annotated[int | None, typer.Option(min=1, help="Tasks at a time.")] = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Submissions a minute.")] = None,
) -> None:
    """Change the limits of an account while workers run, and print them."""
    with open_database(session_of(context)) as database:
        from jimeng_app.batch import store  # noqa: PLC0415 - of the extra

        changed = {"running": running, "per_minute": per_minute}
        values: dict[str, Any] = {k: v for k, v in changed.items() if v is not None}
        if values:
            database.run(partial(store.change_account, name=account, **values))
        for row in database.read(store.accounts_now):
            why = f"  paused: {row['paused']['code']}" if row["paused"] else ""
            out(f"{row['name']}  running {row['running']}  per minute {row['per_minute']}{why}\n")


@batch.command()
def export(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Print the manifest of a batch: CSV for Excel, or JSON."""
    with open_database(session_of(context)) as database:
        from jimeng_app.batch import archive, store  # noqa: PLC0415 - of the extra

        batch_id = database.read(partial(store.find_batch, text=name))
        rows = database.read(partial(store.rows_of, batch_id=batch_id))
        records = [archive.manifest_row(row) for row in rows]
        if as_json:
            out_json(records)
        else:
            out(archive.manifest_csv(records))


@batch.command()
def webhooks(
    context: typer.Context,
    replay: Annotated[
        bool, typer.Option("--replay", help="Deliver them again, or the one that is named.")
    ] = False,
    webhook: Annotated[
        str | None, typer.Argument(metavar="ID", help="A webhook; default: all given up.")
    ] = None,
) -> None:
    """Print the webhooks that were not delivered within a day; deliver them again."""
    with open_database(session_of(context)) as database:
        from jimeng_app.batch import webhook_store  # noqa: PLC0415 - of the extra

        if replay:
            count = database.run(partial(webhook_store.replay_webhooks, webhook_id=webhook))
            out(f"{count} webhooks to deliver again\n")
            return
        for row in database.read(webhook_store.dead_webhooks):
            out(plain(f"{row['id']}  {row['url']}  {row['error']}") + "\n")


def worker(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option(help="Stable name of this worker; default: the host's.")
    ] = None,
) -> None:
    """Run the rows of all batches until Ctrl-C."""
    session = session_of(context)
    with reported_errors(session):
        from jimeng_app.batch.engine import WorkerOptions  # noqa: PLC0415 - of the extra
        from jimeng_app.batch.worker import BatchWorker  # noqa: PLC0415

        environment = session.environment
        options = WorkerOptions(name=name, clock=environment.clock, transport=environment.transport)
        settings = batch_settings(session)
        if settings.log == "json":
            log_as_json()
        with BatchWorker(settings, options) as running:
            stop = StopSignal()  # before it, Ctrl-C ends a start that waits for its database
            session.print_message(
                f"Worker {running.name} runs the batches in {running.database.address}.",
                f"worker {running.name} 正在处理 {running.database.address} 中的批次。",
            )
            stop.wait()
