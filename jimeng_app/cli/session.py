"""One command: on which backend, in which language, how it ends."""

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from functools import cached_property

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
from jimeng_core.credentials import Advice, read_credential

from .output import note, plain


class Status(IntEnum):
    """What the program exits with. Of several ids the worst one counts: the highest number."""

    OK = 0
    FAILED = 1
    """A task failed, or a submission was refused."""
    USAGE_ERROR = 2
    """The command cannot be carried out as it was given."""
    LOOKUP_FAILED = 3
    """A look-up failed, or a task has not ended."""


class Language(StrEnum):
    """What sentences are written in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Environment:
    """What a command meets outside of itself; tests bring their own."""

    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.AsyncBaseTransport | None = None
    """Stands in for the network to the upstream."""


@dataclass(frozen=True)
class Session:
    """What the options before the command say."""

    environment: Environment
    backend: BackendName | None
    chinese: bool

    @cached_property
    def settings(self) -> Settings:
        """The settings of the environment and `.env`, on the backend that was named.

        Raises:
            InvalidRequest: One does not fit.
        """
        return load_settings(chosen_backend=self.backend)

    def client(self) -> AsyncJimeng:
        """A client, to be closed.

        Raises:
            InvalidRequest: A setting does not fit.
            Unauthorized: The backend needs a credential, and there is none.
        """
        read_credential(self.settings, Advice.ENVIRONMENT)  # the client's own error names `token=`
        return AsyncJimeng(
            settings=self.settings,
            clock=self.environment.clock,
            transport=self.environment.transport,
        )

    def print_message(self, en: str, zh: str, about: str | None = None) -> None:
        """A sentence for the person at the terminal, with the id it is about."""
        sentence = plain(zh if self.chinese else en)
        note(f"{plain(about)}: {sentence}" if about else sentence)

    def print_error(self, error: JimengError, about: str | None = None) -> None:
        """Why something cannot be: one line for each problem, or one sentence."""
        if isinstance(error, InvalidRequest) and error.problems:
            self.list_problems(error.problems)
        else:
            self.print_message(error.message, error.message_zh, about)

    def list_problems(self, problems: Iterable[Problem]) -> None:
        """One line for each problem: its field, and what to do."""
        for problem in problems:
            sentence = problem.message_zh if self.chinese else problem.message
            # Some sentences begin with the field themselves.
            note(plain(f"{problem.field}: {sentence.removeprefix(problem.field).lstrip(' :：')}"))


def open_session(
    context: typer.Context, backend: BackendName | None, language: Language | None
) -> None:
    """Keep what the options say for the command that follows them."""
    environment = context.find_object(Environment) or Environment()
    locales = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chinese = is_chinese(language or next(filter(None, locales), ""))
    context.obj = Session(environment, backend, chinese)


def session_of(context: typer.Context) -> Session:
    """The session of a command."""
    session = context.find_object(Session)
    assert session  # noqa: S101 - made before any command
    return session


def status_of(error: JimengError, otherwise: Status) -> Status:
    """What an error that ends a command comes to."""
    return Status.USAGE_ERROR if isinstance(error, InvalidRequest | InvalidTaskId) else otherwise


def run(session: Session, act: Callable[[], Awaitable[Status]], *, failure: Status) -> None:
    """Carry a command out and exit.

    Args:
        session: Who asks.
        act: The command.
        failure: What an error comes to that ends it.
    """
    try:
        status = anyio.run(act)
    except JimengError as error:
        session.print_error(error)
        status = status_of(error, failure)
    raise typer.Exit(status)
