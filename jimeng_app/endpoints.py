"""The registry of the named endpoints, which are the MCP tools too.

Each mode has two, whose parameters and their descriptions are those of its request's fields:
`submit_…`, and its synchronous twin `generate_…` with `timeout` as well.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jimeng_core.backends.base import OnUpload
from jimeng_core.errors import InvalidRequest, JimengError, WaitTimeout
from jimeng_core.requests import REQUESTS, AnyRequest, Mode
from jimeng_core.rows import Lookup, Row
from jimeng_core.submissions import PreparedRequest
from jimeng_core.tasks import Task

from .call_context import CallContext
from .request_builders import build_request, input_descriptions, input_parameters

WAIT = 600
"""The default `timeout` of a synchronous twin, in seconds."""

EndpointResult = Row | list[Row]


def _refusal(call: CallContext, error: JimengError, _values: Sequence[Any]) -> EndpointResult:
    return call.error_row(error)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named endpoint."""

    name: str
    doc: str
    """Its docstring, with an `Args:` section of one line per parameter: Gradio reads no more."""
    parameters: tuple[inspect.Parameter, ...]
    run: Callable[..., Awaitable[EndpointResult]]
    """Takes the call, then the values of the parameters."""
    on_error: Callable[[CallContext, JimengError, Sequence[Any]], EndpointResult] = _refusal
    """The result when `run` raises; takes the values too."""
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
        *(endpoint for mode in REQUESTS for endpoint in _pair(mode)),
        _lookup(get_video, lambda call, error, values: refused_rows(call, error, values)[0]),
        _lookup(get_image, lambda call, error, values: refused_rows(call, error, values)[0]),
        _lookup(
            get_videos,
            lambda call, error, values: (
                refused_rows(call, error, values[0])
                if isinstance(values[0], list)
                else [call.error_row(error)]
            ),
        ),
    )


def _pair(mode: Mode) -> tuple[Endpoint, Endpoint]:
    """The two endpoints of a mode."""
    parameters = input_parameters(mode)
    about = inspect.getdoc(REQUESTS[mode])
    lines = [f"{name}: {text}" for name, text in input_descriptions(REQUESTS[mode])]

    def built(call: CallContext, values: Sequence[Any]) -> AnyRequest:
        names = (parameter.name for parameter in parameters)
        return build_request(mode, call.pool.uploads, dict(zip(names, values, strict=True)))

    async def submitted(call: CallContext, *values: Any) -> Row:  # noqa: ANN401 - checked by the request
        return await submit(call, built(call, values))

    async def generated(call: CallContext, *values: Any) -> Row:  # noqa: ANN401 - the same
        *fields, timeout = values
        return await generate(call, built(call, fields), timeout)

    timeout = inspect.Parameter(
        "timeout", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=WAIT, annotation=float
    )
    more = f"timeout: Seconds to wait; {WAIT} if left out, at most 45 over MCP."
    return (
        Endpoint(
            f"submit_{mode}",
            _doc(f"Submit, and get the task's id at once. {about}", lines),
            parameters,
            submitted,
        ),
        Endpoint(
            f"generate_{mode}",
            _doc(
                f"Submit and wait for the result. {about} When the time is up, the task is still"
                " running: look it up later by its id.",
                [*lines, more],
            ),
            (*parameters, timeout),
            generated,
        ),
    )


def _doc(about: str, arguments: Sequence[str]) -> str:
    return "\n".join([about, "", "Args:", *(f"    {line}" for line in arguments)])


def _lookup(
    run: Callable[..., Awaitable[EndpointResult]],
    on_error: Callable[[CallContext, JimengError, Sequence[Any]], EndpointResult],
) -> Endpoint:
    """An endpoint with the name, docstring and parameters of a function, but for its `call`."""
    signature = inspect.signature(run)
    lines = (inspect.getdoc(run) or "").splitlines()
    return Endpoint(
        run.__name__,
        "\n".join(line for line in lines if not line.startswith("    call:")),
        tuple(signature.parameters.values())[1:],
        run,
        on_error,
        returns=signature.return_annotation,
    )


def _seconds(timeout: object) -> float:
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout >= 0:
        return min(float(timeout), 86_400.0)
    raise InvalidRequest(
        "timeout is a number of seconds, 0 or more.", "timeout 应为不小于 0 的秒数。"
    )
