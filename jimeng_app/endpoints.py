"""The registry of the named endpoints, which are the MCP tools too.

Each mode has two, whose parameters are its request's fields: `submit_…`, and its synchronous twin
`generate_…`, which also takes `timeout`.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from jimeng_core.backends.base import OnUpload
from jimeng_core.errors import JimengError, WaitTimeout
from jimeng_core.problems import from_pydantic
from jimeng_core.requests import REQUESTS, AnyRequest, Mode
from jimeng_core.rows import Lookup, Row
from jimeng_core.submissions import PreparedRequest
from jimeng_core.tasks import Task

from .argument_reading import (
    MAX_IDS,
    MAX_SECONDS,
    is_left_out,
    read_id,
    read_ids,
    read_seconds,
)
from .background_tasks import with_timeout
from .call_context import CallContext, handle_errors
from .request_builders import InputParameter, build_request, input_parameters

EndpointResult = Row | list[Row]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named endpoint."""

    name: str
    summary: str
    parameters: tuple[InputParameter, ...]
    run: Callable[[CallContext, Values], Awaitable[EndpointResult]]
    """Takes the call and the values by name, in which those that were read are not left out."""
    returns: object = Row
    looks_up: bool = False
    """Whether its parameter is an id, or a list of ids where it returns a list of rows."""

    async def call(
        self, call: CallContext, arguments: Values, *, deadline: float | None = None
    ) -> EndpointResult:
        """The result of a call; never raises.

        Args:
            call: The call at the door.
            arguments: JSON values by the names of the parameters, not validated yet.
            deadline: Seconds after which to return what is known, while the work continues.
        """
        values: dict[str, Any] = {}

        async def run() -> EndpointResult:
            values.update(self._read(arguments))
            with nullcontext() if self.looks_up else call.seat():
                return await self.run(call, values)

        def on_error(error: JimengError) -> EndpointResult:
            return self._error_rows(call, error, values)

        def on_timeout() -> EndpointResult:
            known = call.known_so_far()
            return on_error(known) if isinstance(known, JimengError) else call.task_row(known)

        work = handle_errors(run, on_error)
        return await (with_timeout(deadline, work, on_timeout) if deadline else work)

    def by_position(self, values: Sequence[Any]) -> dict[str, Any]:
        """Values by the names of the parameters; those beyond have names that none has.

        A default counts as left out, so that the model's own applies: Gradio's clients fill in the
        defaults of what their callers leave out.
        """
        names = [parameter.name for parameter in self.parameters]
        names += [f"data[{i}]" for i in range(len(names), len(values))]
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        return {
            name: value
            for name, value in zip(names, values, strict=False)
            if value is not None and (name not in defaults or value != defaults[name])
        }

    def _read(self, arguments: Values) -> dict[str, Any]:
        """The values by name.

        Raises:
            InvalidRequest: There is no such parameter, one is missing, or a value does not fit.
        """
        names = [parameter.name for parameter in self.parameters]
        if unknown := [name for name in arguments if name not in names]:
            raise from_pydantic([{"type": "extra_forbidden", "loc": unknown[:1]}])
        if self.looks_up and is_left_out(arguments.get(names[0])):
            raise from_pydantic([{"type": "missing", "loc": names}])
        values = dict(arguments)
        for name, _, _, _, _, read in self.parameters:
            if read and is_left_out(values.get(name)):
                values.pop(name, None)
            elif read:
                values[name] = read(values[name], name)
        return values

    def _error_rows(self, call: CallContext, error: JimengError, values: Values) -> EndpointResult:
        """The result of a call that failed: the error's row, or for a look-up one per id."""
        if not (self.looks_up and values):
            return call.error_row(error) if self.returns is Row else [call.error_row(error)]
        [ids] = values.values()
        return (
            error_rows(call, error, [ids])[0]
            if self.returns is Row
            else error_rows(call, error, ids)
        )


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
        task_id = call.reserve(jimeng, task_id)
        return call.task_row(await jimeng.submit(request, task_id=task_id, on_upload=on_upload))


