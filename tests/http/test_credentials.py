"""Whose credential a call spends, and on which backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from jimeng_app.access import Access
from jimeng_app.ark_http.routes import routes
from jimeng_app.client_pool import ClientPool
from jimeng_core import BackendName, InvalidRequest, Settings

PATH = "contents/generations/tasks"


class Watched(ClientPool):
    """A pool that opens nothing, and remembers what a call was let to."""

    def __init__(self, **settings: Any) -> None:
        given = Settings(_env_file=None, **settings)
        super().__init__(given, given.data_dir)
        self.let: list[Access] = []

    def client(self, access: Access, visitor: str) -> Any:
        self.let.append(access)
        raise InvalidRequest("This far, and no further.", "到此为止。")


@contextmanager
def caller(pool: ClientPool) -> Iterator[TestClient]:
    """Somebody on the server's own machine."""
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


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_credential(method: str, path: str) -> None:
    """Every call is refused without one, before anything else is looked at."""
    pool = Watched()
    with caller(pool) as client:
        answer = client.request(method, f"/web/api/v3/{path}", content=b"{broken")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert pool.let == []


@pytest.mark.parametrize(
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
    """The credential is what stands after Bearer, and nothing else is one."""
    pool = Watched()
    with caller(pool) as client:
        answer = client.get(f"/web/api/v3/{PATH}/x", headers={"authorization": header})
    assert answer.status_code == (400 if token else 401)
    assert pool.let == ([Access(BackendName.WEB, SecretStr(token))] if token else [])
    assert "mine" not in answer.text


@pytest.mark.parametrize(
    ("headers", "spends"),
    [
        ({}, True),
        ({"x-forwarded-for": "203.0.113.7"}, False),
        ({"forwarded": "for=203.0.113.7"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"host": "rebound.example"}, False),
    ],
)
def test_servers_own(headers: dict[str, str], spends: bool) -> None:
    """The server's credential is spent for its own machine only: not for what was passed on."""
    pool = Watched(token="secret")
    with caller(pool) as client:
        for base in ("/api/v3", "/web/api/v3"):
            answer = client.post(f"{base}/{PATH}", content=BODY, headers=headers)
            assert answer.status_code == (400 if spends else 401)
    assert pool.let == [Access(BackendName.WEB)] * (2 if spends else 0)


@pytest.mark.parametrize(
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
    """The path chooses the backend, or the settings; a credential and other headers do not."""
    pool = Watched(**settings)
    headers = {"authorization": "Bearer mine", "x-jimeng-backend": "web"}
    with caller(pool) as client:
        client.get(f"{base}/{PATH}/x", headers=headers)
    assert pool.let == [Access(backend, SecretStr("mine"))]
