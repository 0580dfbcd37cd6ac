"""The server's own credential, with a site where nobody listens: `network_error` means spent."""

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
AWAY = {"x-forwarded-for": "203.0.113.7"}
FOREIGN = {"origin": "https://evil.example"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with a credential of its own."""
    folder = tmp_path_factory.mktemp("app")
    with running_app(folder, JIMENG_TOKEN=TOKEN, JIMENG_BASE_URL="http://127.0.0.1:9") as url:
        yield url


def code(text: str) -> str:
    """The code of a row that is a failed look-up."""
    assert TOKEN not in text
    found = json.loads(text)
    row = found["data"][0] if "data" in found else found
    return str(row["error"]["code"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, "network_error"), (AWAY, "unauthorized"), (FOREIGN, "unauthorized")],
    ids=["local", "forwarded", "foreign page"],
)
def test_named_endpoint(headers: dict[str, str], expected: str, app: str) -> None:
    """This machine spends the server's credential; others are `unauthorized`."""
    answer = httpx.post(
        f"{app}gradio_api/run/get_video", json={"data": [new_task_id()]}, headers=headers
    )
    assert code(answer.text) == expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, "network_error"), (AWAY, "unauthorized")],
    ids=["local", "forwarded"],
)
async def test_tool(headers: dict[str, str], expected: str, app: str) -> None:
    """The same over MCP, which must not pass for a local call because it is passed on inside."""
    async with (
        httpx.AsyncClient(headers=headers) as client,
        streamable_http_client(f"{app}gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as mcp,
    ):
        await mcp.initialize()
        answer = await mcp.call_tool("get_video", {"task_id": new_task_id()})
    [content] = answer.content
    assert isinstance(content, TextContent)
    assert code(content.text) == expected
