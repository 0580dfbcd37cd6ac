"""Spellings of the paths, and methods that they do not support."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jimeng_core import NotFound
from tests.http.ark_client import TASKS, WORDS, failing_app


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an app on which every call fails with `not_found`."""
    with TestClient(failing_app(NotFound(), data_dir=tmp_path)) as client:
        client.follow_redirects = False
        yield client


@pytest.mark.parametrize("tasks", [TASKS, f"{TASKS}/", TASKS.replace("v3/", "v3//"), f"{TASKS}//"])
def test_slashes(tasks: str, client: TestClient) -> None:
    """A slash more or less makes no difference: the answer is in Ark's form, and no redirect."""
    one = f"{tasks.rstrip('/')}/01a20c5b-85c2-7bb7-9552-bd257c97a343"
    for response in (
        client.post(tasks, json={"content": [WORDS]}),
        client.get(one),
        client.get(f"{one}/"),
        client.delete(f"{one}/"),
    ):
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"
    assert client.get(tasks).json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/docs/", "/openapi.json/"])
def test_description(path: str, client: TestClient) -> None:
    """So do the pages that describe the calls."""
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "", "GET, POST"), ("DELETE", "/", "GET, POST"), ("POST", "/x", "DELETE, GET")],
)
def test_unsupported_methods(method: str, path: str, allowed: str, client: TestClient) -> None:
    """The error of a method that a path does not support names all that it does."""
    response = client.request(method, f"{TASKS}{path}")
    assert response.status_code == 405
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark(encoding: str, client: TestClient) -> None:
    """A body may begin with a byte order mark: it is read, and its submission is tried."""
    body = json.dumps({"content": [WORDS]}, ensure_ascii=False).encode(encoding)
    answer = client.post(TASKS, content=body, headers={"content-type": "application/json"})
    assert answer.json()["error"]["code"] == "not_found"
