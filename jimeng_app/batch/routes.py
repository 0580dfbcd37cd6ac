"""HTTP for batches: `/api/batches`, with its OpenAPI description at `/api/openapi.json`."""

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import FastAPI, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from jimeng_app.call_context import CallContext, context_of
from jimeng_app.client_pool import ClientPool
from jimeng_app.json_body import MAX_BODY
from jimeng_app.uploads import RangedFile
from jimeng_app.zip_stream import zip_folder
from jimeng_core import InvalidRequest, JimengError, NotFound, Unauthorized

from .archive import manifest_csv, manifest_row
from .metrics import may_read, render
from .planning import CheckedTable
from .service import BatchService, Upload
from .store import BatchStatus

MAX_PICTURES: Final = 500
Action = Literal["pause", "resume", "cancel", "retry-failed"]


def batch_app(pool: ClientPool, service: BatchService) -> ASGIApp:
    """The routes of batches below `/api`, and `/metrics`."""
    app = FastAPI(
        title="JiMeng Studio: batches",
        version="1",
        description="A table in, a folder of films out; see docs/batches.md.",
        docs_url=None,
        redoc_url=None,
    )
    calls = BatchCalls(pool, service)
    app.add_exception_handler(JimengError, calls.refuse)
    app.post("/batches", status_code=HTTPStatus.CREATED)(calls.submit)
    app.get("/batches")(calls.batches)
    app.get("/batches/{batch_id}")(calls.batch)
    app.get("/batches/{batch_id}/manifest.csv")(calls.manifest)
    app.get("/batches/{batch_id}/results.zip")(calls.results)
    app.get("/batches/{batch_id}/files/{path:path}")(calls.file)
    app.post("/batches/{batch_id}/{action}")(calls.change)
    return Router([Mount("/api", _Limited(app)), Route("/metrics", calls.metrics)])


class BatchCalls:
    """The calls of the routes."""

    def __init__(self, pool: ClientPool, service: BatchService) -> None:
        self._pool = pool
        self._service = service

    def _call(self, request: Request) -> CallContext:
        return context_of(self._pool, request)

    async def metrics(self, request: Request) -> Response:
        """The numbers for Prometheus: on this machine, or with the bearer of the settings."""
        local, settings = self._call(request).caller.local, self._service.settings
        if not may_read(request, settings.metrics_token, local=local):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        database, worker = await self._service.database(), self._service.worker
        engines = [worker.engine.metrics] if worker and worker.engine else []
        text = await to_thread.run_sync(render, database, engines)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def refuse(self, request: Request, error: Exception) -> Response:
        """The response to a call that failed."""
        assert isinstance(error, JimengError)  # noqa: S101 - by its registration
        return _refusal(self._call(request), error)

    async def submit(
        self,
        request: Request,
        table: Annotated[UploadFile, File(description="CSV, XLSX or JSON Lines.")],
        pictures: Annotated[list[UploadFile] | None, File(description="By their names.")] = None,
        name: Annotated[str, Form(description="The batch; default: the table's name.")] = "",
        account: Annotated[str, Form(description="Who pays.")] = "",
        template: Annotated[str, Form(description="Names of the files.")] = "",
        callback_url: Annotated[str | None, Form(description="Receives webhooks.")] = None,
        max_cost: Annotated[float | None, Form(description="In the unit of the price.")] = None,
        skip_bad: Annotated[bool, Form(description="Submit the good rows.")] = False,
        dry_run: Annotated[bool, Form(description="Store nothing.")] = False,
    ) -> Response:
        """Check a table, and submit it as a batch; the same one again continues it."""
        call = self._call(request)
        upload = Upload(
            data=await table.read(),
            file_name=table.filename or "table.csv",
            pictures={
                each.filename or "": await each.read() for each in (pictures or [])[:MAX_PICTURES]
            },
            name=name[:80],
            account=account,
            template=template,
            callback_url=callback_url or None,
        )
        parsed, checked = await self._service.check(call, upload)
        answer = described(call, checked)
        if checked.problems and not skip_bad:
            return JSONResponse(answer, HTTPStatus.BAD_REQUEST)
        if dry_run or not checked.rows:
            return JSONResponse(answer, HTTPStatus.OK)
        batch_id, changes = await self._service.submit(parsed, checked, max_cost)
        batch = status_json(await self._service.batch(call, batch_id))
        return JSONResponse(answer | {"batch": batch} | changes._asdict(), HTTPStatus.CREATED)

    async def batches(self, request: Request) -> Response:
        """The batches, newest first."""
        found = await self._service.batches(self._call(request))
        return JSONResponse({"batches": [status_json(each) for each in found]})

    async def batch(self, request: Request, batch_id: str) -> Response:
        """A batch in numbers, and its rows."""
        call = self._call(request)
        status = status_json(await self._service.batch(call, batch_id))
        rows = await self._service.rows(call, batch_id)
        return JSONResponse(status | {"rows": [manifest_row(row) for row in rows]})

    async def manifest(self, request: Request, batch_id: str) -> Response:
        """The rows as CSV for Excel."""
        rows = await self._service.rows(self._call(request), batch_id)
        text = manifest_csv([manifest_row(row) for row in rows])
        return Response(text.encode(), media_type="text/csv; charset=utf-8")

    async def results(self, request: Request, batch_id: str) -> Response:
        """The saved files of a batch whose folder is on this machine."""
        status = await self._service.batch(self._call(request), batch_id)
        folder = Path(status.target)
        if not await to_thread.run_sync(folder.is_dir):
            raise NotFound("Nothing has been saved here yet.", "尚未保存任何结果。")
        return StreamingResponse(zip_folder(folder), media_type="application/zip")

    async def file(self, request: Request, batch_id: str, path: str) -> Response:
        """A saved file of a batch, or a range of it."""
        call = self._call(request)
        status = await self._service.batch(call, batch_id)
        rows = await self._service.rows(call, batch_id)
        if path not in {each["path"] for row in rows for each in row["files"] or []}:
            raise NotFound("This batch has no such file.", "该批次没有这个文件。")
        found = Path(status.target) / path
        if not await to_thread.run_sync(found.is_file):
            raise NotFound("This batch has no such file.", "该批次没有这个文件。")
        return RangedFile(found, headers={"X-Content-Type-Options": "nosniff"})

    async def change(self, request: Request, batch_id: str, action: Action) -> Response:
        """Pause, resume, cancel or retry-failed."""
        call = self._call(request)
        await self._service.change(call, batch_id, action)
        return JSONResponse(status_json(await self._service.batch(call, batch_id)))


