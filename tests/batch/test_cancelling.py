"""Cancelling: nothing more is sent, what may exist at the upstream is followed to its end."""

import json
import threading
from datetime import timedelta
from functools import partial

import pytest

from jimeng_app.batch import store, transitions, upkeep
from tests.batch.batch_worker import Batches, until
from tests.batch.conftest import Upstream
from tests.batch.test_limits import RISK_CONTROL, TOO_MANY, TOO_OFTEN
from tests.batch.test_trouble import ONE, ark

SEVEN = '[default]\nbackend = "demo"\nrunning = 7\n'
TWO = ONE + "A dog.,4\n"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(upkeep, "BROKEN_TICKS", 1)
    monkeypatch.setattr("jimeng_app.batch.poller.MISSING_SECONDS", 0.05)
    monkeypatch.setattr("jimeng_core.lookups.RECORD_DELAY", -timedelta(days=1))


def test_during_submissions(batches: Batches, upstream: Upstream) -> None:
    """Rows that are being sent at that moment are cancelled, but for those that are accepted."""
    answers = [TOO_MANY, TOO_OFTEN, RISK_CONTROL, "502", "broken", "lost", ""]
    (batches.folder / "accounts.toml").write_text(SEVEN, "utf-8")
    batches.submit("prompt,duration\n" + "".join(f"Film {answer}.,4\n" for answer in answers))
    cancel = partial(batches.change, store.cancel_batch, batch_id=batches.status().id)
    upstream.on_submission = threading.Barrier(len(answers), cancel, timeout=30).wait
    upstream.answers.extend(answers)
    with batches.running():
        assert batches.wait().stages == {"cancelled": 5, "completed": 2}
    assert upstream.accepted.total() == 2
    manifest = json.loads((batches.out / "manifest.json").read_text("utf-8"))
    assert {row["stage"] for row in manifest} == {"cancelled", "completed"}


def test_a_row_that_is_replaced_meanwhile(batches: Batches, upstream: Upstream) -> None:
    """A row that is being sent while its table is stored without it is cancelled likewise."""
    batches.submit(ONE)
    changes = [ONE.replace("cat", "dog")]
    upstream.on_submission = lambda: [batches.submit(changes.pop()) for _ in changes]
    upstream.answers.append(TOO_OFTEN)
    with batches.running():
        assert batches.wait().stages == {"cancelled": 1, "completed": 1}
    assert upstream.accepted.total() == 1


def claimed(batches: Batches, *, sent: bool) -> str:
    """A cancelled batch whose row is being sent by a worker that is no more."""
    batches.submit(ONE)
    [row] = batches.rows()
    task_id, batch_id = row["task_id"], row["batch_id"]
    batches.change(transitions.claim, task_id=task_id, run=0)
    if sent:
        batches.change(transitions.mark_sent, task_id=task_id)
    batches.change(store.cancel_batch, batch_id=batch_id)
    assert batches.status().stages == {"cancelling": 1}
    return str(task_id)


@pytest.mark.parametrize(("sent", "stage"), [(False, "cancelled"), (True, "running")])
def test_a_worker_that_crashes(batches: Batches, *, sent: bool, stage: str) -> None:
    """A row whose worker died meanwhile is not sent by the next one, but followed if it was."""
    task_id = claimed(batches, sent=sent)
    assert batches.change(transitions.claim, task_id=task_id, run=0) is None
    [row] = batches.rows()
    assert (row["stage"], row["submitted_at"]) == (stage, None)


def test_submitting_the_table_again(batches: Batches) -> None:
    """The same table takes the cancelling back, also of a row that is being sent."""
    task_id = claimed(batches, sent=False)
    assert batches.submit(ONE) == (0, 1, 0)
    assert batches.status().stages == {"sending": 1}
    assert batches.change(transitions.put_back, task_id=task_id, run=0)
    assert batches.status().stages == {"waiting": 1}


def test_what_may_have_been_sent(batches: Batches, upstream: Upstream) -> None:
    """Cancelled rows that had no answer are looked up: what exists is saved, the rest cancelled."""
    upstream.answers.extend(["lost", "502"])
    upstream.lookup_answers.extend(["down"] * 1000)
    batches.submit(TWO)
    with batches.running():
        until(lambda: all(row["run"] for row in batches.rows()))
    upstream.lookup_answers.clear()
    rows = batches.rows()
    assert all(row["sent"] and row["stage"] in {"waiting", "queued"} for row in rows)
    assert batches.change(store.cancel_batch, batch_id=rows[0]["batch_id"]) == 0
    with batches.running():
        assert batches.wait().stages == {"completed": 1, "cancelled": 1}
        assert list(upstream.accepted.values()) == [1]
        batches.submit(TWO)
        assert batches.wait().stages == {"completed": 2}
    assert upstream.accepted == {row["task_id"]: 1 for row in rows}


def test_a_submission_to_ark(batches: Batches) -> None:
    """Ark cannot say whether it has the task of a cancelled row: it fails, and says so."""
    batches = ark(batches.folder, [])
    batches.submit(ONE)
    [row] = batches.rows()
    batches.change(transitions.mark_sent, task_id=row["task_id"])
    assert batches.change(store.cancel_batch, batch_id=row["batch_id"]) == 0
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
    assert batches.rows()[0]["error"]["code"] == "submit_unconfirmed"
