import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from jimeng_app.endpoints import registry
from jimeng_app.request_builders import input_parameters
from jimeng_core.requests import REQUESTS, Mode
from tests.each import each

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def session(app_url: str) -> AsyncIterator[ClientSession]:
    """The official client, over streamable HTTP."""
    async with (
        streamable_http_client(f"{app_url}gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as mcp,
    ):
        await mcp.initialize()
        yield mcp


async def call(mcp: ClientSession, name: str, **arguments: object) -> Any:
    """The result of a tool, which is JSON in one text."""
    result = await mcp.call_tool(name, arguments)
    assert not result.isError
    [content] = result.content
    assert isinstance(content, TextContent)
    return json.loads(content.text)


async def test_tools_are_the_endpoints(app_url: str) -> None:
    """The tools are exactly the named endpoints, each described, as is each of its parameters."""
    async with session(app_url) as mcp:
        tools = (await mcp.list_tools()).tools
    assert [tool.name for tool in tools] == [endpoint.name for endpoint in registry()]
    for tool in tools:
        assert tool.description
        for name, schema in tool.inputSchema["properties"].items():
            assert schema.get("description"), f"{tool.name}: {name}"


@each("mode", Mode)
async def test_parameters_have_whole_descriptions(mode: Mode, app_url: str) -> None:
    """A tool's parameter has the whole description of the request's field, frames included."""
    async with session(app_url) as mcp:
        tools = {
            tool.name: tool.inputSchema["properties"] for tool in (await mcp.list_tools()).tools
        }
    expected = {each.name: each.description for each in input_parameters(REQUESTS[mode])}
    for verb in ("submit", "generate"):
        schemas = tools[f"{verb}_{mode}"]
        assert {name: schemas[name]["description"] for name in expected} == expected


async def test_answers_are_json(app_url: str) -> None:
    """A task can be submitted and looked up over MCP; every result is JSON text."""
    async with session(app_url) as mcp:
        row = await call(mcp, "submit_first_last_frame", prompt="海")
        assert row["state"] == "pending"
        rows = await call(mcp, "get_videos", task_ids=["nonsense", row["id"]])
        assert [row["id"] for row in rows] == ["nonsense", row["id"]]
        assert rows[0]["error"]["code"] == "invalid_task_id"
        assert (await call(mcp, "get_video", task_id=str(uuid.uuid4())))["error"]


async def test_pictures_over_mcp(app_url: str) -> None:
    """A path on the server is not a picture."""
    async with session(app_url) as mcp:
        frames = [{"image": "/etc/passwd"}, {"image": "data:,a"}]
        row = await call(mcp, "submit_multi_frame", frames=frames)
        assert row["error"]["code"] == "invalid_request"


async def test_time_is_up_over_mcp(app_url: str) -> None:
    """At the end of the timeout, a tool returns the row of the unfinished task."""
    async with session(app_url) as mcp:
        row = await call(mcp, "generate_first_last_frame", prompt="海", duration=15, timeout=0)
    assert row["error"] is None
    assert row["id"]