class _Limited:
    """The app behind a limit of bodies, which are not read into memory without one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = dict(scope.get("headers", ())).get(b"content-length", b"")
        posts = scope.get("method") == "POST"
        if posts and (not length.isdigit() or int(length) > MAX_BODY):
            detail = f"A body has a length, of {MAX_BODY >> 20} MB at most."
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await JSONResponse({"error": {"message": detail}}, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def described(call: CallContext, checked: CheckedTable) -> dict[str, Any]:
    """What was found in a table: rows that may be submitted, their price, and problems."""
    return {
        "ready": len(checked.rows),
        "estimate": {unit: float(amount) for unit, amount in checked.estimate.totals.items()},
        "unknown_prices": checked.estimate.unknown,
        "problems": [
            {
                "row": each.row,
                "column": each.problem.field,
                "message": each.problem.message_zh if call.chinese else each.problem.message,
            }
            for each in checked.problems
        ],
    }


def status_json(status: BatchStatus) -> dict[str, Any]:
    """A batch as JSON; where its files lie on the server's disk is not part of it."""
    iso = {
        name: value and datetime.fromtimestamp(value, UTC).isoformat()
        for name, value in (("created_at", status.created_at), ("ended_at", status.ended_at))
    }
    return {
        "id": status.id,
        "name": status.name,
        "paused": status.paused,
        "total": status.total,
        "open": status.open,
        "stages": dict(status.stages),
        "paused_accounts": {name: dict(why) for name, why in status.accounts.items()},
        **iso,
    }


def _refusal(call: CallContext, error: JimengError) -> Response:
    status = HTTPStatus.BAD_GATEWAY
    if isinstance(error, InvalidRequest):
        status = HTTPStatus.BAD_REQUEST
    elif isinstance(error, NotFound):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, Unauthorized):
        status = HTTPStatus.UNAUTHORIZED
    body = {"code": error.code.value, "message": call.error_message(error)}
    return JSONResponse({"error": body}, status)
