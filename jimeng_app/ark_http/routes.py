"""The routes in Ark's dialect: create, get, list and delete, for each backend."""

from datetime import UTC, datetime
from functools import cache, partial
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from jimeng_app.absolute_urls import with_absolute_urls
from jimeng_app.call_context import CallContext, context_of, handle_errors
from jimeng_app.client_pool import ClientPool
from jimeng_app.json_body import read_body
from jimeng_app.lenient_routes import LenientRoutes
from jimeng_core import BackendName, InvalidRequest, JimengError, Lookup, Task, Unauthorized
from jimeng_core.pasted_text import excerpt
from jimeng_core.problems import invalid_field

from .docs_page import POLICY, page
from .list_query import MAX_IDS, TaskQuery
from .openapi import CREATE_BODY, RESPONSES, describe
from .request_parsing import ArkCreate, parse_create
from .response_models import ArkTask, FailedLookup, TaskList, TaskRecord, build_record
from .route_class import ArkRoute

BASE: Final = "/api/v3"
"""The base path of the configured backend; another backend's is preceded by its name."""
TASKS: Final = "/contents/generations/tasks"

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="The credential of the backend.")),
]
TaskId = Annotated[str, Path(description="The id from the response to a create.")]


class ArkRoutes:
    """The calls to one backend."""

    def __init__(self, pool: ClientPool, backend: str) -> None:
        self._pool = pool
        self._backend = backend

    async def create(self, request: Request, bearer: Bearer) -> ArkTask:
        """Submit a video and return its task at once; look the task up later by its id."""
        call = self._call(request, bearer)
        with call.slot():
            body = await read_body(request)
            create = await to_thread.run_sync(partial(parse_create, body))
            task = await handle_errors(lambda: self._submit(call, create), call.submission_error)
        if isinstance(task, JimengError):
            raise task
        return _record(call, task)

    async def _submit(self, call: CallContext, create: ArkCreate) -> Task:
        if create.callback_url:
            await self._pool.batches.check_watch(call, create.callback_url)
        async with call.jimeng() as jimeng:
            own = create.options.chosen()
            client = jimeng.with_ark(create.options) if own else jimeng
            if create.draft_id:
                task = await client.finish_draft(create.draft_id, model=create.request.model)
            else:
                task_id = call.reserve(jimeng, create.task_id)
                task = await client.submit_video(create.request, task_id=task_id)
        if create.callback_url:
            call.submitted.task = task
            await self._pool.batches.watch(call, task, create.callback_url)
        return task

    async def get(self, request: Request, bearer: Bearer, task_id: TaskId) -> ArkTask:
        """Look up one task: one request to the upstream, no wait."""
        call = self._call(request, bearer)
        async with call.jimeng() as jimeng:
            task = await jimeng.get_video(task_id)
        return _record(call, task)

    async def list(
        self, request: Request, bearer: Bearer, query: Annotated[TaskQuery, Query()]
    ) -> TaskList:
        """Look up many tasks. An id whose look-up fails does not affect the others."""
        call = self._call(request, bearer)
        if not query.ids:
            raise InvalidRequest(
                "The server has no list of all tasks; send the ids as filter.task_ids.",
                "服务器不保存全部任务的列表，请用 filter.task_ids 给出任务 ID。",
            )
        if len(query.ids) > MAX_IDS:
            raise invalid_field(
                "filter.task_ids",
                f"A list takes at most {MAX_IDS} ids, not {len(query.ids)}; send several.",
                f"一次最多查询 {MAX_IDS} 个任务 ID，现在是 {len(query.ids)} 个，请分几次查询。",
            )
        async with call.jimeng() as jimeng:
            lookups = await jimeng.get_videos(
                query.ids if query.filtered else query.page(query.ids)
            )
        entries = [_entry(call, lookup) for lookup in lookups]
        if query.filtered:
            entries = [
                entry
                for entry in entries
                if isinstance(entry, FailedLookup) or query.matches(entry)
            ]
        page = query.page(entries) if query.filtered else entries
        return TaskList(
            total=len(entries) if query.filtered else len(query.ids),
            items=[entry for entry in page if isinstance(entry, ArkTask)],
            errors=[entry for entry in page if isinstance(entry, FailedLookup)],
        )

    async def delete(self, request: Request, bearer: Bearer, task_id: TaskId) -> dict[str, Any]:
        """Cancel a task in the queue, or delete the record of one that ended; `ark` only."""
        call = self._call(request, bearer)
        async with call.jimeng() as jimeng:
            await jimeng.delete_video(task_id)
        return {}

    def _call(self, request: Request, bearer: HTTPAuthorizationCredentials | None) -> CallContext:
        token = bearer.credentials if bearer else ""
        call = context_of(self._pool, request, backend=self._backend, token=token)
        _ = call.access  # raises before the body is read
        return call


def routes(pool: ClientPool) -> list[BaseRoute]:
    """The routes and their description, which must come before Gradio's own routes."""
    calls = _calls(ArkRoutes(pool, pool.settings.backend), BASE)
    for backend in BackendName:
        calls += _calls(ArkRoutes(pool, backend), f"/{backend}{BASE}")

    @cache
    def document() -> dict[str, Any]:
        return describe(calls)

    @cache
    def html() -> str:
        return page(document())

    async def openapi(request: Request) -> Response:
        described = await to_thread.run_sync(document)
        base_url = context_of(pool, request).base_url
        return JSONResponse({**described, "servers": [{"url": base_url or "/"}]})

    async def docs(_: Request) -> Response:
        text = await to_thread.run_sync(html)
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})

    return [LenientRoutes([*calls, Route("/openapi.json", openapi), Route("/docs", docs)])]


def _calls(handlers: ArkRoutes, base: str) -> list[BaseRoute]:
    router = APIRouter(prefix=base, route_class=ArkRoute, responses=RESPONSES)
    one = f"{TASKS}/{{task_id}}"
    router.post(TASKS, response_model=TaskRecord, openapi_extra=CREATE_BODY)(handlers.create)
    router.get(TASKS)(handlers.list)
    router.get(one, response_model=TaskRecord)(handlers.get)
    router.delete(one)(handlers.delete)
    return list(router.routes)


def _record(call: CallContext, task: Task) -> ArkTask:
    lookup = Lookup(id=task.id, task=task, error=None, checked_at=datetime.now(UTC))
    return build_record(with_absolute_urls(lookup, call.base_url), chinese=call.chinese)


def _entry(call: CallContext, lookup: Lookup) -> ArkTask | FailedLookup:
    error = lookup.error
    if isinstance(error, Unauthorized):  # of the account, and so of the whole call
        raise Unauthorized(error.message, error.message_zh, upstream_code=error.upstream_code)
    if error:
        message = call.error_message(error)
        return FailedLookup(id=excerpt(lookup.id), code=error.code, message=message)
    return build_record(with_absolute_urls(lookup, call.base_url), chinese=call.chinese)
