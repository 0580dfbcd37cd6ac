"""HTTP for batches: tables in, states and results out, for whom they belong to."""

import io
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy.exc import DatabaseError

from jimeng_app.ark_http.routes import routes as ark_routes
from jimeng_app.batch import service, webhook_store
from jimeng_app.batch.service import VISITOR_ROWS
from jimeng_app.client_pool import ClientPool
from jimeng_app.endpoint_routes import EndpointRoutes
from jimeng_core.backends.demo import worker as renderer
from jimeng_core.settings import load_settings
from tests import instant_films
from tests.batch.receiver import SECRET, receiving

pytestmark = pytest.mark.anyio
TABLE = "prompt,duration\nA cat.,4\nA dog.,4\n"
STRANGER = {"x-forwarded-for": "198.51.100.7"}


@pytest.fixture
async def http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app's routes, on this machine."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("JIMENG_METRICS_TOKEN", "scrape")
    monkeypatch.setenv("JIMENG_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("JIMENG_ALLOW_PRIVATE_URLS", "1")
    monkeypatch.setattr(renderer, "_start", instant_films.start)
    settings = load_settings(chosen_backend="demo", demo_pace=0, data_dir=tmp_path)
    pool = ClientPool(settings, tmp_path / "uploads")
    endpoints = EndpointRoutes(pool).routes()
    app = FastAPI(routes=[*ark_routes(pool), pool.batches, *endpoints])
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with (
        pool,
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield client


async def post(
    http: httpx.AsyncClient,
    table: str = TABLE,
    headers: dict[str, str] | None = None,
    pictures: dict[str, bytes] | None = None,
    **fields: Any,
) -> httpx.Response:
    """Post a table."""
    files = [("table", ("clips.csv", table.encode()))]
    files += [("pictures", (name, data)) for name, data in (pictures or {}).items()]
    return await http.post("/api/batches", files=files, data=fields, headers=headers)


async def ended(http: httpx.AsyncClient, batch_id: str) -> dict[str, Any]:
    """A batch that has ended."""
    with anyio.fail_after(60):
        while True:
            batch: dict[str, Any] = (await http.get(f"/api/batches/{batch_id}")).json()
            if batch["ended_at"]:
                return batch
            await anyio.sleep(0.05)


async def test_a_table_with_pictures_becomes_an_archive(http: httpx.AsyncClient) -> None:
    """A posted table is worked on by the app itself; its films come as a ZIP archive."""
    out = io.BytesIO()
    Image.new("RGB", (400, 400), "teal").save(out, "PNG")
    table = "prompt,duration,first_frame\nA cat.,4,a.png\nA dog.,4,\n"
    answer = await post(http, table, pictures={"a.png": out.getvalue()})
    assert (answer.status_code, answer.json()["added"]) == (201, 2)
    batch = await ended(http, answer.json()["batch"]["id"])

    assert batch["stages"] == {"completed": 2}
    assert [row["stage"] for row in batch["rows"]] == ["completed", "completed"]
    archive = await http.get(f"/api/batches/{batch['id']}/results.zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        assert files.testzip() is None
        assert len([name for name in files.namelist() if name.endswith(".mp4")]) == 2
    film = f"/api/batches/{batch['id']}/files/{batch['rows'][0]['file']}"
    part = await http.get(film, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert (await http.get(f"{film}.gone")).status_code == 404
    assert (await http.get(film, headers=STRANGER)).status_code == 404
    manifest = await http.get(f"/api/batches/{batch['id']}/manifest.csv")
    assert manifest.content.startswith(b"\xef\xbb\xbfrow,")
    assert (await post(http, table, pictures={"a.png": out.getvalue()})).json()["added"] == 0
    metrics = (await http.get("/metrics")).text
    assert 'jimeng_rows{account="default",stage="completed"} 2.0' in metrics
    assert "jimeng_lookups_total" in metrics


async def test_bad_rows_are_named(http: httpx.AsyncClient) -> None:
    """A table with bad cells is refused with each of them; `skip_bad` submits the others."""
    table = "prompt,duration,first_frame\nA cat.,99,\nA dog.,4,/etc/passwd\nA bird.,4,\n"
    answer = await post(http, table)
    assert answer.status_code == 400
    found = [(each["row"], each["column"]) for each in answer.json()["problems"]]
    assert found == [(1, "duration"), (2, "first_frame")]
    dry = await post(http, table, skip_bad="true", dry_run="true")
    assert (dry.status_code, dry.json()["ready"]) == (200, 1)
    assert (await http.get("/api/batches")).json() == {"batches": []}


async def test_a_visitor_has_batches_of_his_own(http: httpx.AsyncClient) -> None:
    """A visitor uses the demo within limits, and sees no other's batches."""
    mine = (await post(http, account="default")).json()["batch"]["id"]
    theirs = (await post(http, headers=STRANGER)).json()["batch"]["id"]
    assert mine != theirs
    listed = (await http.get("/api/batches", headers=STRANGER)).json()["batches"]
    assert [each["id"] for each in listed] == [theirs]
    for path in (mine, f"{mine}/results.zip", f"{mine}/manifest.csv"):
        assert (await http.get(f"/api/batches/{path}", headers=STRANGER)).status_code == 404
    assert (await http.post(f"/api/batches/{mine}/cancel", headers=STRANGER)).status_code == 404
    many = "prompt,duration\n" + "A cat.,4\n" * (VISITOR_ROWS + 1)
    cases: list[tuple[str, dict[str, Any]]] = [
        (many, {}),
        (TABLE, {"account": "default"}),
        (TABLE, {"callback_url": "https://example.com"}),
    ]
    for table, fields in cases:
        assert (await post(http, table, STRANGER, **fields)).status_code == 400
    more = TABLE + "A bird.,4\n" * (VISITOR_ROWS - 2)
    refused = await post(http, more, STRANGER, name="another")
    open_rows = (await http.get(f"/api/batches/{theirs}", headers=STRANGER)).json()["open"]
    assert refused.status_code == (400 if open_rows else 201)
    assert (await http.get("/metrics", headers=STRANGER)).status_code == 401
    bearer = STRANGER | {"authorization": "Bearer scrape"}
    assert (await http.get("/metrics", headers=bearer)).status_code == 200


async def test_actions(http: httpx.AsyncClient) -> None:
    """A batch is paused, resumed and cancelled; an unknown action or batch is refused."""
    batch_id = (await post(http)).json()["batch"]["id"]
    paused = await http.post(f"/api/batches/{batch_id}/pause")
    assert paused.json()["paused"] is True
    for action in ("cancel", "resume", "retry-failed"):
        answer = await http.post(f"/api/batches/{batch_id}/{action}")
        assert answer.json()["paused"] is (action == "cancel")
    assert (await http.post(f"/api/batches/{batch_id}/explode")).status_code == 422
    assert (await http.get("/api/batches/none")).status_code == 404


async def test_what_is_no_table(http: httpx.AsyncClient) -> None:
    """A file that is no table, and a body without a length, are refused."""
    assert (await post(http, "")).status_code == 400
    body = (chunk for chunk in [b"x"])
    assert (await http.post("/api/batches", content=aiter_of(body))).status_code == 413


async def aiter_of(chunks: Any) -> AsyncIterator[bytes]:
    """Chunks whose length is not known."""
    for chunk in chunks:
        yield chunk


async def test_the_description(http: httpx.AsyncClient) -> None:
    """The OpenAPI document has every call."""
    paths = (await http.get("/api/openapi.json")).json()["paths"]
    assert set(paths["/batches"]) == {"get", "post"}
    assert "/batches/{batch_id}/results.zip" in paths


Create = Callable[..., Awaitable[dict[str, Any]]]


async def in_arks_dialect(
    http: httpx.AsyncClient, url: str, task_id: str | None = None, **headers: str
) -> dict[str, Any]:
    """The response to a create in Ark's dialect, whose end is told to an address."""
    body = {"content": [{"type": "text", "text": "waves"}], "duration": 4, "callback_url": url}
    path = "/demo/api/v3/contents/generations/tasks"
    answer = await http.post(path, json=body | {"task_id": task_id}, headers=headers)
    return dict(answer.json())


async def at_an_endpoint(
    http: httpx.AsyncClient,
    url: str,
    task_id: str | None = None,
    name: str = "submit_first_last_frame",
    **headers: str,
) -> dict[str, Any]:
    """The row of a submission at a named endpoint, whose end is told to an address."""
    data = {"prompt": "waves", "task_id": task_id, "callback_url": url}
    path = f"/gradio_api/run/{name}"
    return dict((await http.post(path, json={"data": data}, headers=headers)).json()["data"][0])


DOORS: tuple[Create, ...] = (in_arks_dialect, at_an_endpoint)
CREATES = pytest.mark.parametrize("create", DOORS)


async def test_single_tasks_tell_their_ends(http: httpx.AsyncClient) -> None:
    """`callback_url` of a submission at any door gets a webhook with the task's row, once."""
    with receiving() as receiver:
        ids = [(await create(http, receiver.url))["id"] for create in DOORS]
        for task_id, create in zip(ids, DOORS, strict=True):
            again = await create(http, receiver.url, task_id)  # as after a lost response
            assert again["id"] == task_id
        twin = await at_an_endpoint(http, receiver.url, name="generate_image")
        with anyio.fail_after(60):
            while len(receiver.events) < 3:  # noqa: ASYNC110 - the receiver is in a thread
                await anyio.sleep(0.05)
    told = {each["task_id"]: each["task"] for each in receiver.of_type("task.completed")}
    assert set(told) == {*ids, twin["id"]}
    assert {(key, task["id"], task["state"]) for key, task in told.items()} == {
        (task_id, task_id, "completed") for task_id in told
    }
    assert told[twin["id"]]["image_urls"]
    assert (await http.get("/api/batches")).json() == {"batches": []}


@CREATES
@pytest.mark.parametrize(
    ("url", "headers", "reason"),
    [("https://example.com/hook", STRANGER, "own account"), ("nowhere", {}, "http")],
)
async def test_whose_tasks_tell_their_end(
    http: httpx.AsyncClient,
    create: Create,
    url: str,
    headers: dict[str, str],
    reason: str,
    tmp_path: Path,
) -> None:
    """A visitor's task, and a malformed address, are refused before anything is submitted."""
    answer = await create(http, url, **headers)
    assert reason in answer["error"]["message"]
    assert tasks_of(tmp_path) == 0


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("JIMENG_WEBHOOK_SECRET", "", "JIMENG_WEBHOOK_SECRET"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x", "database"),
    ],
)
async def test_a_server_that_cannot_tell(
    http: httpx.AsyncClient,
    name: str,
    value: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Without a secret or a database nothing is submitted; the sentence says what is missing."""
    monkeypatch.setenv(name, value)
    answer = await at_an_endpoint(http, "https://example.com/hook")
    assert answer["error"]["code"] == "invalid_request"
    assert reason in answer["error"]["message"]
    assert tasks_of(tmp_path) == 0


def tasks_of(folder: Path) -> int:
    """How many tasks the demo has."""
    with closing(sqlite3.connect(folder / "demo" / "demo.sqlite3")) as books:
        return int(books.execute("SELECT COUNT(*) FROM tasks").fetchone()[0])


@CREATES
@pytest.mark.parametrize("reason", ["disk full", "database is locked"])
async def test_a_database_that_breaks(
    http: httpx.AsyncClient, create: Create, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that was submitted is returned, even if its webhook cannot be stored, or not yet."""

    def fail(*_: object, **__: object) -> None:
        raise DatabaseError("INSERT", {}, sqlite3.DatabaseError(reason))

    monkeypatch.setattr(webhook_store, "watch_task", fail)
    monkeypatch.setattr(service, "WATCH_SECONDS", 0.2)
    answer = await create(http, "https://example.com/hook")
    assert answer["id"]
    assert not answer.get("error")


@pytest.mark.parametrize("create", [*DOORS, partial(at_an_endpoint, name="generate_image")])
async def test_an_unexpected_error_after_a_submission(
    http: httpx.AsyncClient, create: Create, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The error has the id of the task, and says to look it up before anything else."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError

    monkeypatch.setattr(webhook_store, "watch_task", fail)
    error = (answer := await create(http, "https://example.com/hook"))["error"]
    assert error["code"] == "submit_unconfirmed"
    task_id = answer.get("id") or error["id"]
    assert tasks_of(tmp_path) == 1
    monkeypatch.undo()
    look_up = await http.post("/gradio_api/run/get_video", json={"data": [task_id]})
    assert look_up.json()["data"][0]["id"] == task_id
