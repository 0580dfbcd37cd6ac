"""The context of one call at a door: its caller, its access, and the form of its response."""

import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
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
from .access import Access, Caller, grant
from .client_pool import ClientPool
from .language import is_chinese

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class SubmittedTask:
    """The latest knowledge of the task that a call submits."""

    task_id: str | None = None
    """The id it is submitted under."""
    task: Task | None = None
    """The task as of the last look-up."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """One call at a door."""

    pool: ClientPool
    caller: Caller
    base_url: str
    """The beginning of URLs in the response."""
    chinese: bool
    """Whether sentences in the response are Chinese."""
    backend: str = ""
    """The name of the requested backend; empty for the server's default."""
    token: str = ""
    """The caller's own credential; empty for none."""
    timeout: float = math.inf
    """The longest time, in seconds, to wait for a task."""
    submitted: SubmittedTask = field(default_factory=SubmittedTask, compare=False)

    def __repr__(self) -> str:
        """Leave out the credential, which is among the headers too."""
        return f"<Call from {self.caller.address}>"

    @property
    def access(self) -> Access:
        """The access of this call; see `jimeng_app.access.grant` for the errors."""
        pool, public = self.pool, self.pool.public
        return grant(
            pool.settings, self.caller, public=public, backend=self.backend, token=self.token
        )

    def jimeng(self) -> AbstractAsyncContextManager[AsyncJimeng]:
        """The client of this call."""
        return self.pool.client(self.access, self._limited_visitor)

    def slot(self, *, page: bool = False) -> AbstractContextManager[None]:
        """A slot of the server, for a call that waits; see `VisitorLimits.slot` for the error.

        Args:
            page: Whether it is one of those of the page.
        """
        limits = self.pool.page_limits if page else self.pool.visitor_limits
        return limits.slot(self._limited_visitor)

    @property
    def _limited_visitor(self) -> str:
        """The visitor, whose tasks and calls are limited; empty for the app's owner."""
        return self.caller.visitor if self.pool.public or not self.caller.local else ""

    def reserve(self, jimeng: AsyncJimeng, task_id: str | None = None) -> str:
        """The id of the task that this call submits, for `known_so_far` to report.

        Args:
            jimeng: The client of this call.
            task_id: The caller's own id; None: a new one.
        """
        task_id = task_id or jimeng.reserve()
        if not jimeng.assigns_ids:
            self.submitted.task_id = task_id
        return task_id

    def known_so_far(self) -> Task | JimengError:
        """The result of a call that is cut off: its task, or the error that says what is known."""
        if self.submitted.task:
            return self.submitted.task
        if self.submitted.task_id:
            return SubmitUnconfirmed(task_id=self.submitted.task_id)
        return NetworkError(upstream_code=TIMED_OUT)

    def submission_error(self, error: JimengError) -> JimengError:
        """The error of a call, about the task that it submitted, or may have submitted."""
        task, task_id = self.submitted.task, self.submitted.task_id
        if isinstance(error, UnexpectedError) and (task or task_id):
            return SubmitUnconfirmed(task_id=task.id if task else task_id)
        return error.about(task.id) if task else error

    def row(self, lookup: Lookup) -> Row:
        """The row of a look-up."""
        return with_absolute_urls(lookup, self.base_url).row(chinese=self.chinese)

    def task_row(self, task: Task) -> Row:
        """The row of a task."""
        return self.row(Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC)))

    def error_row(self, error: JimengError) -> Row:
        """The row of a call that failed."""
        return build_row(error.task_id, None, error, datetime.now(UTC), chinese=self.chinese)

    def error_message(self, error: JimengError) -> str:
        """The message of an error in the caller's language."""
        return error.message_zh if self.chinese else error.message


def context_of(
    pool: ClientPool,
    request: Request,
    *,
    backend: str = "",
    token: str = "",
    timeout: float = math.inf,
) -> CallContext:
    """The context of an HTTP request.

    Without `backend` or `token`, the values of `X-Jimeng-Backend` and `X-Jimeng-Token` are used.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    # A mounted app (MCP's) appends its own path to `root_path`; the outer path is beside it.
    root_path = request.scope.get("app_root_path", request.scope.get("root_path", ""))
    return CallContext(
        pool=pool,
        caller=Caller(
            request.client.host if request.client else None,
            headers,
            http_version=request.scope.get("http_version", "1.1"),
            trusted_proxies=pool.settings.trusted_proxies,
        ),
        base_url=base_url(headers, scheme=request.url.scheme, root_path=root_path),
        chinese=is_chinese(headers.get("accept-language", "")),
        backend=backend or headers.get("x-jimeng-backend", ""),
        token=token or headers.get("x-jimeng-token", ""),
        timeout=timeout,
    )


class UnexpectedError(UpstreamError):
    """A defect of this program stopped the call; how far it had come is not known."""


async def handle_errors(
    work: Callable[[], Awaitable[T]], on_error: Callable[[JimengError], R]
) -> T | R:
    """The result of `work`, or of `on_error` if it raises: no door raises to its callers.

    An unexpected error is logged with its traceback; `on_error` gets a general sentence instead.
    """
    try:
        return await work()
    except JimengError as error:
        return on_error(error)
    except Exception:  # the doors' outermost frame: callers get a sentence, the log the traceback
        log.exception("Unexpected error in a call.")
        return on_error(
            UnexpectedError(
                "Unexpected error; try again, and report it if it persists.",
                "意外错误，请再试一次；如果仍然出现，请反馈。",
            )
        )
