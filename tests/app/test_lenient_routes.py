"""A slash more or less in a URL makes no difference, below a root path too."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from jimeng_app.lenient_routes import LenientRoutes
from tests.app.endpoint_app import RecordingClient, endpoint_app
from tests.each import each


async def _not_found(_: Request) -> Response:
    raise HTTPException(404)


@pytest.fixture(params=[("", ""), ("/studio", ""), ("/studio", "/studio")])
def client(request: pytest.FixtureRequest) -> TestClient:
    """A client of an app with two routes, also below a root path that a proxy strips or leaves."""
    root_path, prefix = request.param

    async def show(request: Request) -> Response:
        return PlainTextResponse(request.path_params.get("name", "list"))

    routes = [Route("/things", show, methods=["POST"]), Route("/things/{name}", show)]
    others = [Route("/other", show), Route("/{name:path}", _not_found)]
    app = Starlette(routes=[LenientRoutes(routes), *others])
    base_url = f"http://testserver{prefix}"
    return TestClient(app, base_url, root_path=root_path, follow_redirects=False)


@each("path", ["/things", "/things/", "//things", "/things//"])
def test_slashes(path: str, client: TestClient) -> None:
    """Both spellings answer directly, without a redirect."""
    url = f"{str(client.base_url).rstrip('/')}{path}"
    assert client.post(url).text == "list"
    assert client.get(f"{url.rstrip('/')}/a").text == "a"
    assert client.get(f"{url.rstrip('/')}//a/").text == "a"


def test_other_routes(client: TestClient) -> None:
    """Other paths are left to the routes that follow; a wrong method is 405."""
    assert client.get("/other").text == "list"
    assert client.get("/nothing").status_code == 404
    assert client.get("/things").status_code == 405
    assert client.get("/things").headers["allow"] == "POST"


def test_endpoints_and_mcp(tmp_path: Path) -> None:
    """Calls of the endpoints and of MCP answer with a slash at the end, without a redirect."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    with endpoint_app(tmp_path, RecordingClient()) as client:
        client.follow_redirects = False
        for path, body in (
            ("run/get_video/", {"data": ["1"]}),
            ("/api/get_video", {"data": ["1"]}),
            ("call/get_video/", {"data": ["1"]}),
            ("call/v2/get_video/", {"task_id": "1"}),
            ("mcp", ping),
            ("mcp/", ping),
            ("/mcp//", ping),
        ):
            assert client.post(f"/gradio_api/{path}", json=body).status_code == 200, path
        assert client.get("/gradio_api/mcp/schema/").status_code == 200
