"""An app that has only the endpoints, over direct HTTP and MCP, on a client that records calls."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from jimeng_app.access import Access
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoint_routes import EndpointRoutes
from jimeng_app.lenient_routes import LenientRoutes
from jimeng_app.mcp_server import McpServer
from jimeng_core import AsyncJimeng, Cost, Lookup, Pending, Price, Settings, Task, new_task_id
from jimeng_core.requests import AnyRequest

MOMENT = datetime(2026, 9, 1, 12, tzinfo=UTC)


class RecordingClient:
    """A client on which every task is pending."""

    assigns_ids = False

    def __init__(self) -> None:
        self.requests: list[AnyRequest] = []
        self.submitted_ids: list[str] = []
        self.timeouts: list[float] = []
        self.looked_up: list[str] = []
        self.price: Price | None = None
        self.picture = b""
        self.charge: Cost | None = None

    def reserve(self) -> str:
        return new_task_id(MOMENT)

    async def submit(self, request: AnyRequest, *, task_id: str, **_: object) -> Task:
        self.requests.append(request)
        self.submitted_ids.append(task_id)
        return Pending(id=task_id, mode=request.mode, created_at=MOMENT, request=request)

    async def generate(
        self, request: AnyRequest, *, timeout: float, task_id: str, **_: object
    ) -> Task:
        self.timeouts.append(timeout)
        return await self.submit(request, task_id=task_id)

    async def estimate(self, request: AnyRequest) -> Price | None:
        self.requests.append(request)
        return self.price

    async def cost(self, task_id: str) -> Cost | None:
        self.looked_up.append(task_id)
        return self.charge

    async def last_frame(self, task_id: str) -> bytes:
        self.looked_up.append(task_id)
        return self.picture

    async def get_video(self, task_id: str) -> Task:
        self.looked_up.append(task_id)
        return Pending(id=task_id, mode=None, created_at=MOMENT)

    async def get_videos(self, task_ids: Sequence[str]) -> list[Lookup]:
        return [Lookup(each, await self.get_video(each), None, MOMENT) for each in task_ids]


class _Pool(ClientPool):
    def __init__(self, settings: Settings, recorder: RecordingClient) -> None:
        super().__init__(settings, settings.data_dir)
        self._recorder = recorder

    @asynccontextmanager
    async def client(self, access: Access, visitor: str) -> AsyncIterator[AsyncJimeng]:
        yield cast("AsyncJimeng", self._recorder)


@contextmanager
def endpoint_app(folder: Path, recorder: RecordingClient, **settings: Any) -> Iterator[TestClient]:
    """A client of such an app."""
    pool = _Pool(Settings(_env_file=None, data_dir=folder, **settings), recorder)
    mcp = McpServer(pool)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with mcp.running():
            yield

    routes: list[BaseRoute] = [LenientRoutes([*EndpointRoutes(pool).routes(), *mcp.routes()])]
    with TestClient(FastAPI(routes=routes, lifespan=lifespan, openapi_url=None)) as client:
        yield client


def run(client: TestClient, name: str, **arguments: object) -> Any:
    """The result of a direct call with values by name."""
    response = client.post(f"/gradio_api/run/{name}", json={"data": arguments})
    assert response.status_code == 200, response.text
    [result] = response.json()["data"]
    return result


def call_v2(client: TestClient, name: str, **arguments: object) -> Any:
    """The result of a call by event id."""
    response = client.post(f"/gradio_api/call/v2/{name}", json=arguments)
    assert response.status_code == 200, response.text
    events = client.get(f"/gradio_api/call/{name}/{response.json()['event_id']}").text
    assert events.startswith("event: complete\ndata: ")
    [result] = json.loads(events.removeprefix("event: complete\ndata: "))
    return result


def rpc(client: TestClient, method: str, **params: object) -> Any:
    """The result of an MCP request, as n8n and Dify send it: one post without a session."""
    response = client.post(
        "/gradio_api/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        headers={"accept": "application/json, text/event-stream"},
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def tool(client: TestClient, name: str, **arguments: object) -> Any:
    """The result of a tool."""
    result = rpc(client, "tools/call", name=name, arguments=arguments)["result"]
    assert result["isError"] is False
    [content] = result["content"]
    return json.loads(content["text"])


DOORS = (run, call_v2, tool)
