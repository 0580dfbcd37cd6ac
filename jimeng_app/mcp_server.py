"""The MCP server: the registry's endpoints as tools, over streamable HTTP, by the official SDK."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from jimeng_core.errors import InvalidRequest

from .argument_reading import read_object
from .call_context import CallContext, context_of
from .client_pool import ClientPool
from .endpoint import Endpoint, EndpointResult
from .endpoints import registry
from .json_body import MAX_BODY, TooLarge, parse_json, read_body
from .request_builders import object_schema
from .version import project_version

PATH: Final = "/gradio_api/mcp"
"""The address at which Gradio serves MCP too; its API panel shows it."""
WAIT_SECONDS: Final = 41.0
"""The longest time that a `generate_…` tool waits."""
DEADLINE_SECONDS: Final = 44.0
"""The time after which every tool has responded (contract 6: 45; most clients give up at 60)."""
MAX_NAME: Final = 80
"""Characters of a request's id, and of a tool's name as a result repeats it."""

_INSTRUCTIONS: Final = (
    "Make videos and images: a submit_… tool returns a row with the task's id at once; look it up"
    " later with get_video, get_videos or get_image, every few seconds, until its state is"
    " completed or failed. estimate says before what a request will probably cost, get_cost what a"
    " task cost; get_last_frame gives the picture with which a next video can begin. Every result"
    " is JSON: its field error says what went wrong."
)
_METHODS: Final = frozenset({"initialize", "ping", "tools/list", "tools/call"})
_HEADERS: Final = ("x-jimeng-token", "x-jimeng-backend")


class McpServer:
    """The tools, behind one address without sessions."""

    def __init__(self, pool: ClientPool) -> None:
        self._pool = pool
        self._endpoints = {endpoint.name: endpoint for endpoint in registry()}
        self._tools = [_tool(endpoint) for endpoint in self._endpoints.values()]
        server: Server[Any, Request] = Server("jimeng-studio", project_version(), _INSTRUCTIONS)
        server.list_tools()(self._list_tools)  # type: ignore[no-untyped-call]
        # Values are read by the endpoints, which return a row for one that does not fit.
        server.call_tool(validate_input=False)(self._call_tool)
        self._server = server
        self._manager = StreamableHTTPSessionManager(
            server, json_response=True, stateless=True, max_request_body_size=2 * MAX_BODY
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve while the block runs; once only."""
        async with self._manager.run():
            yield

    def routes(self) -> list[BaseRoute]:
        """The routes, which must come before Gradio's own."""
        return [Route(f"{PATH}/schema", self._schema), Route(PATH, _Door(self._manager))]

    async def _schema(self, _: Request) -> Response:
        """The tools as Gradio lists them for its API panel and for Hugging Face."""
        meta = {"file_data_present": False, "mcp_type": "tool", "headers": _HEADERS}
        return JSONResponse(
            [{**_described(tool), "endpoint_name": tool.name, "meta": meta} for tool in self._tools]
        )

    async def _list_tools(self) -> list[Tool]:
        """All tools, or those that `?tools=a,b` names: the API panel offers such addresses."""
        request = self._server.request_context.request
        names = request.query_params.get("tools") if request else None
        chosen = names.split(",") if names else self._endpoints
        return [tool for tool in self._tools if tool.name in chosen]

    async def _call_tool(self, name: str, arguments: dict[str, Any]) -> list[TextContent]:
        request = self._server.request_context.request
        assert request is not None  # noqa: S101 - every call comes over HTTP
        call = context_of(self._pool, request, timeout=WAIT_SECONDS)
        endpoint = self._endpoints.get(name)
        result: EndpointResult = (
            await endpoint.call(call, arguments, deadline=DEADLINE_SECONDS)
            if endpoint
            else self._unknown_tool(call, name)
        )
        return [TextContent(type="text", text=json.dumps(result, ensure_ascii=False))]

    def _unknown_tool(self, call: CallContext, name: str) -> EndpointResult:
        names = ", ".join(self._endpoints)
        return call.error_row(
            InvalidRequest(
                f"There is no tool {name!r}; the tools are {names}.",
                f"没有名为 {name!r} 的工具，可用的有 {names}。",
            )
        )


class _Door:
    """The ASGI app in front of the SDK: what the SDK would log or repeat is answered here."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            response = _error(INVALID_REQUEST, "Send JSON-RPC requests by POST.", 405)
            response.headers["Allow"] = "POST"
            await response(scope, receive, send)
            return
        body = bytearray()
        try:
            body = await read_body(Request(scope, receive))
            message = parse_json(body)
            checked = _checked(message)
        except TooLarge as error:
            checked = _error(INVALID_REQUEST, error.message, 413)
        except InvalidRequest as error:
            checked = _error(PARSE_ERROR, error.message, 400)
        if isinstance(checked, Response):
            await checked(scope, receive, send)
            return
        # Results are JSON whatever a client accepts; many name `*/*` or nothing.
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["accept"] = "application/json"
        body = body if checked == message else bytearray(json.dumps(checked).encode())
        await self._manager.handle_request({**scope, "headers": headers.raw}, _replay(body), send)


def _checked(message: Any) -> dict[str, Any] | Response:  # noqa: ANN401 - JSON of any shape
    """A request that the SDK is to answer, or the response to any other message."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return _error(INVALID_REQUEST, "The body is not a JSON-RPC 2.0 message.", 400)
    method, request_id = message.get("method"), message.get("id")
    if request_id is None or not isinstance(method, str):  # notifications and responses
        return Response(status_code=202)
    is_id = isinstance(request_id, str | int) and not isinstance(request_id, bool)
    if not is_id or len(str(request_id)) > MAX_NAME:
        return _error(
            INVALID_REQUEST, f"An id is a whole number or text of up to {MAX_NAME} characters.", 400
        )
    if method not in _METHODS:
        return _error(METHOD_NOT_FOUND, "There is no such method.", 200, request_id)
    params = message.get("params") or {}
    if not isinstance(params, dict):
        return _error(INVALID_PARAMS, "params must be an object.", 200, request_id)
    if method == "tools/call":
        arguments = read_object(params.get("arguments"))
        if arguments is not None and not isinstance(arguments, dict):
            arguments = {"arguments": arguments}  # the endpoint refuses it in a row
        params = {"name": str(params.get("name"))[:MAX_NAME], "arguments": arguments}
    elif method == "initialize":
        params = _complete(params)
    elif method == "tools/list":
        params = {}
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def _complete(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of `initialize`, of which clients leave some out."""
    info = params.get("clientInfo")
    info = info if isinstance(info, dict) else {}
    return {
        "protocolVersion": str(params.get("protocolVersion") or ""),
        "capabilities": {},
        "clientInfo": {name: str(info.get(name, "")) for name in ("name", "version")},
    }


def _replay(body: bytearray) -> Receive:
    """A `receive` that returns a whole body."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _error(code: int, message: str, status: int, request_id: str | int | None = None) -> Response:
    """A JSON-RPC error."""
    error = {"code": code, "message": message}
    return JSONResponse({"jsonrpc": "2.0", "id": request_id, "error": error}, status)


def _tool(endpoint: Endpoint) -> Tool:
    reads = not endpoint.changes
    return Tool(
        name=endpoint.name,
        description=endpoint.summary,
        inputSchema=object_schema(endpoint.parameters),
        annotations=ToolAnnotations(
            readOnlyHint=reads, idempotentHint=reads, destructiveHint=False, openWorldHint=True
        ),
        _meta={"headers": _HEADERS},
    )


def _described(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(
        include={"name", "description", "inputSchema", "annotations"}, exclude_none=True
    )
