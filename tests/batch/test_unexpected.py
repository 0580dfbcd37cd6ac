"""Unexpected errors: what they stopped goes on or fails in words, paid once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from jimeng_app.batch import store, transitions, upkeep, webhook_store, webhooks
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


def test_cancelling_what_may_have_been_sent(
    batches: Batches, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled rows that had no answer are looked up: what exists is saved, the rest cancelled."""
    monkeypatch.setattr("jimeng_core.lookups.RECORD_DELAY", -timedelta(days=1))
    monkeypatch.setattr("jimeng_app.batch.poller.MISSING_SECONDS", 0.05)
    table = "prompt,duration\nA cat.,4\nA dog.,4\n"
    upstream.answers.extend(["lost", "502"])
    upstream.lookup_answers.extend(["down"] * 1000)
    batches.submit(table)
    with batches.running():
        until(lambda: all(row["run"] for row in batches.rows()))
    upstream.lookup_answers.clear()
    rows = batches.rows()
    assert all(row["sent"] and row["stage"] in {"waiting", "queued"} for row in rows)
    assert batches.change(store.cancel_batch, batch_id=rows[0]["batch_id"]) == 0
    with batches.running():
        assert batches.wait().stages == {"completed": 1, "cancelled": 1}
        assert list(upstream.accepted.values()) == [1]
        batches.submit(table)
        assert batches.wait().stages == {"completed": 2}
    assert upstream.accepted == {row["task_id"]: 1 for row in rows}


def test_cancelling_a_submission_to_ark(batches: Batches) -> None:
    """Ark cannot say whether it has the task of a cancelled row: it fails, and says so."""
    batches = ark(batches.folder, [])
    batches.submit(ONE)
    [row] = batches.rows()
    batches.change(transitions.mark_sent, task_id=row["task_id"])
    assert batches.change(store.cancel_batch, batch_id=row["batch_id"]) == 0
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
    assert batches.rows()[0]["error"]["code"] == "submit_unconfirmed"
