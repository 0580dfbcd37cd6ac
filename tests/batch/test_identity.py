"""The identity of batches and rows: the same file continues, a changed row is a new task."""

from functools import partial

from PIL import Image

from jimeng_app.batch import store
from tests.batch.batch_worker import Batches
from tests.batch.conftest import Upstream

TABLE = "prompt,duration\nA cat.,4\nA dog.,4\n"


def test_the_same_table_again_submits_nothing(batches: Batches, upstream: Upstream) -> None:
    """A table that was submitted continues its batch: no row becomes a second task."""
    batches.submit(TABLE)
    before = [row["task_id"] for row in batches.rows()]
    with batches.running():
        assert batches.submit(TABLE) == (0, 2, 0)
        batches.wait()
        assert batches.submit(TABLE) == (0, 2, 0)
        batches.wait()

    assert [row["task_id"] for row in batches.rows()] == before
    assert sorted(upstream.accepted) == sorted(before)
    assert set(upstream.accepted.values()) == {1}


def test_a_changed_row_is_a_new_task(batches: Batches) -> None:
    """A changed row is added; the row that it replaces is withdrawn when it was not sent yet."""
    batches.submit(TABLE)
    assert batches.submit(TABLE.replace("dog", "horse")) == (1, 1, 1)

    stages = [(row["request"]["prompt"], row["stage"]) for row in batches.rows()]
    assert sorted(stages) == [
        ("A cat.", "waiting"),
        ("A dog.", "cancelled"),
        ("A horse.", "waiting"),
    ]


def test_a_row_that_comes_back_is_its_old_self(batches: Batches) -> None:
    """A row that was withdrawn and stands in the table again keeps its task id."""
    batches.submit(TABLE)
    before = {row["task_id"] for row in batches.rows()}
    batches.submit("prompt,duration\nA cat.,4\n")
    batches.submit(TABLE)

    assert {row["task_id"] for row in batches.rows()} == before
    assert {row["stage"] for row in batches.rows()} == {"waiting"}


def test_equal_rows_are_several_tasks(batches: Batches) -> None:
    """The same row twice asks for two films, also when the table is submitted again."""
    twice = "prompt,duration\nA cat.,4\nA cat.,4\n"
    assert batches.submit(twice).added == 2
    assert batches.submit(twice) == (0, 2, 0)


def test_a_replaced_picture_changes_its_row(batches: Batches) -> None:
    """A row is another one when the content of its picture is; the file's name does not matter."""
    picture = batches.folder / "a.png"
    Image.new("RGB", (400, 400), "red").save(picture)
    table = "prompt,first_frame\nA cat.,a.png\n"
    batches.submit(table)
    Image.new("RGB", (400, 400), "blue").save(picture)
    assert batches.submit(table) == (1, 0, 1)
    picture.rename(batches.folder / "b.png")
    assert batches.submit(table.replace("a.png", "b.png")) == (0, 1, 0)


def test_a_paused_batch_sends_nothing(batches: Batches, upstream: Upstream) -> None:
    """A paused batch waits, also with rows that are in the queue; resumed, it completes."""
    batches.submit(TABLE)
    with batches.running(tick=0.2) as worker:
        batch_id = batches.status().id
        worker.database.run(partial(store.change_account, name="default", running=1))
        batches.change(store.pause_batch, batch_id=batch_id, paused=True)
        batches.wait(waiting=2)
        assert not upstream.accepted
        batches.change(store.pause_batch, batch_id=batch_id, paused=False)
        assert batches.wait().stages == {"completed": 2}

    assert set(upstream.accepted.values()) == {1}


def test_a_cancelled_batch_ends(batches: Batches, upstream: Upstream) -> None:
    """Rows that were not sent are cancelled, and the batch ends without them."""
    batches.submit(TABLE)
    assert batches.change(store.cancel_batch, batch_id=batches.status().id) == 2
    with batches.running():
        assert batches.wait().stages == {"cancelled": 2}

    assert not upstream.accepted


def test_failed_rows_are_tried_again_as_new_tasks(batches: Batches, upstream: Upstream) -> None:
    """After retry-failed the failed rows complete under new ids; completed ones are left alone."""
    upstream.answers.append("3018")
    batches.submit(TABLE)
    with batches.running():
        batches.wait()
        before = {row["stage"]: row["task_id"] for row in batches.rows()}
        assert batches.change(store.retry_failed, batch_id=batches.status().id) == 1
        assert batches.wait().stages == {"completed": 2}

    after = {row["task_id"] for row in batches.rows()}
    assert before["completed"] in after
    assert before["failed"] not in after
    assert set(upstream.accepted.values()) == {1}
