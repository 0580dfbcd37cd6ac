"""MCP requests as other programs send them: single posts, without the SDK and without a session."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from jimeng_app.endpoints import registry
from tests.app.endpoint_app import RecordingClient, endpoint_app, rpc, tool

MCP = "/gradio_api/mcp"
LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """An HTTP client."""
    with endpoint_app(tmp_path, RecordingClient()) as client:
        yield client


def test_session_of_a_program(client: TestClient) -> None:
    """Initializing, listing and calling take one post each, as n8n and Dify send them."""
    info = {"name": "n8n", "version": "1.0"}
    result = rpc(
        client,
        "initialize",
        protocolVersion="2025-03-26",
        capabilities={"tools": {}},
        clientInfo=info,
    )["result"]
    assert result["protocolVersion"] == "2025-03-26"
    assert result["capabilities"]["tools"] is not None
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert client.post(MCP, json=notification).status_code == 202
    tools = rpc(client, "tools/list")["result"]["tools"]
    assert [each["name"] for each in tools] == [endpoint.name for endpoint in registry()]
    row = tool(client, "submit_first_last_frame", prompt="海")
    assert row["state"] == "pending"


@pytest.mark.parametrize("params", [{}, {"protocolVersion": 5, "clientInfo": "me"}, None])
def test_initialize_without_details(params: Any, client: TestClient) -> None:
    """A program that says nothing about itself is served too."""
    body = {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params}
    response = client.post(MCP, json=body).json()
    assert response["id"] == "a"
    assert response["result"]["serverInfo"]["name"] == "jimeng-studio"


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json, text/event-stream", "text/event-stream", "*/*", None],
)
def test_accept(accept: str | None, client: TestClient) -> None:
    """Every `Accept` gets the JSON that the server has."""
    del client.headers["accept"]
    headers = {} if accept is None else {"accept": accept}
    response = client.post(MCP, json=LIST, headers=headers)
    assert (response.status_code, response.json()["id"]) == (200, 7)
    assert response.headers["content-type"] == "application/json"


def test_byte_order_mark(client: TestClient) -> None:
    """A body may begin with a byte order mark, at the endpoints too."""
    call = json.dumps({"data": {"task_id": "nonsense"}})
    headers = {"content-type": "application/json"}
    for encoding in ("utf-8-sig", "utf-16"):
        body = json.dumps(LIST).encode(encoding)
        assert client.post(MCP, content=body, headers=headers).json()["id"] == 7
        run = client.post(
            "/gradio_api/run/get_video", content=call.encode(encoding), headers=headers
        )
        assert run.json()["data"][0]["id"] == "nonsense"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_other_methods(method: str, client: TestClient) -> None:
    """There are no sessions to open or to close."""
    response = client.request(method, MCP)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ([LIST], 400, -32600),
        (LIST | {"jsonrpc": "1.0"}, 400, -32600),
        (LIST | {"id": 1.5}, 400, -32600),
        (LIST | {"method": "nonsense"}, 200, -32601),
        (LIST | {"method": "server/discover"}, 200, -32601),
        (LIST | {"params": [1]}, 200, -32602),
    ],
)
def test_messages_that_do_not_fit(
    message: object, status: int, code: int, client: TestClient
) -> None:
    """A message that does not fit is a JSON-RPC error."""
    response = client.post(MCP, json=message)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_arguments_of_a_tool(client: TestClient) -> None:
    """Arguments may be JSON text; other arguments, and unknown tools, are a row."""
    [content] = rpc(client, "tools/call", name="get_video", arguments='{"task_id": "5"}')["result"][
        "content"
    ]
    assert json.loads(content["text"])["id"] == "5"
    for params in (
        {"name": "get_video", "arguments": ["5"]},
        {"name": "get_video"},
        {"name": "nonsense" * 1000},
        {},
    ):
        [content] = rpc(client, "tools/call", **params)["result"]["content"]
        row = json.loads(content["text"])
        assert row["error"]["code"] == "invalid_request"
        assert "nonsense" * 11 not in content["text"]


def test_some_tools(client: TestClient) -> None:
    """An address may name the tools to list, as the page's API panel offers."""
    response = client.post(f"{MCP}/?tools=get_video,get_videos", json=LIST)
    names = [each["name"] for each in response.json()["result"]["tools"]]
    assert names == ["get_video", "get_videos"]


def test_hints(client: TestClient) -> None:
    """A tool says whether it only reads; nothing destroys anything."""
    for each in rpc(client, "tools/list")["result"]["tools"]:
        reads = each["name"].startswith(("get_", "estimate"))
        hints = each["annotations"]
        assert (hints["readOnlyHint"], hints["idempotentHint"]) == (reads, reads)
        assert hints["destructiveHint"] is False


def test_schema_for_the_api_panel(client: TestClient) -> None:
    """The page's API panel finds the tools, their parameters and the headers."""
    described = client.get(f"{MCP}/schema").json()
    assert [each["name"] for each in described] == [endpoint.name for endpoint in registry()]
    for each in described:
        assert each["inputSchema"]["properties"]
        assert each["description"]
        assert each["meta"]["headers"] == ["x-jimeng-token", "x-jimeng-backend"]


def test_large_body(client: TestClient) -> None:
    """A body of more than 64 MB is refused before it is read."""
    headers = {"content-length": str(65 * 2**20), "content-type": "application/json"}
    response = client.post(MCP, content=b"{", headers=headers)
    assert response.status_code == 413


class HangingClient(RecordingClient):
    """A client whose upstream never responds."""

    async def submit(self, *_: Any, **__: Any) -> Any:
        await anyio.sleep_forever()

    async def get_videos(self, *_: Any) -> Any:
        await anyio.sleep_forever()


def test_upstream_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool responds in time whatever its upstream does: with the id that may have a task."""
    monkeypatch.setattr("jimeng_app.mcp_server.DEADLINE_SECONDS", 0.01)
    task_id = "01a20c5b-85c2-7bb7-9552-bd257c97a343"
    with endpoint_app(tmp_path, HangingClient()) as client:
        row = tool(client, "submit_first_last_frame", prompt="a", task_id=task_id)
        assert (row["id"], row["error"]["code"]) == (task_id, "submit_unconfirmed")
        assert tool(client, "generate_image", prompt="a")["id"]
        rows = tool(client, "get_videos", task_ids=["1", task_id])
    assert [(row["id"], row["error"]["code"]) for row in rows] == [
        ("1", "network_error"),
        (task_id, "network_error"),
    ]
