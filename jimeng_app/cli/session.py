"""The session of one command: its settings and language, its client, and its exit status."""

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Literal, NoReturn

import anyio
import httpx
import typer

from jimeng_app.language import is_chinese
from jimeng_core import (
    AsyncJimeng,
    BackendName,
    Clock,
    InvalidRequest,
    InvalidTaskId,
    JimengError,
    Problem,
    Settings,
    SystemClock,
    load_settings,
)
from jimeng_core.credentials import read_credential

from .output import note, plain


class Status(IntEnum):
    """The exit status; for several ids, the highest of their statuses."""

    OK = 0
    FAILED = 1
    """A task failed, or a submission was refused or is unconfirmed."""
    USAGE_ERROR = 2
    """The options or the request are invalid."""
    LOOKUP_FAILED = 3
    """A look-up failed, or a task has not ended."""


Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Environment:
    """The clock and the network of a command; tests replace them."""

    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.AsyncBaseTransport | None = None
    """Replaces the network to the upstream."""


@dataclass(frozen=True)
class Session:
    """The options that come before a command."""

    environment: Environment
    backend: BackendName | None
    chinese: bool

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment and `.env`; raises `InvalidRequest` for invalid ones."""
        return load_settings(chosen_backend=self.backend)

    def client(self) -> AsyncJimeng:
        """A new client, which the caller closes.

        Raises:
            InvalidRequest: A setting is invalid.
            Unauthorized: The credential of the backend is missing or malformed.
        """
        read_credential(self.settings, "environment")  # the client's own error names `token=`
        return AsyncJimeng(
            settings=self.settings,
            clock=self.environment.clock,
            transport=self.environment.transport,
        )

    def print_message(self, en: str, zh: str, task_id: str | None = None) -> None:
        """Print a sentence to standard error, after the id that it is about."""
        sentence = plain(zh if self.chinese else en)
        note(f"{plain(task_id)}: {sentence}" if task_id else sentence)

    def print_error(self, error: JimengError, task_id: str | None = None) -> None:
        """Print an error: one line for each of its problems, or its message."""
        if isinstance(error, InvalidRequest) and error.problems:
            self.print_problems(error.problems)
        else:
            self.print_message(error.message, error.message_zh, task_id)

    def print_problems(self, problems: Iterable[Problem]) -> None:
        """Print one line for each problem, which begins with the field."""
        for problem in problems:
            sentence = problem.message_zh if self.chinese else problem.message
            # Some sentences begin with the field themselves.
            note(plain(f"{problem.field}: {sentence.removeprefix(problem.field).lstrip(' :：')}"))


def open_session(
    context: typer.Context, backend: BackendName | None, language: Language | None
) -> None:
    """Store the session for the command that follows."""
    environment = context.find_object(Environment) or Environment()
    locales = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chinese = is_chinese(language or next(filter(None, locales), ""))
    context.obj = Session(environment, backend, chinese)


def session_of(context: typer.Context) -> Session:
    """The session of a command."""
    return context.ensure_object(Session)


def status_of(error: JimengError, otherwise: Status) -> Status:
    """The exit status of a command that ended with an error."""
    return Status.USAGE_ERROR if isinstance(error, InvalidRequest | InvalidTaskId) else otherwise


def run(session: Session, command: Callable[[], Awaitable[Status]], *, failure: Status) -> NoReturn:
    """Run a command and exit with its status; with `failure` if it raises, unless for wrong use."""
    try:
        status = anyio.run(command)
    except JimengError as error:
        session.print_error(error)
        status = status_of(error, failure)
    raise typer.Exit(status)
