"""The database of batches: its tables, and transactions that wait until it can be reached."""

import json
import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import sqlalchemy as sa
from anyio import to_thread
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from jimeng_core import InvalidRequest

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_SECONDS: Final = 1.0
"""Pause before a transaction is tried again."""
_POSTGRES: Final[Mapping[str, Any]] = {
    "pool_pre_ping": True,
    "connect_args": {"connect_timeout": 5},
    "pool_size": 5,
    "max_overflow": 0,
}
"""Of one process, beside DBOS's; the server has 100 connections for all processes by default."""
READ_ONLY: Final[Mapping[str, Any]] = {"reads": True}
"""The execution option of transactions that only read."""

_metadata = sa.MetaData()

BATCHES: Final = sa.Table(
    "jimeng_batches",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, server_default=""),
    # A folder, or a URL that fsspec opens.
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("callback_url", sa.Text),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
    # When its last row ended and everything was saved; None: it is open.
    sa.Column("ended_at", sa.Float),
    # Changes of rows, and those of them that the manifest beside the films has.
    sa.Column("changes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("written", sa.Integer, nullable=False, server_default="0"),
)

ROWS: Final = sa.Table(
    "jimeng_rows",
    _metadata,
    sa.Column("task_id", sa.String(64), primary_key=True),
    sa.Column("batch_id", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("row_key", sa.String(64), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("mode", sa.String(32), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    # How often it was put back; names the workflow.
    sa.Column("run", sa.Integer, nullable=False, server_default="0"),
    # Whether something may have been sent under the task id.
    sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
    # The id to look up: Ark has its own.
    sa.Column("upstream_id", sa.String(64)),
    sa.Column("price", sa.JSON),
    sa.Column("error", sa.JSON),
    sa.Column("result", sa.JSON),
    sa.Column("files", sa.JSON),
    sa.Column("submitted_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.UniqueConstraint("batch_id", "row_key"),
    sa.Index("jimeng_rows_by_stage", "account", "stage", "number"),
)

ACCOUNTS: Final = sa.Table(
    "jimeng_accounts",
    _metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("running", sa.Integer, nullable=False),
    sa.Column("per_minute", sa.Integer, nullable=False),
    # Why a person must act: {code, message, message_zh}; None: it is in use.
    sa.Column("paused", sa.JSON(none_as_null=True)),
    # No submission before this time, and the pause that led to it (seconds).
    sa.Column("not_before", sa.Float, nullable=False, server_default="0"),
    sa.Column("backoff", sa.Float, nullable=False, server_default="0"),
)

WORKERS: Final = sa.Table(
    "jimeng_workers",
    _metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("seen_at", sa.Float, nullable=False),
)

WEBHOOKS: Final = sa.Table(
    "jimeng_webhooks",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("run", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False),
)


class Database:
    """The tables in SQLite or Postgres.

    Args:
        url: As `BatchSettings.database` has it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite and (path := self.path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        options: dict[str, Any] = {} if self.is_sqlite else dict(_POSTGRES)
        self.engine = sa.create_engine(url, json_serializer=_json, **options)
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        # SQLite lets writers wait in no order; this lets those of one process take turns.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database."""
        database = sa.make_url(self.url).database if self.is_sqlite else None
        return Path(database) if database else None

    @property
    def address(self) -> str:
        """Where the database is, without a password."""
        return str(self.path) if self.is_sqlite else sa.make_url(self.url).render_as_string()

    def create(self) -> None:
        """Create the tables that are missing.

        Raises:
            InvalidRequest: The database cannot be used.
        """
        try:
            with self.engine.begin() as connection:
                if not self.is_sqlite:  # two processes that start create nothing twice
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(745216)"))
                _metadata.create_all(connection)
        except DBAPIError as error:
            raise InvalidRequest(
                f"The database at {self.address} cannot be used ({type(error).__name__}); start it,"
                " or correct DATABASE_URL.",
                f"无法使用 {self.address} 处的数据库（{type(error).__name__}），请启动或改正"
                " DATABASE_URL。",
            ) from None

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a function in a transaction, in this thread.

        If another process has just stored the same row, it runs again and finds that row.
        """
        with self._turn:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except IntegrityError:
                with self.engine.begin() as connection:
                    return work(connection)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a function that only reads, in this thread; no writer has to wait for it."""
        with self.engine.connect() as connection:
            return work(connection.execution_options(**READ_ONLY))

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a function in a transaction, in a thread; again while the database is away."""
        return await until_back(partial(to_thread.run_sync, self.run, work))

    async def fetch(self, work: Callable[[sa.Connection], T]) -> T:
        """Run a function that only reads, in a thread; again while the database is away."""
        return await until_back(partial(to_thread.run_sync, self.read, work))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


async def until_back(call: Callable[[], Awaitable[T]]) -> T:
    """The result of a call to the database, made again while that is away."""
    while True:
        try:
            return await call()
        except (DBAPIError, PoolTimeout) as error:
            if not is_away(error):
                raise
            log.warning("The database cannot be used (%s); trying again.", type(error).__name__)
            await anyio.sleep(RETRY_SECONDS)


def is_away(error: Exception) -> bool:
    """Whether an error says that the database cannot be reached, rather than what it was asked."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        return "locked" in str(error.orig)
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
    connection.isolation_level = None  # SQLAlchemy's event begins transactions
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=30000")
