"""The registry of the named endpoints, which are the MCP tools too.

Each mode has two, whose parameters are its request's fields: `submit_…`, and its synchronous twin
`generate_…`, which also takes `timeout`. Three look tasks up, one gives a video's last frame, and
two say what a request will probably cost and what a task cost.
"""

import inspect
from collections.abc import Sequence
from functools import cache

from jimeng_core.backends.base import OnUpload
from jimeng_core.errors import WaitTimeout
from jimeng_core.requests import REQUESTS, AnyRequest, Mode
from jimeng_core.rows import Lookup, Row
from jimeng_core.submissions import PreparedRequest
from jimeng_core.tasks import Task

from .argument_reading import (
    MAX_IDS,
    MAX_SECONDS,
    read_id,
    read_ids,
    read_seconds,
    read_text,
)
from .call_context import CallContext
from .cost_endpoint import cost_endpoint
from .endpoint import SUBMITTED_ID, Endpoint, Values
from .estimate_endpoint import estimate_endpoint
from .last_frame_endpoint import last_frame_endpoint
from .request_builders import InputParameter, build_request, input_parameters


async def submit(
    call: CallContext,
    request: AnyRequest | PreparedRequest,
    task_id: str | None = None,
    on_upload: OnUpload | None = None,
    callback_url: str | None = None,
) -> Row:
    """Submit a request; returns the row of the new task.

    Args:
        call: The call at the door.
        request: What to generate.
        task_id: Id to submit under; None: a new one.
        on_upload: Called while files are uploaded; see `AsyncJimeng.submit`.
        callback_url: Gets a webhook when the task has ended; None: none.
    """
    if callback_url:
        await call.pool.batches.check_watch(call, callback_url)
    async with call.jimeng() as jimeng:
        task_id = call.reserve(jimeng, task_id)
        task = await jimeng.submit(request, task_id=task_id, on_upload=on_upload)
    if callback_url:
        call.submitted.task = task
        await call.pool.batches.watch(call, task, callback_url)
    return call.task_row(task)


async def generate(
    call: CallContext,
    request: AnyRequest,
    timeout: float,
    task_id: str | None = None,
    callback_url: str | None = None,
) -> Row:
    """Submit a request and wait; returns the row of the task, unfinished after `timeout`."""
    submitted = call.submitted

    async def remember(task: Task) -> None:
        first, submitted.task = submitted.task is None, task
        if first and callback_url:
            await call.pool.batches.watch(call, task, callback_url)

    if callback_url:
        await call.pool.batches.check_watch(call, callback_url)
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
        except WaitTimeout:
            if submitted.task is None:
                raise
            return call.task_row(submitted.task)


async def look_up(call: CallContext, task_ids: Sequence[str]) -> list[Lookup]:
    """Look up many tasks; returns the look-ups, which contain more than rows."""
    async with call.jimeng() as jimeng:
        return await jimeng.get_videos(task_ids)


@cache
def registry() -> tuple[Endpoint, ...]:
    """Every endpoint, by the names of contract 6."""
    return (
        *(endpoint for mode in REQUESTS for endpoint in _pair(mode)),
        _one_lookup("get_video", "a video", "the video's URL"),
        _one_lookup("get_image", "an image task", "the images' URLs"),
        _many_lookups(),
        last_frame_endpoint(),
        estimate_endpoint(),
        cost_endpoint(),
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
_CALLBACK_URL = InputParameter(
    "callback_url",
    str,
    "An http(s) URL that gets a signed webhook when the task has ended: task.completed or"
    " task.failed, with the row. For tasks of the server's own account, or of the demo, on a server"
    " that has JIMENG_WEBHOOK_SECRET; public addresses only.",
    {"type": "string"},
    None,
    read_text,
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
    others = {each.name for each in (_TIMEOUT, _TASK_ID, _CALLBACK_URL)}
    about = inspect.getdoc(REQUESTS[mode])

    def request_of(call: CallContext, values: Values) -> AnyRequest:
        fields = {name: values[name] for name in values if name not in others}
        return build_request(mode, call.pool.uploads, fields)

    async def submitted(call: CallContext, values: Values) -> Row:
        ours = {name: values[name] for name in values if name in others}
        return await submit(call, request_of(call, values), **ours)

    async def generated(call: CallContext, values: Values) -> Row:
        ours = {"timeout": MAX_SECONDS} | {name: values[name] for name in values if name in others}
        return await generate(call, request_of(call, values), **ours)

    return (
        Endpoint(
            f"submit_{mode}",
            f"Submit, and get the task's id at once. {about}",
            (*parameters, _CALLBACK_URL, _TASK_ID),
            submitted,
            changes=True,
        ),
        Endpoint(
            f"generate_{mode}",
            f"Submit and wait for the result. {about} When the time is up, the task is still"
            " running: look it up later by its id.",
            (*parameters, _TIMEOUT, _CALLBACK_URL, _TASK_ID),
            generated,
            changes=True,
        ),
    )


def _one_lookup(name: str, task: str, result: str) -> Endpoint:
    async def run(call: CallContext, values: Values) -> Row:
        async with call.jimeng() as jimeng:
            return call.task_row(await jimeng.get_video(values["task_id"]))

    return Endpoint(
        name,
        f"Look up {task} once: its state, its progress, and {result} when it is completed.",
        (SUBMITTED_ID,),
        run,
        looks_up=True,
        waits=False,
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
        waits=False,
    )
