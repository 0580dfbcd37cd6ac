import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jimeng_app.page_routes import table_file
from jimeng_core import InvalidTaskId, Lookup
from jimeng_core.rows import Row


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """An app with the route."""
    monkeypatch.setattr(table_file, "context_of", lambda *_: None)
    pool: Any = None
    return TestClient(Starlette(routes=[table_file.table_route(pool)]))


ROW = Lookup("a", None, InvalidTaskId(), datetime.now(UTC)).row() | {"prompt": "=1+1"}


def test_csv(client: TestClient) -> None:
    """The table as CSV has the row's columns; spreadsheet programs read it as it is."""
    rows = [{**ROW, "interval": 5}, {"id": "b", "prompt": "海浪"}]
    response = client.post("/page/table", json={"rows": rows, "format": "csv"})
    assert response.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert list(lines[0]) == list(Row.__annotations__)
    assert [line["prompt"] for line in lines] == ["'=1+1", "海浪"]


def test_json(client: TestClient) -> None:
    """The table as JSON is a list of rows, in which what is not known is null."""
    response = client.post("/page/table", json={"rows": [ROW, {"id": "b"}], "format": "json"})
    rows = response.json()
    assert rows[0] == ROW
    assert rows[1] == dict.fromkeys(Row.__annotations__) | {"id": "b"}


@pytest.mark.parametrize("body", [{}, {"rows": 5}, {"rows": [1]}])
def test_malformed_bodies(client: TestClient, body: dict[str, Any]) -> None:
    """A body without rows is refused."""
    assert client.post("/page/table", json=body).status_code == 400
