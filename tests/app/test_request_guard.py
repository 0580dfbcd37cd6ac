"""Malformed requests to the real app: a 4xx and one line in the log, never a traceback."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.testclient import TestClient

from jimeng_app.request_guard import RequestGuard
from tests.each import each

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture
def app(app_url: str, app_folder: Path) -> tuple[str, Path]:
    """The address of the running app, and the file of its log."""
    return app_url, app_folder / "app.err"


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "", {"headers": {"host": "["}}),
        ("GET", "gradio_api/info", {"headers": {"host": "a b"}}),
        ("GET", "api/v3/contents/generations/tasks/1", {"headers": {"host": "[::1"}}),
        ("POST", "gradio_api/run/get_video", {"headers": {"origin": "http://["}, "json": {}}),
        ("POST", "gradio_api/mcp", {"headers": {"origin": "http://["}, "json": {}}),
        ("POST", "gradio_api/run/nonsense", {"json": {"data": []}}),
        ("POST", "gradio_api/call/nonsense", {"json": {"data": []}}),
        ("POST", "gradio_api/call/v2/nonsense", {"json": {}}),
        ("GET", "gradio_api/call/get_video/nonsense", {}),
        ("GET", "gradio_api/call/nonsense/nonsense", {}),
        ("GET", "gradio_api/queue/data?session_hash=nonsense", {}),
        (
            *("POST", "gradio_api/queue/join"),
            {"json": {"data": [], "fn_index": 99_999, "session_hash": "a"}},
        ),
        ("POST", "gradio_api/queue/join", {"json": {"data": "x" * 1000}}),
        ("POST", "gradio_api/mcp", {"content": "[" * 100_000}),
        ("POST", "gradio_api/mcp", {"content": '{"a":' * 100_000}),
        ("POST", "gradio_api/mcp", {"content": b"\xff\xfe{"}),
        ("POST", "gradio_api/mcp", {"json": {"a": "x" * 1000}}),
        (
            "POST",
            "gradio_api/mcp",
            {"json": {"jsonrpc": "2.0", "id": "x" * 1000, "method": "ping"}},
        ),
        ("POST", "gradio_api/run/get_video", {"content": "[" * 100_000}),
        ("POST", "gradio_api/call/v2/get_video", {"content": "{"}),
        ("POST", "api/v3/contents/generations/tasks", {"content": "[" * 100_000}),
    ],
)
def test_malformed_requests(
    method: str, path: str, more: dict[str, Any], app: tuple[str, Path]
) -> None:
    """A malformed request is a short 4xx and at most one line in the log."""
    url, log = app
    more["headers"] = {"content-type": "application/json"} | more.get("headers", {})
    lines = len(log.read_text().splitlines())
    response = httpx.request(method, f"{url}{path}", **more)
    assert 400 <= response.status_code < 500
    assert len(response.text) < 1000
    assert "x" * 81 not in response.text
    assert len(log.read_text().splitlines()) <= lines + 1


@each(
    "headers",
    [
        {"host": "my_service:7860"},
        {"host": "[::1]:7860"},
        {"host": "例子.example"},
        {"origin": "null"},
        {"origin": "https://a.example"},
        {"origin": "chrome-extension://abc"},
    ],
)
def test_unusual_headers(headers: dict[str, str]) -> None:
    """Unusual names of hosts and origins are not malformed."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    with guarded() as client:
        assert client.get("/fine", headers=raw).status_code == 200


def guarded() -> TestClient:
    """A client of an app with a route that is fine, and one that raises."""
    app = FastAPI(middleware=[Middleware(RequestGuard)])

    @app.get("/fine")
    async def _fine() -> Response:
        return Response()

    @app.get("/broken")
    async def _broken() -> Response:
        raise KeyError

    @app.get("/gradio_api/broken")
    async def _broken_gradio() -> Response:
        raise KeyError("secret")

    @app.get("/gradio_api/queue/data")
    async def _stream(request: Request) -> Response:
        async def events() -> Any:
            yield b'data: {"msg":"unexpected_error"}'
            if "session_hash" in request.query_params:
                raise HTTPException(404)

        return StreamingResponse(events(), media_type="text/event-stream")

    return TestClient(app)


def test_routes_that_raise(caplog: pytest.LogCaptureFixture) -> None:
    """What a route of Gradio's raises is one line; a defect elsewhere stays an exception."""
    with guarded() as client, caplog.at_level(logging.INFO):
        assert client.get("/gradio_api/broken").status_code == 400
        assert client.get("/gradio_api/queue/data?session_hash=x").status_code == 404
        assert client.get("/gradio_api/queue/data").text == 'data: {"msg":"unexpected_error"}'
        with pytest.raises(KeyError):
            client.get("/broken")
    messages = [record.getMessage() for record in caplog.records if "request_guard" in record.name]
    assert messages == ["Refused GET /gradio_api/broken.", "Refused GET /gradio_api/queue/data."]
