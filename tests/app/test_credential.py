"""The server's credential, with an unreachable site: `network_error` means that it was used."""

import json
from collections.abc import Iterator

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from jimeng_core import new_task_id
from tests.app.app_process import running_app

TOKEN = "credential-of-the-server-91ab"
FORWARDED = {"x-forwarded-for": "203.0.113.7"}
CROSS_SITE = {"origin": "https://evil.example"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with a credential."""
    folder = tmp_path_factory.mktemp("app")
    with running_app(folder, JIMENG_TOKEN=TOKEN, JIMENG_BASE_URL="http://127.0.0.1:9") as url:
        yield url


def code(text: str) -> str:
    """The error code of a row."""
    assert TOKEN not in text
    response = json.loads(text)
    row = response["data"][0] if "data" in response else response
    return str(row["error"]["code"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, "network_error"), (FORWARDED, "unauthorized"), (CROSS_SITE, "unauthorized")],
    ids=["local", "forwarded", "foreign page"],
)
def test_named_endpoint(headers: dict[str, str], expected: str, app: str) -> None:
    """A local request uses the server's credential; others are `unauthorized`."""
    response = httpx.post(
        f"{app}gradio_api/run/get_video", json={"data": [new_task_id()]}, headers=headers
    )
    assert code(response.text) == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, "network_error"), (FORWARDED, "unauthorized")],
    ids=["local", "forwarded"],
)
async def test_tool(headers: dict[str, str], expected: str, app: str) -> None:
    """The same over MCP: a forwarded call must not count as local."""
    async with (
        httpx.AsyncClient(headers=headers) as client,
        streamable_http_client(f"{app}gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as mcp,
    ):
        await mcp.initialize()
        response = await mcp.call_tool("get_video", {"task_id": new_task_id()})
    [content] = response.content
    assert isinstance(content, TextContent)
    assert code(content.text) == expected
