"""The credential and the backend that a call uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from jimeng_app.access import Access
from jimeng_app.ark_http.routes import routes
from jimeng_app.client_pool import ClientPool
from jimeng_core import BackendName, InvalidRequest, Settings
from tests.each import each

PATH = "contents/generations/tasks"


class RecordingPool(ClientPool):
    """A pool that opens no client and records the access of each call."""

    def __init__(self, **settings: Any) -> None:
        values = Settings(_env_file=None, **settings)
        super().__init__(values, values.data_dir)
        self.granted: list[Access] = []

    def client(self, access: Access, visitor: str) -> Any:
        self.granted.append(access)
        raise InvalidRequest("No client here.", "这里没有客户端。")


@contextmanager
def local_client(pool: ClientPool) -> Iterator[TestClient]:
    """An HTTP client on the server's machine."""
    app = FastAPI(routes=routes(pool))
    with TestClient(app, base_url="http://127.0.0.1:7860", client=("127.0.0.1", 5)) as client:
        yield client


CALLS = [
    ("POST", PATH),
    ("GET", f"{PATH}/x"),
    ("GET", f"{PATH}?filter.task_ids=x"),
    ("GET", PATH),
    ("DELETE", f"{PATH}/x"),
]
BODY = b'{"content": [{"type": "text", "text": "x"}]}'


@each(("method", "path"), CALLS)
def test_no_credential(method: str, path: str) -> None:
    """Without a credential every call is refused before its body is read."""
    pool = RecordingPool()
    with local_client(pool) as client:
        response = client.request(method, f"/web/api/v3/{path}", content=b"{broken")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"
    assert response.headers["www-authenticate"] == "Bearer"
    assert pool.granted == []


@each(
    ("header", "token"),
    [
        ("Bearer mine", "mine"),
        ("bearer  mine ", "mine"),
        ("Basic bWluZQ==", None),
        ("mine", None),
        ("Bearer ", None),
    ],
)
def test_bearer(header: str, token: str | None) -> None:
    """The credential is the text after Bearer; other headers contain none."""
    pool = RecordingPool()
    with local_client(pool) as client:
        response = client.get(f"/web/api/v3/{PATH}/x", headers={"authorization": header})
    assert response.status_code == (400 if token else 401)
    assert pool.granted == ([Access(BackendName.WEB, SecretStr(token))] if token else [])
    assert "mine" not in response.text


@each(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"x-forwarded-for": "203.0.113.7"}, False),
        ({"forwarded": "for=203.0.113.7"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"host": "rebound.example"}, False),
    ],
)
def test_credential_of_the_server(headers: dict[str, str], allowed: bool) -> None:
    """The server's credential is used for local requests only, not for forwarded ones."""
    pool = RecordingPool(token="secret")
    with local_client(pool) as client:
        for base in ("/api/v3", "/web/api/v3"):
            response = client.post(f"{base}/{PATH}", content=BODY, headers=headers)
            assert response.status_code == (400 if allowed else 401)
    assert pool.granted == [Access(BackendName.WEB)] * (2 if allowed else 0)


@each(
    ("settings", "base", "backend"),
    [
        ({}, "/api/v3", BackendName.DEMO),
        ({"token": "secret"}, "/api/v3", BackendName.WEB),
        ({"token": "secret", "chosen_backend": "demo"}, "/api/v3", BackendName.DEMO),
        ({"ark_api_key": "secret"}, "/api/v3", BackendName.ARK),
        ({"token": "secret"}, "/demo/api/v3", BackendName.DEMO),
        ({}, "/web/api/v3", BackendName.WEB),
        ({}, "/ark/api/v3", BackendName.ARK),
    ],
)
def test_backend(settings: dict[str, str], base: str, backend: BackendName) -> None:
    """The backend is that of the path, else of the settings, regardless of any header."""
    pool = RecordingPool(**settings)
    headers = {"authorization": "Bearer mine", "x-jimeng-backend": "web"}
    with local_client(pool) as client:
        client.get(f"{base}/{PATH}/x", headers=headers)
    key = None if backend is BackendName.DEMO else SecretStr("mine")  # the demo takes any
    assert pool.granted == [Access(backend, key)]
