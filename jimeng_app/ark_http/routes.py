"""The four calls on their paths: for the configured backend, and for each by its name."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from jimeng_app.absolute_urls import with_absolute_urls
from jimeng_app.call_context import CallContext, context_of
from jimeng_app.client_pool import ClientPool
from jimeng_core import BackendName, InvalidRequest, Lookup, Task, Unauthorized

from .docs_page import POLICY, page
from .list_query import TaskQuery
from .openapi import CREATE_BODY, RESPONSES, describe
from .request_parsing import parse_create
from .response_models import ArkTask, FailedLookup, TaskList, TaskRecord, build_record
from .route_class import ArkRoute, read_body

BASE: Final = "/api/v3"
"""The base URL of the configured backend, as the official SDK calls it; the others' begin with the
name of theirs."""
TASKS: Final = "/contents/generations/tasks"

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="The credential of the backend.")),
]
TaskId = Annotated[str, Path(description="The id that a create answered.")]


class ArkRoutes:
    """The calls to one backend.

    Args:
        pool: The clients.
        backend: Its name.
    """

    def __init__(self, pool: ClientPool, backend: str) -> None:
        self._pool = pool
        self._backend = backend

    async def create(self, request: Request, bearer: Bearer) -> ArkTask:
        """Submit a video, and get the task's id at once; ask for it later by that id."""
        call = self._call(request, bearer)
        order = await anyio.to_thread.run_sync(partial(parse_create, await read_body(request)))
        async with call.jimeng() as jimeng:
            task = await jimeng.submit_video(order.request, task_id=order.task_id)
        return _at_hand(call, task)

    async def get(self, request: Request, bearer: Bearer, task_id: TaskId) -> ArkTask:
        """Ask once how a task is doing: one request to the upstream, no wait."""
        call = self._call(request, bearer)
        async with call.jimeng() as jimeng:
            task = await jimeng.get_video(task_id)
        return _at_hand(call, task)

    async def list(
        self, request: Request, bearer: Bearer, query: Annotated[TaskQuery, Query()]
    ) -> TaskList:
        """Ask once how many tasks are doing. An id that cannot be looked up costs only itself."""
        call = self._call(request, bearer)
        if not query.ids:
            raise InvalidRequest(
                "No list of all tasks is kept here; give the ids as filter.task_ids.",
                "这里不保存全部任务的列表，请用 filter.task_ids 给出任务 ID。",
            )
        asked = query.ids if query.narrows else query.page(query.ids)
        async with call.jimeng() as jimeng:
            found = await jimeng.get_videos(asked)
        _raise_for_account(found)
        told = [_entry(call, each) for each in found]
        fit = [each for each in told if isinstance(each, FailedLookup) or query.fits(each)]
        shown = query.page(fit) if query.narrows else fit
        return TaskList(
            total=len(fit) if query.narrows else len(query.ids),
            items=[each for each in shown if isinstance(each, ArkTask)],
            errors=[each for each in shown if isinstance(each, FailedLookup)],
        )

    async def delete(self, request: Request, bearer: Bearer, task_id: TaskId) -> dict[str, Any]:
        """Cancel a task that waits, or erase the record of one that ended; on `ark` only."""
        call = self._call(request, bearer)
        async with call.jimeng() as jimeng:
            await jimeng.delete_video(task_id)
        return {}

    def _call(self, request: Request, bearer: HTTPAuthorizationCredentials | None) -> CallContext:
        """The call behind a request; whoever may not ask is told so before all else is read."""
        token = bearer.credentials if bearer else ""
        call = context_of(self._pool, request, backend=self._backend, token=token)
        _ = call.access
        return call


def routes(pool: ClientPool) -> list[BaseRoute]:
    """What stands before Gradio's own routes: the calls, and their description."""
    calls = [
        *_calls(ArkRoutes(pool, pool.settings.backend), BASE),
        *(
            route
            for backend in BackendName
            for route in _calls(ArkRoutes(pool, backend), f"/{backend}{BASE}")
        ),
    ]

    document = describe(calls)
    html = page(document)

    async def openapi(request: Request) -> Response:
        return JSONResponse({**document, "servers": [{"url": context_of(pool, request).base}]})

    async def docs(_: Request) -> Response:
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    return [*calls, Route("/openapi.json", openapi), Route("/docs", docs)]


def _calls(door: ArkRoutes, base: str) -> list[BaseRoute]:
    router = APIRouter(prefix=base, route_class=ArkRoute, responses=RESPONSES)
    router.add_api_route(
        TASKS,
        door.create,
        methods=["POST"],
        response_model=TaskRecord,
        openapi_extra=dict(CREATE_BODY),
    )
    router.add_api_route(TASKS, door.list, methods=["GET"])
    router.add_api_route(
        f"{TASKS}/{{task_id}}", door.get, methods=["GET"], response_model=TaskRecord
    )
    router.add_api_route(f"{TASKS}/{{task_id}}", door.delete, methods=["DELETE"])
    return list(router.routes)


def _at_hand(call: CallContext, task: Task) -> ArkTask:
    found = Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC))
    return build_record(with_absolute_urls(found, call.base), chinese=call.chinese)


def _entry(call: CallContext, found: Lookup) -> ArkTask | FailedLookup:
    if found.error:
        return FailedLookup(id=found.id, code=found.error.code, message=call.say(found.error))
    return build_record(with_absolute_urls(found, call.base), chinese=call.chinese)


def _raise_for_account(found: list[Lookup]) -> None:
    """A credential that the upstream does not take is no matter of single ids."""
    for each in found:
        if isinstance(error := each.error, Unauthorized):
            raise Unauthorized(error.message, error.message_zh, upstream_code=error.upstream_code)