async def generate(
    call: CallContext, request: AnyRequest, timeout: float, task_id: str | None = None
) -> Row:
    """Submit a request and wait; returns the row of the task, unfinished after `timeout`."""
    submitted = call.submitted

    def remember(task: Task) -> None:
        submitted.task = task

    async with call.jimeng() as jimeng:
        task_id = call.reserve(jimeng, task_id)
        try:
            task = await jimeng.generate(
                request,
                timeout=min(timeout, call.timeout),
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


async def look_up(call: CallContext, task_ids: Sequence[str]) -> list[Lookup]:
    """Look up many tasks; returns the look-ups, which contain more than rows."""
    async with call.jimeng() as jimeng:
        return await jimeng.get_videos(task_ids)


def error_rows(call: CallContext, error: JimengError, ids: Sequence[str]) -> list[Row]:
    """The rows of a look-up that failed as a whole: the same error for each id."""
    return [call.error_row(error.about(task_id)) for task_id in ids]


def registry() -> tuple[Endpoint, ...]:
    """Every endpoint, by the names of contract 6."""
    return (
        *(endpoint for mode in REQUESTS for endpoint in _pair(mode)),
        _one_lookup("get_video", "a video", "the video's URL"),
        _one_lookup("get_image", "an image task", "the images' URLs"),
        _many_lookups(),
    )


_TASK_ID = InputParameter(
    "task_id",
    str,
    "An id that was made earlier for this very request (a UUID of version 7): it is looked up"
    " first, and the request is sent only when there is no task, so that repeating the call is"
    " safe. Leave it out for a new id.",
    {"type": "string"},
    None,
    read_id,
)
_TIMEOUT = InputParameter(
    "timeout",
    float,
    f"Seconds to wait, at most {MAX_SECONDS}, which is the default; over MCP at most 45. Keep it"
    " below the time after which a gateway ends a request.",
    {"type": "number", "minimum": 0, "maximum": MAX_SECONDS},
    MAX_SECONDS,
    read_seconds,
)


def _pair(mode: Mode) -> tuple[Endpoint, Endpoint]:
    """The two endpoints of a mode."""
    parameters = tuple(input_parameters(REQUESTS[mode]))
    about = inspect.getdoc(REQUESTS[mode])

    def request_of(call: CallContext, values: Values) -> AnyRequest:
        fields = {name: values[name] for name in values if name not in {"timeout", "task_id"}}
        return build_request(mode, call.pool.uploads, fields)

    async def submitted(call: CallContext, values: Values) -> Row:
        return await submit(call, request_of(call, values), values.get("task_id"))

    async def generated(call: CallContext, values: Values) -> Row:
        timeout = values.get("timeout", MAX_SECONDS)
        return await generate(call, request_of(call, values), timeout, values.get("task_id"))

    return (
        Endpoint(
            f"submit_{mode}",
            f"Submit, and get the task's id at once. {about}",
            (*parameters, _TASK_ID),
            submitted,
        ),
        Endpoint(
            f"generate_{mode}",
            f"Submit and wait for the result. {about} When the time is up, the task is still"
            " running: look it up later by its id.",
            (*parameters, _TIMEOUT, _TASK_ID),
            generated,
        ),
    )


def _one_lookup(name: str, task: str, result: str) -> Endpoint:
    async def run(call: CallContext, values: Values) -> Row:
        async with call.jimeng() as jimeng:
            return call.task_row(await jimeng.get_video(values["task_id"]))

    task_id = InputParameter(
        "task_id",
        str,
        "The id that the submission returned.",
        {"type": "string"},
        read=read_id,
    )
    return Endpoint(
        name,
        f"Look up {task} once: its state, its progress, and {result} when it is completed.",
        (task_id,),
        run,
        looks_up=True,
    )


def _many_lookups() -> Endpoint:
    async def run(call: CallContext, values: Values) -> list[Row]:
        return [call.row(lookup) for lookup in await look_up(call, values["task_ids"])]

    task_ids = InputParameter(
        "task_ids",
        list[str],
        f"The ids that the submissions returned; up to {MAX_IDS}, duplicates allowed.",
        {"type": "array", "items": {"type": "string"}, "maxItems": MAX_IDS},
        read=read_ids,
    )
    return Endpoint(
        "get_videos",
        "Look up many tasks once; returns one row per id, in the same order. A failed look-up"
        " affects no other: its row has the state null and an error.",
        (task_ids,),
        run,
        list[Row],
        looks_up=True,
    )
