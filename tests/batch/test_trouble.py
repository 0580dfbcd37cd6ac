"""What goes wrong with a row or a worker, and how it ends."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import sqlalchemy as sa
from dbos import DBOS

from jimeng_app.batch import seen_workers, store, transitions, upkeep
from jimeng_app.batch.archive import Archive
from jimeng_app.batch.database import BATCHES, ROWS, WORKERS, Database
from jimeng_app.batch.settings import load_accounts
from tests.batch.batch_worker import Batches, until
from tests.batch.conftest import Upstream
from tests.batch.postgres import running_postgres

ONE = "prompt,duration\nA cat.,4\n"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(transitions, "MAX_BACKOFF", 0.05)


def test_a_network_that_is_away(batches: Batches, upstream: Upstream) -> None:
    """Without a connection rows wait; afterwards they are submitted, once."""
    upstream.answers.extend(["down"] * 4)
    batches.submit(ONE)
    with batches.running():
        assert batches.wait().stages == {"completed": 1}
    assert list(upstream.accepted.values()) == [1]


def test_an_upstream_that_never_answers(batches: Batches, upstream: Upstream) -> None:
    """A row whose submission gets no usable answer again and again fails in the end."""
    upstream.answers.extend(["502"] * 40)
    batches.submit(ONE)
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
    [row] = batches.rows()
    assert row["error"]["code"] == "submit_unconfirmed"


def test_a_task_that_fails(batches: Batches) -> None:
    """A task that the upstream fails, or whose record is deleted, fails its row with the code."""
    batches.submit("prompt,duration\n#fail:content_refused,4\n#fail:expired,4\n")
    with batches.running():
        assert batches.wait().stages == {"failed": 2}
    codes = [row["error"]["code"] for row in batches.rows()]
    assert codes == ["content_refused", "expired"]


def test_images(batches: Batches) -> None:
    """A row of images saves each, with the suffix of its format; the manifest names the first."""
    batches.submit("prompt,mode,count\nA cat.,image,2\n")
    with batches.running():
        assert batches.wait().stages == {"completed": 1}
    assert sorted(path.name for path in batches.out.glob("001*")) == ["001-1.jpg", "001-2.jpg"]
    [row] = json.loads((batches.out / "manifest.json").read_text("utf-8"))
    assert row["file"] == "001-1.jpg"


def ark(folder: Path, posts: list[httpx.Request]) -> Batches:
    """Batches on an Ark that loses every response."""
    batches = Batches(folder, chosen_backend="ark", ark_api_key="a" * 36)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(request)
            return httpx.Response(504)
        return httpx.Response(200, json={"total": 0, "items": []})

    batches.transport = httpx.MockTransport(answer)
    return batches


def test_ark_is_not_paid_twice(tmp_path: Path) -> None:
    """Ark cannot say whether a lost submission arrived: the row fails, and is not sent again."""
    posts: list[httpx.Request] = []
    batches = ark(tmp_path, posts)
    batches.submit(ONE)
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
        assert len(posts) == 1
        [row] = batches.rows()
        assert row["error"]["code"] == "submit_unconfirmed"
        batches.change(store.retry_failed, batch_id=row["batch_id"])
        batches.wait()
        assert len(posts) == 2


def test_a_crash_during_a_submission_to_ark(tmp_path: Path) -> None:
    """A row that may have been sent before a crash is not sent again to Ark."""
    posts: list[httpx.Request] = []
    batches = ark(tmp_path, posts)
    batches.submit(ONE)
    [row] = batches.rows()
    batches.change(transitions.mark_sent, task_id=row["task_id"])
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
    assert posts == []


def test_an_account_that_is_gone(batches: Batches) -> None:
    """Rows of an account that the settings no longer have stop it, with the reason."""
    path = batches.folder / "accounts.toml"
    path.write_text('[other]\nbackend = "demo"\n', "utf-8")
    batches.submit("prompt,duration,account\nA cat.,4,other\n")
    batches.change(store.save_accounts, accounts=load_accounts(batches.settings))
    path.write_text("", "utf-8")
    with batches.running():
        status = next(status for status in batches.watch() if status.accounts)
        assert "other" in status.accounts["other"]["message"]


def test_a_lost_worker_is_taken_over(batches: Batches) -> None:
    """A worker that is not seen any more is forgotten, after its rows were recovered."""
    batches.submit(ONE)
    with batches.running(lost_after=0.1) as worker:
        lost = {"id": "zzz", "seen_at": 0.0}
        worker.database.run(lambda c: c.execute(sa.insert(WORKERS).values(**lost)))
        query = sa.select(WORKERS.c.id)
        until(lambda: worker.database.read(lambda c: list(c.scalars(query))) == ["single"])
        assert batches.wait().stages == {"completed": 1}


def test_a_folder_that_cannot_be_written(batches: Batches) -> None:
    """A batch ends once its manifest could be written."""
    batches.submit(ONE)
    batches.change(store.cancel_batch, batch_id=batches.status().id)
    batches.out.write_text("no folder")
    with batches.running() as worker:
        names = sa.select(WORKERS.c.id)
        until(lambda: bool(worker.database.read(lambda c: list(c.scalars(names)))))
        assert batches.status().ended_at is None
        batches.out.unlink()
        assert batches.wait().stages == {"cancelled": 1}
    assert json.loads((batches.out / "manifest.json").read_text())[0]["stage"] == "cancelled"


def test_a_manifest_that_takes_long(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """While rows are open a manifest is written rarely; once they have ended, it is whole."""
    write, manifests = Archive.write_manifest, []

    async def count(archive: Archive, rows: Sequence[Mapping[str, Any]]) -> None:
        manifests.append(sum(row["stage"] == "completed" for row in rows))
        await write(archive, rows)

    monkeypatch.setattr(Archive, "write_manifest", count)
    monkeypatch.setattr(upkeep, "MANIFEST_PAUSE", 1e9)
    batches.folder.joinpath("accounts.toml").write_text(
        "[default]\nbackend = 'demo'\nrunning = 1\n"
    )
    batches.submit("prompt,duration\nA cat.,4\nA dog.,4\nA bird.,4\n")
    with batches.running():
        assert batches.wait().stages == {"completed": 3}
    assert len(manifests) <= 2
    assert manifests[-1] == 3
    found = json.loads((batches.out / "manifest.json").read_text())
    assert [row["stage"] for row in found] == ["completed"] * 3


def test_a_round_that_fails(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one round of the worker does not stop it."""
    mark_seen, calls = seen_workers.mark_seen, []

    def fail_once(c: sa.Connection, worker: str) -> list[str]:
        calls.append(worker)
        if len(calls) == 1:
            raise RuntimeError
        return mark_seen(c, worker)

    monkeypatch.setattr(seen_workers, "mark_seen", fail_once)
    batches.submit(ONE)
    with batches.running():
        assert batches.wait().stages == {"completed": 1}


