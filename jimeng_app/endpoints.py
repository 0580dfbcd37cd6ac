"""The named endpoints, which are the MCP tools too, in one registry.

The ways to make something are declared once, in `jimeng_app.request_builders`;
each becomes a pair here:
`submit_…`, and its synchronous twin `generate_…` with the same parameters and `timeout`.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jimeng_core.backends.base import OnUpload
from jimeng_core.errors import InvalidRequest, JimengError, WaitTimeout
from jimeng_core.requests import AnyRequest, Mode
from jimeng_core.rows import Lookup, Row
from jimeng_core.submissions import PreparedRequest
from jimeng_core.tasks import Task

from .call_context import CallContext
from .request_builders import BUILDERS

WAIT = 600
"""Seconds that a synchronous twin waits when nothing else is said."""

EndpointResult = Row | list[Row]


def _one_refusal(call: CallContext, error: JimengError, _given: Sequence[Any]) -> EndpointResult:
    return call.error_row(error)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in for programs."""

    name: str
    doc: str
    """What it does, with an `Args:` section."""
    parameters: tuple[inspect.Parameter, ...]
    """What callers give, in order."""
    run: Callable[..., Awaitable[EndpointResult]]
    """Takes the call, then the parameters."""
    on_error: Callable[[CallContext, JimengError, Sequence[Any]], EndpointResult] = _one_refusal
    """The answer when `run` fails; takes the parameters too."""
    returns: object = Row


async def submit(
    call: CallContext,
    request: AnyRequest | PreparedRequest,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
) -> Row:
    """Submit a request; returns the row of the new task.

    Args:
        call: The call at the door.
        request: What to generate.
        task_id: Id to submit under; None: a new one.
        on_upload: Called after each uploaded picture.
    """
    async with call.jimeng() as jimeng:
        task_id = task_id or call.reserve(jimeng)
        return call.task_row(await jimeng.submit(request, task_id=task_id, on_upload=on_upload))


async def generate(call: CallContext, request: AnyRequest, timeout: float) -> Row:
    """Submit a request and wait; returns the row of the task, unfinished after `timeout`."""
    submitted = call.submitted

    def remember(task: Task) -> None:
        submitted.task = task

    async with call.jimeng() as jimeng:
        task_id = call.reserve(jimeng)
        try:
            task = await jimeng.generate(
                request,
                timeout=min(_seconds(timeout), call.timeout),
                on_update=remember,
                task_id=task_id,
            )
            return call.task_row(task)
        except JimengError as error:
            if submitted.task is None:
                raise
            if isinstance(error, WaitTimeout):
                return call.task_row(submitted.task)
            raise error.about(submitted.task.id) from None  # the task exists: report its id


async def get_video(call: CallContext, task_id: str) -> Row:
    """Ask once how a task is doing: its state, progress, and the video's URL when it is there.

    Args:
        call: Who asks.
        task_id: The id that a submission gave.
    """
    async with call.jimeng() as jimeng:
        return call.task_row(await jimeng.get_video(str(task_id)))


async def get_image(call: CallContext, task_id: str) -> Row:
    """Ask once how a task of images is doing: its state, progress, and their URLs when it is done.

    Args:
        call: Who asks.
        task_id: The id that a submission gave.
    """
    return await get_video(call, task_id)


async def get_videos(call: CallContext, task_ids: list[str]) -> list[Row]:
    """Ask once how many tasks are doing. Every id has its row, in the order asked.

    A row whose look-up failed has state null and an error of its own; the others are not affected.

    Args:
        call: Who asks.
        task_ids: The ids that submissions gave; any number, duplicates allowed.
    """
    if not isinstance(task_ids, list):
        raise InvalidRequest("task_ids must be a list of ids.", "task_ids 应为 ID 列表。")
    found = await look_up(call, [str(task_id) for task_id in task_ids])
    return [call.row(each) for each in found]


async def look_up(call: CallContext, task_ids: Sequence[str]) -> list[Lookup]:
    """The look-ups themselves, which tell more than rows do: how often the upstream wants them."""
    async with call.jimeng() as jimeng:
        return await jimeng.get_videos(task_ids)


def refused_rows(call: CallContext, error: JimengError, ids: Sequence[object]) -> list[Row]:
    """The rows of a look-up that failed as a whole: what went wrong stands at every id."""
    return [call.error_row(error.about(str(task_id))) for task_id in ids]


def registry() -> tuple[Endpoint, ...]:
    """Every endpoint, by the names of contract 6."""
    return (
        *(endpoint for mode, build in BUILDERS.items() for endpoint in _pair(mode, build)),
        *(
            Endpoint(
                get.__name__,
                _doc(get),
                _parameters(get),
                get,
                lambda call, error, given: refused_rows(call, error, given)[0],
            )
            for get in (get_video, get_image)
        ),
        Endpoint(
            "get_videos",
            _doc(get_videos),
            _parameters(get_videos),
            get_videos,
            lambda call, error, given: (
                refused_rows(call, error, given[0])
                if isinstance(given[0], list)
                else [call.error_row(error)]
            ),
            returns=list[Row],
        ),
    )


def _pair(mode: Mode, build: Callable[..., AnyRequest]) -> tuple[Endpoint, Endpoint]:
    """The two endpoints of a mode."""
    parameters = _parameters(build)
    about, _, arguments = _doc(build).partition("\n\nArgs:\n")

    async def submitted(call: CallContext, *given: Any) -> Row:  # noqa: ANN401 - checked by the request
        return await submit(call, build(call.pool.uploads, *given))

    async def generated(call: CallContext, *given: Any) -> Row:  # noqa: ANN401 - the same
        *fields, timeout = given
        return await generate(call, build(call.pool.uploads, *fields), timeout)

    timeout = inspect.Parameter(
        "timeout", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=WAIT, annotation=float
    )
    return (
        Endpoint(
            f"submit_{mode}",
            f"Submit, and get the task's id at once. {about}\n\nArgs:\n{arguments}",
            parameters,
            submitted,
        ),
        Endpoint(
            f"generate_{mode}",
            f"Submit and wait for the result. {about} When the time is up, the task goes on: ask"
            f" for it later by its id.\n\nArgs:\n{arguments}\n"
            f"    timeout: Seconds to wait; {WAIT} if left out, at most 45 over MCP.",
            (*parameters, timeout),
            generated,
        ),
    )


def _doc(run: Callable[..., object]) -> str:
    """The words of a function, without those about its first parameter, which callers never see."""
    first, *_ = inspect.signature(run).parameters
    lines = (inspect.getdoc(run) or "").splitlines()
    return "\n".join(line for line in lines if not line.startswith(f"    {first}:"))


def _parameters(run: Callable[..., object]) -> tuple[inspect.Parameter, ...]:
    """What callers give: every parameter but the first."""
    return tuple(inspect.signature(run).parameters.values())[1:]


def _seconds(given: object) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool) and given >= 0:
        return min(float(given), 86_400.0)
    raise InvalidRequest(
        "timeout is a number of seconds, 0 or more.", "timeout 应为不小于 0 的秒数。"
    )
