"""Limits of an account: refusals put rows back, stop the account, or fail their row alone."""

from functools import partial

import pytest

from jimeng_app.batch import store, transitions
from tests.batch.batch_worker import Batches
from tests.batch.conftest import Upstream

TABLE = "prompt,duration\nA cat.,4\nA dog.,4\nA bird.,4\n"
RISK_CONTROL, UNAUTHORIZED, NO_CREDITS, TOO_MANY, TOO_OFTEN = "1019", "1015", "1006", "1310", "1057"


@pytest.mark.parametrize("ret", [TOO_MANY, TOO_OFTEN])
def test_a_full_upstream_slows_the_account(
    batches: Batches, upstream: Upstream, ret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are refused for now are put back in their places, and none is submitted twice."""
    monkeypatch.setattr(transitions, "FIRST_BACKOFF", 0.2)
    upstream.answers.extend([ret, ret])
    batches.submit(TABLE)
    with batches.running():
        status = batches.wait()

    assert status.stages == {"completed": 3}
    assert set(upstream.accepted.values()) == {1}
    assert len(upstream.accepted) == 3


@pytest.mark.parametrize(
    ("ret", "code"),
    [
        (RISK_CONTROL, "risk_control"),
        (UNAUTHORIZED, "unauthorized"),
        (NO_CREDITS, "insufficient_credits"),
    ],
)
def test_a_refused_account_waits_for_a_person(
    batches: Batches, upstream: Upstream, ret: str, code: str
) -> None:
    """Risk control, an expired session and an empty account stop all rows, until resumed."""
    upstream.answers.extend([ret] * 3)  # as many as may be under way at once
    batches.submit(TABLE)
    with batches.running():
        status = next(status for status in batches.watch() if status.accounts)
        status = batches.wait(waiting=3)
        assert status.accounts["default"]["code"] == code
        assert status.ended_at is None
        assert not upstream.accepted
        upstream.answers.clear()
        batches.change(store.change_account, name="default", paused=None)
        assert batches.wait().stages == {"completed": 3}

    assert set(upstream.accepted.values()) == {1}


def test_another_refusal_fails_its_row_alone(batches: Batches, upstream: Upstream) -> None:
    """A row that the upstream refuses for itself ends failed with the code; the others complete."""
    upstream.answers.append("3018")
    batches.submit(TABLE)
    with batches.running():
        assert batches.wait().stages == {"completed": 2, "failed": 1}

    [failed] = [row for row in batches.rows() if row["stage"] == "failed"]
    assert failed["error"]["code"] == "permission_denied"


def test_a_lost_response_is_not_paid_twice(batches: Batches, upstream: Upstream) -> None:
    """A submission whose response was lost is looked up, and found."""
    upstream.answers.append("lost")
    batches.submit(TABLE)
    with batches.running():
        assert batches.wait().stages == {"completed": 3}

    assert set(upstream.accepted.values()) == {1}


def test_running_tasks_are_looked_up_together(batches: Batches, upstream: Upstream) -> None:
    """All running tasks of an account share the look-up requests of a round."""
    batches.submit("prompt,duration\n" + "".join(f"Film {i}.,4\n" for i in range(12)))
    with batches.running() as worker:
        worker.database.run(partial(store.change_account, name="default", running=12))
        assert batches.wait().stages == {"completed": 12}

    assert upstream.lookups <= 24  # a poller for each row would need 12 in each round


def test_no_more_run_than_the_account_may(batches: Batches, upstream: Upstream) -> None:
    """The tasks at the upstream never exceed the account's limit, which can change meanwhile."""
    batches.submit("prompt,duration\n" + "".join(f"Film {i}.,4\n" for i in range(6)))
    most = {1: 0, 6: 0}
    limit = 1
    with batches.running(tick=0.05) as worker:
        worker.database.run(partial(store.change_account, name="default", running=limit))
        for status in batches.watch(pause=0.01):
            under_way = status.stages.get("running", 0) + status.stages.get("sending", 0)
            most[limit] = max(most[limit], under_way)
            if limit == 1 and status.stages.get("completed", 0) >= 2:
                limit = 6
                worker.database.run(partial(store.change_account, name="default", running=limit))

    assert most[1] == 1
    assert 1 < most[6] <= 6
    assert len(upstream.accepted) == 6
