"""One call at a door: who asks and how to answer. What is neither page nor endpoint meets here."""

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from starlette.requests import Request

from jimeng_core import AsyncJimeng
from jimeng_core.errors import JimengError, NetworkError, SubmitUnconfirmed, UpstreamError
from jimeng_core.lookups import TIMED_OUT
from jimeng_core.rows import Lookup, Row, build_row
from jimeng_core.tasks import Task

from .absolute_urls import base_url, with_absolute_urls
from .access import Access, Caller
from .client_pool import ClientPool

log = logging.getLogger(__name__)

T = TypeVar("T")


R = TypeVar("R")


@dataclass(slots=True)
class SubmittedTask:
    """What is known so far of the task that a call makes."""

    task_id: str | None = None
    """The id it is sent under."""
    task: Task | None = None
    """As it was seen last."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """One call at a door."""

    pool: ClientPool
    caller: Caller
    base: str
    """How links in the answer begin."""
    chinese: bool
    """Whether the answer's sentences are to be Chinese."""
    backend: str = ""
    """The backend that was asked for; empty: none."""
    token: str = ""
    """The credential that the caller brought; empty: none."""
    timeout: float = math.inf
    """The most seconds that the caller waits for one answer."""
    submitted: SubmittedTask = field(default_factory=SubmittedTask, compare=False)

    def __repr__(self) -> str:
        """Without the credential, which also stands among the headers."""
        return f"<Call from {self.caller.address}>"

    @property
    def access(self) -> Access:
        """What this call may use; raises a `JimengError` when that is nothing."""
        return self.pool.grant(self.caller, backend=self.backend, token=self.token)

    def jimeng(self) -> AbstractAsyncContextManager[AsyncJimeng]:
        """The client that this call may use."""
        # The demo's limits are for strangers; whoever runs the app may queue what he likes.
        stranger = self.pool.public or not self.caller.local
        return self.pool.client(self.access, self.caller.visitor if stranger else "")

    def reserve(self, jimeng: AsyncJimeng) -> str:
        """An id for the task that this call makes; whoever gives up waiting is told it."""
        task_id = jimeng.reserve()
        if not jimeng.assigns_ids:
            self.submitted.task_id = task_id
        return task_id

    def known_so_far(self) -> Task | JimengError:
        """What is known when the caller waits no longer."""
        if self.submitted.task:
            return self.submitted.task
        if self.submitted.task_id:
            return SubmitUnconfirmed(task_id=self.submitted.task_id)
        return NetworkError(upstream_code=TIMED_OUT)

    def row(self, found: Lookup) -> Row:
        """The row of a look-up."""
        return with_absolute_urls(found, self.base).row(chinese=self.chinese)

    def task_row(self, task: Task) -> Row:
        """The row of a task that is at hand."""
        return self.row(Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC)))

    def refusal_row(self, error: JimengError) -> Row:
        """The row of something that could not be done."""
        return build_row(error.task_id, None, error, datetime.now(UTC), chinese=self.chinese)

    def say(self, error: JimengError) -> str:
        """An error in the caller's language."""
        return error.message_zh if self.chinese else error.message


def context_of(
    pool: ClientPool,
    request: Request,
    *,
    backend: str = "",
    token: str = "",
    timeout: float = math.inf,
) -> CallContext:
    """The call behind a request.

    Args:
        pool: The clients.
        request: As it came in.
        backend: The backend that was asked for on the page; the header's when empty.
        token: The credential that was typed into the page; the header's when empty.
        timeout: Seconds that the caller waits for one answer.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    # A mounted app (MCP's) adds its own path to the root path; the outer one is kept beside it.
    root = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    return CallContext(
        pool=pool,
        caller=Caller(request.client.host if request.client else None, headers),
        base=base_url(headers, scheme=request.url.scheme, root_path=root),
        chinese=speaks_chinese(headers.get("accept-language", "")),
        backend=backend or headers.get("x-jimeng-backend", ""),
        token=token or headers.get("x-jimeng-token", ""),
        timeout=timeout,
    )


def speaks_chinese(accept_language: str) -> bool:
    """Whether the first of the accepted languages is Chinese (browsers list the best one first)."""
    return accept_language.strip().lower().startswith("zh")


async def handle_errors(
    work: Callable[[], Awaitable[T]], refused: Callable[[JimengError], R]
) -> T | R:
    """The one place where a door's failures end: nothing is raised to a person or a program.

    What nobody foresaw is logged with its traceback, and told as one sentence without a word of it.
    """
    try:
        return await work()
    except JimengError as error:
        return refused(error)
    except Exception:
        log.exception("A door met an error that nobody foresaw.")
        return refused(
            UpstreamError(
                "Something went wrong here; try again, and report it if it stays.",
                "出了点问题，请再试一次；若一直如此请反馈。",
            )
        )