def test_steps_that_run_again(batches: Batches) -> None:
    """A workflow of a row that was put back, cancelled or has ended does nothing."""
    batches.submit(ONE)
    [row] = batches.rows()
    claim = partial(transitions.claim, task_id=row["task_id"])
    assert batches.change(claim, run=1) is None
    assert batches.change(partial(transitions.claim, task_id="none"), run=0) is None
    assert batches.change(claim, run=0).stage == "sending"
    assert batches.change(claim, run=0).stage == "sending"
    finish = partial(transitions.finish, task_id=row["task_id"], values={}, notify=False)
    batches.change(finish, stage="failed")
    batches.change(finish, stage="completed")
    assert batches.rows()[0]["stage"] == "failed"
    assert batches.change(claim, run=0) is None


def test_rows_without_workflows(batches: Batches, upstream: Upstream) -> None:
    """A worker that starts goes on with rows that were queued or saving, if nobody else does."""
    batches.submit(ONE)
    batches.change(lambda c: c.execute(sa.update(ROWS).values(stage="queued")))
    with batches.running():
        assert batches.wait().stages == {"completed": 1}
    film = batches.out / "001.mp4"
    film.unlink()
    batches.change(lambda c: c.execute(sa.update(ROWS).values(stage="saving", run=1)))
    batches.change(lambda c: c.execute(sa.update(BATCHES).values(ended_at=None)))
    with batches.running():
        assert batches.wait().stages == {"completed": 1}
    assert film.is_file()
    assert upstream.accepted.total() == 1


