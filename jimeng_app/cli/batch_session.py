"""What the commands of batches share: settings, database, errors, one line for a batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import typer

from jimeng_core import JimengError

from .output import plain
from .session import Session, Status, status_of

if TYPE_CHECKING:
    from jimeng_app.batch.database import Database
    from jimeng_app.batch.settings import BatchSettings
    from jimeng_app.batch.store import BatchStatus


@contextmanager
def reported_errors(session: Session) -> Iterator[None]:
    """Print an error and exit with its status; also when the extra is not installed."""
    try:
        yield
    except JimengError as error:
        session.print_error(error)
        raise typer.Exit(status_of(error, Status.FAILED)) from None
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("jimeng_"):
            raise
        session.print_message(
            f"Batches need the package {error.name}; install them with pip install"
            " 'jimeng-studio[batch]'.",
            f"批量功能缺少 {error.name}，请运行 pip install 'jimeng-studio[batch]'。",
        )
        raise typer.Exit(Status.USAGE_ERROR) from None


def batch_settings(session: Session) -> "BatchSettings":
    """The settings of batches; raises `InvalidRequest` for invalid ones."""
    from jimeng_app.batch.settings import BatchSettings  # noqa: PLC0415 - of the extra

    return BatchSettings.load(session.settings)


@contextmanager
def open_database(session: Session) -> "Iterator[Database]":
    """The database, with its tables."""
    with reported_errors(session):
        from jimeng_app.batch import store  # noqa: PLC0415 - of the extra
        from jimeng_app.batch.database import Database  # noqa: PLC0415
        from jimeng_app.batch.settings import load_accounts  # noqa: PLC0415

        values = batch_settings(session)
        database = Database(values.database())
        try:
            database.create()
            database.run(partial(store.save_accounts, accounts=load_accounts(values)))
            yield database
        finally:
            database.close()


def summary_of(status: "BatchStatus") -> str:
    """A batch on one line."""
    stages = ", ".join(f"{count} {stage}" for stage, count in sorted(status.stages.items()))
    paused = "paused: " if status.paused else ""
    pauses = "".join(f"; account {name}: {why['code']}" for name, why in status.accounts.items())
    return plain(f"{status.id}: {paused}{stages} of {status.total}{pauses}")


def print_pauses(session: Session, status: "BatchStatus", explained: set[str]) -> None:
    """Print why accounts are paused, each once."""
    for name, why in status.accounts.items():
        if name not in explained:
            explained.add(name)
            session.print_message(
                f"Account {name} is paused: {why['message']} Then: jimeng batch resume --account"
                f" {name}",
                f"账号 {name} 已暂停：{why['message_zh']} 处理后运行 jimeng batch resume --account"
                f" {name}",
            )
