"""The registry of the named endpoints, which are the MCP tools too.

Each mode has two, whose parameters and their descriptions are those of its request's fields:
`submit_…`, and its synchronous twin `generate_…` with `timeout` as well.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named endpoint."""

    name: str
    doc: str
    """Its docstring, with an `Args:` section of one line per parameter: Gradio reads no more."""
    parameters: tuple[inspect.Parameter, ...]
    run: Callable[..., Awaitable[EndpointResult]]
    """Takes the call, then the values of the parameters."""
    returns: object = Row
    looks_up: bool = False
    """Whether its parameter is an id, or a list of ids where it returns a list of rows."""

    def on_error(
        self, call: CallContext, error: JimengError, values: Sequence[Any]
    ) -> EndpointResult:
        """The result when `run` raises: the error's row, or for a look-up one per id."""
        if not self.looks_up:
            return call.error_row(error)
        if self.returns is Row:
            return error_rows(call, error, values)[0]
        [ids] = values
        return error_rows(call, error, ids) if isinstance(ids, list) else [call.error_row(error)]


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
    """Look up a task once: its state, its progress, and the video's URL when it is completed.

    Args:
        call: The call at the door.
        task_id: The id that the submission returned.
    """
    async with call.jimeng() as jimeng:
        return call.task_row(await jimeng.get_video(str(task_id)))


async def get_image(call: CallContext, task_id: str) -> Row:
    """Look up an image task once: its state, its progress, and the URLs when it is completed.

    Args:
        call: The call at the door.
        task_id: The id that the submission returned.
    """
    return await get_video(call, task_id)


async def get_videos(call: CallContext, task_ids: list[str]) -> list[Row]:
    """Look up many tasks once; returns one row per id, in the same order.

    A failed look-up affects no other: its row has the state null and an error.

    Args:
        call: The call at the door.
        task_ids: The ids that the submissions returned; any number, duplicates allowed.
    """
    if not isinstance(task_ids, list):
        raise InvalidRequest("task_ids must be a list of ids.", "task_ids 应为 ID 列表。")
    lookups = await look_up(call, [str(task_id) for task_id in task_ids])
    return [call.row(lookup) for lookup in lookups]


async def look_up(call: CallContext, task_ids: Sequence[str]) -> list[Lookup]:
    """Look up many tasks; returns the look-ups, which contain more than rows."""
    async with call.jimeng() as jimeng:
        return await jimeng.get_videos(task_ids)


def error_rows(call: CallContext, error: JimengError, ids: Sequence[object]) -> list[Row]:
    """The rows of a look-up that failed as a whole: the same error for each id."""
    return [call.error_row(error.about(str(task_id))) for task_id in ids]


def registry() -> tuple[Endpoint, ...]:
    """Every endpoint, by the names of contract 6."""
    return (
        *(endpoint for mode in REQUESTS for endpoint in _pair(mode)),
        *(_lookup(run) for run in (get_video, get_image, get_videos)),
    )


def _pair(mode: Mode) -> tuple[Endpoint, Endpoint]:
    """The two endpoints of a mode."""
    parameters = tuple(input_parameters(REQUESTS[mode]))
    about = inspect.getdoc(REQUESTS[mode])
    descriptions = dict(input_descriptions(REQUESTS[mode]))

    def built(call: CallContext, values: Sequence[Any]) -> AnyRequest:
        fields = dict(zip(descriptions, values, strict=True))
        return build_request(mode, call.pool.uploads, fields)

    async def submitted(call: CallContext, *values: Any) -> Row:  # noqa: ANN401 - checked by the request
        return await submit(call, built(call, values))

    async def generated(call: CallContext, *values: Any) -> Row:  # noqa: ANN401 - the same
        *fields, timeout = values
        return await generate(call, built(call, fields), timeout)

    timeout = inspect.Parameter(
        "timeout", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=WAIT, annotation=float
    )
    wait = f"Seconds to wait; {WAIT} if left out, at most 45 over MCP."
    submit_doc = f"Submit, and get the task's id at once. {about}"
    generate_doc = (
        f"Submit and wait for the result. {about} When the time is up, the task is still running:"
        " look it up later by its id."
    )
    return (
        Endpoint(f"submit_{mode}", _doc(submit_doc, descriptions), parameters, submitted),
        Endpoint(
            f"generate_{mode}",
            _doc(generate_doc, descriptions | {"timeout": wait}),
            (*parameters, timeout),
            generated,
        ),
    )


def _doc(about: str, descriptions: Mapping[str, str]) -> str:
    lines = (f"    {name}: {description}" for name, description in descriptions.items())
    return "\n".join([about, "", "Args:", *lines])


def _lookup(run: Callable[..., Awaitable[EndpointResult]]) -> Endpoint:
    """An endpoint with the name, docstring and parameters of a function, except for `call`."""
    signature = inspect.signature(run)
    lines = (inspect.getdoc(run) or "").splitlines()
    return Endpoint(
        run.__name__,
        "\n".join(line for line in lines if not line.startswith("    call:")),
        tuple(signature.parameters.values())[1:],
        run,
        signature.return_annotation,
        looks_up=True,
    )


def _seconds(timeout: object) -> float:
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout >= 0:
        return min(float(timeout), 86_400.0)
    raise InvalidRequest(
        "timeout is a number of seconds, 0 or more.", "timeout 应为不小于 0 的秒数。"
    )
