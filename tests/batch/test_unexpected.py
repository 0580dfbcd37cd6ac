"""Unexpected errors: what they stopped goes on or fails in words, paid once."""

from functools import partial
from typing import Any

import httpx
import pytest
from dbos import DBOS

from jimeng_app.batch import (
    row_work,
    store,
    transitions,
    upkeep,
    webhook_store,
    webhooks,
)
from jimeng_app.batch.archive import Archive
from tests.batch.batch_worker import Batches, until
from tests.batch.conftest import Upstream
from tests.batch.receiver import SECRET
from tests.batch.test_trouble import ONE, ark


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(upkeep, "BROKEN_TICKS", 1)


def test_rows_go_on(batches: Batches, upstream: Upstream) -> None:
    """Rows whose submission or look-up ends by such an error complete, each sent once."""
    upstream.answers.extend(["broken", "accepted, broken"])
    upstream.lookup_answers.extend(["broken"] * 2)
    batches.submit("prompt,duration\nA cat.,4\nA dog.,4\nA bird.,4\n")
    before = {row["task_id"]: 1 for row in batches.rows()}
    with batches.running():
        assert batches.wait().stages == {"completed": 3}
    assert upstream.accepted == before


def test_a_submission_that_never_works(batches: Batches, upstream: Upstream) -> None:
    """After some attempts the row fails with what to do; retry-failed looks its id up first."""
    upstream.answers.extend(["accepted, broken"])
    upstream.lookup_answers.extend(["broken"] * 6)
    batches.submit(ONE)
    [before] = batches.rows()
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
        [row] = batches.rows()
        assert row["error"]["code"] == "upstream_error"
        assert "KeyError" in row["error"]["message"]
        assert "retry-failed" in row["error"]["message_zh"]
        batches.change(store.retry_failed, batch_id=row["batch_id"])
        assert batches.wait().stages == {"completed": 1}
    assert upstream.accepted == {before["task_id"]: 1}


def test_a_task_on_ark(batches: Batches) -> None:
    """A task that Ark has is followed under Ark's id after such errors, and never created again."""
    posts: list[httpx.Request] = []
    batches = ark(batches.folder, posts)
    broken = [True] * 7

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posts.append(request)
            return httpx.Response(200, json={"id": "cgt-20261126200000-abcde"})
        if broken and broken.pop():
            raise KeyError
        error = {"code": "OutputVideoSensitiveContentDetected", "message": "no"}
        task = {"id": "cgt-20261126200000-abcde", "status": "failed", "error": error}
        one = request.url.path.endswith("abcde")
        return httpx.Response(200, json=task if one else {"total": 1, "items": [task]})

    batches.transport = httpx.MockTransport(answer)
    batches.submit(ONE)
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
        [row] = batches.rows()
        assert "KeyError" in row["error"]["message"]
        batches.change(store.retry_failed, batch_id=row["batch_id"])
        batches.wait()
        [row] = batches.rows()
        assert row["error"]["code"] == "content_refused"
    assert len(posts) == 1


def test_saving_and_webhooks(
    batches: Batches, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film that is not saved fails its row, until retry-failed; a webhook is given up."""
    save = Archive.save

    async def broken(*_: Any, **__: Any) -> None:
        raise KeyError

    monkeypatch.setattr(webhooks, "post", broken)
    hooked = Batches(batches.folder, webhook_secret=SECRET, allow_private_urls=True)
    hooked.submit(ONE, callback_url="http://127.0.0.1:9/")
    with hooked.running():
        monkeypatch.setattr(Archive, "save", broken)
        assert hooked.wait().stages == {"failed": 1}
        [row] = hooked.rows()
        assert "retry-failed saves it" in row["error"]["message"]
        until(lambda: len(hooked.change(webhook_store.dead_webhooks)) == 2)
        dead = hooked.change(webhook_store.dead_webhooks)
        assert {row["error"] for row in dead} == {"unexpected error (KeyError)"}
        monkeypatch.setattr(Archive, "save", save)
        hooked.change(store.retry_failed, batch_id=row["batch_id"])
        assert hooked.wait().stages == {"completed": 1}
    assert list(upstream.accepted.values()) == [1]


def test_an_interruption_before_retry_failed(
    batches: Batches, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last error of a failed row, cleared up once more after retry-failed, does not fail it."""
    monkeypatch.setattr(row_work, "MAX_RUNS", 0)
    batches.submit(ONE)
    retry = partial(batches.change, store.retry_failed, batch_id=batches.status().id)
    delete, deleted = DBOS.delete_workflows_async, []

    async def interrupted_once(workflow_ids: list[str]) -> None:
        deleted.extend(workflow_ids)
        if len(deleted) == 1:
            retry()
            raise KeyError
        await delete(workflow_ids)

    monkeypatch.setattr(DBOS, "delete_workflows_async", interrupted_once)
    upstream.lookup_answers.extend(["broken", *["down"] * 1000])
    with batches.running():
        until(lambda: len(deleted) > 1)
        upstream.lookup_answers.clear()
        assert batches.wait().stages == {"completed": 1}
    assert upstream.accepted.total() == 1


def test_a_workflow_that_is_cancelled(batches: Batches, upstream: Upstream) -> None:
    """A row whose workflow was cancelled with the engine's own tools is followed by another."""
    upstream.lookup_answers.extend(["down"] * 1000)
    batches.submit(ONE)
    with batches.running():
        batches.wait(running=1)
        [row] = batches.rows()
        DBOS.cancel_workflow(row["task_id"])
        until(lambda: batches.rows()[0]["run"] == 1)
        upstream.lookup_answers.clear()
        assert batches.wait().stages == {"completed": 1}
    assert upstream.accepted == {row["task_id"]: 1}