def test_transactions_that_are_made_again(batches: Batches) -> None:
    """A transaction whose commit was not confirmed does not undo what has happened since."""
    batches.submit(ONE)
    batches.change(store.save_accounts, accounts=load_accounts(batches.settings))
    [row] = batches.rows()
    task_id = row["task_id"]
    claimed = batches.change(transitions.claim, task_id=task_id, run=0)
    refused = partial(transitions.refused, row=claimed, unsent=True)
    batches.change(refused)
    batches.change(store.change_account, name=row["account"], paused=None)
    again = batches.change(transitions.claim, task_id=task_id, run=1)
    batches.change(transitions.mark_sent, task_id=task_id)
    batches.change(refused)
    [now] = batches.rows()
    assert (now["run"], now["stage"], now["sent"]) == (1, "sending", True)

    running = partial(transitions.mark_running, row=again, upstream_id=task_id)
    saving = partial(transitions.mark_saving, task_id=task_id, result={})
    batches.change(running)
    batches.change(saving)
    batches.change(running)
    assert batches.rows()[0]["stage"] == "saving"
    finish = partial(transitions.finish, task_id=task_id, values={}, notify=False)
    batches.change(finish, stage="completed")
    batches.change(saving)
    assert batches.rows()[0]["stage"] == "completed"


def test_a_database_that_is_locked(tmp_path: Path) -> None:
    """What waits for a database that is away continues when it is back; a defect is raised."""
    database = Database(f"sqlite:///{tmp_path}/x.sqlite3")
    database.create()
    calls = []

    def locked_once(c: sa.Connection) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise sa.exc.OperationalError("q", {}, sqlite3.OperationalError("locked"))
        if len(calls) == 2:
            raise sa.exc.TimeoutError  # no connection of the pool is free
        return int(c.scalar(sa.select(sa.func.count()).select_from(ROWS)) or 0)

    assert anyio.run(database.transact, locked_once) == 0
    with pytest.raises(sa.exc.OperationalError):
        anyio.run(database.fetch, lambda c: c.exec_driver_sql("SELECT * FROM nothing"))
    database.close()


@pytest.mark.parametrize(("moment", "times"), [("launch", 2), ("register_queue", 4)])
def test_a_database_that_crashes_during_a_start(
    moment: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose database dies while it starts waits for it; its encoding may be any."""
    call, calls = getattr(DBOS, moment), [0]
    with running_postgres() as postgres:
        server = sa.create_engine(f"postgresql+psycopg://{postgres.url().partition('//')[2]}")
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            create = "CREATE DATABASE plain TEMPLATE template0 ENCODING SQL_ASCII LOCALE 'C'"
            connection.exec_driver_sql(create)
        server.dispose()

        def call_without_database(*args: Any, **options: Any) -> object:
            calls[0] += 1
            if calls[0] > 1:
                return call(*args, **options)
            postgres.kill()
            try:
                return call(*args, **options)
            finally:
                postgres.start()

        monkeypatch.setattr(DBOS, moment, call_without_database)
        batches = Batches(tmp_path, database_url=postgres.url("plain"))
        monkeypatch.setattr("jimeng_app.batch.database.RETRY_SECONDS", 0.05)
        with batches.running():
            pass
    assert calls == [times]
