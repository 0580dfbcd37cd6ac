import errno
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from jimeng_core.backends.demo import store as store_module
from jimeng_core.backends.demo.parsed_draft import DraftRefused, ParsedDraft, ParsedShot
from jimeng_core.backends.demo.store import URI_PREFIX, Store
from jimeng_core.backends.demo.stored_task import DemoTask
from jimeng_core.ids import new_task_id
from tests.each import each


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "demo")


def task(*shots: str, created: float = 1.0, finished: float | None = None) -> DemoTask:
    """A task of these pictures."""
    uris = tuple(ParsedShot(URI_PREFIX + shot, 2, "猫") for shot in shots)
    draft = ParsedDraft("multi_frame", "海", uris, 4, 24, "720p", "16:9", 7)
    return DemoTask(
        new_task_id(), "account", "visitor", created, 1, draft, "{}", "{}", finished=finished
    )


def write_results(store: Store, stored: DemoTask, age: float, size: int = 100) -> None:
    """Write a task's results, each a second older than the one before."""
    for number, path in enumerate(store.results(stored)):
        path.write_bytes(bytes(size))
        os.utime(path, (10**9 - age - number,) * 2)


def execute(tmp_path: Path, sql: str, *parameters: object) -> None:
    """Change the database behind the store's back."""
    with closing(sqlite3.connect(tmp_path / "demo" / "demo.sqlite3")) as db, db:
        db.execute(sql, parameters)


def admit_all(_unfinished: object) -> None:
    """Admit every submission."""


def test_round_trip(store: Store, tmp_path: Path) -> None:
    """A task is found unchanged under both of its ids, also by another process's store."""
    stored = replace(task("a", "b", finished=2.5), fault="expired", broken=True, deleted=True)
    store.add([stored])
    assert store.load(stored.submit_id) == store.load(stored.history_id) == stored
    assert Store(tmp_path / "demo").all() == [stored]


def test_history_id() -> None:
    """A history id is 13 digits derived from the submit id, and differs between tasks."""
    numbers = {task().history_id for _ in range(200)}
    assert len(numbers) == 200
    assert all(re.fullmatch(r"[0-9]{13}", number) for number in numbers)
    one = task()
    assert replace(one, created=9, finished=10).history_id == one.history_id


def test_order(store: Store) -> None:
    """Tasks come in the order of submission, whatever the clock said."""
    made = [task(created=created) for created in (3, 1, 2)]
    for entry in made:
        assert store.submit(entry, admit_all) == entry
    assert store.all() == store.load_many(entry.submit_id for entry in reversed(made)) == made
    assert list(store.unfinished()) == [entry.submit_id for entry in made]


def test_unknown_ids(store: Store) -> None:
    """An id without a task, of any form, is not found and not finished."""
    for unknown in (new_task_id(), "1000000000000", "", "\0", "' OR 1 --", "海"):
        assert store.load(unknown) is None
        assert not store.finish(unknown, 1, broken=False)


def test_a_hundred_ids_in_one_query(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of any number of ids are read by one query."""
    made = [task() for _ in range(100)]
    store.add(made)
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*args: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    found = store.load_many([entry.submit_id for entry in made[:60]] + [new_task_id()])
    found += store.load_many(entry.history_id for entry in made[60:])
    assert found == made
    assert len([sql for sql in statements if "SELECT *" in sql]) == 2


def test_submitted_again(store: Store) -> None:
    """An id that is submitted again by its account is charged again; by another it is refused."""
    first = task()
    assert store.submit(first, admit_all) == first
    assert store.submit(replace(first, account="other"), admit_all) is None
    assert store.submit(replace(task(), submit_id=first.submit_id), admit_all) == replace(
        first, charges=2
    )
    assert store.all() == [replace(first, charges=2)]


def test_admission(store: Store) -> None:
    """A new task is admitted by the visitors of the unfinished ones, a stored one always."""
    store.add([task(finished=1), replace(task(), visitor="")])
    seen: list[list[str]] = []
    one = task()
    store.submit(one, lambda unfinished: seen.append(list(unfinished)))
    assert seen == [[""]]

    def refuse(_unfinished: object) -> None:
        raise DraftRefused("1310", "full")

    with pytest.raises(DraftRefused):
        store.submit(task(), refuse)
    assert store.submit(one, refuse) == replace(one, charges=2)
    assert len(store.all()) == 3


def in_threads(call: Callable[[], object], times: int) -> list[object]:
    """The results of calls that begin at once, each in a thread."""
    barrier = threading.Barrier(times)

    def run(_: int) -> object:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_submissions_of_one_id_at_once(store: Store) -> None:
    """Submissions of one id at the same time make one task, and each is charged."""
    one = task()
    in_threads(lambda: store.submit(one, admit_all), 20)
    assert store.all() == [replace(one, charges=20)]


def test_finished_once(store: Store) -> None:
    """Of several workers that finish a task at once, one does."""
    one = task()
    store.add([one])
    done = in_threads(lambda: store.finish(one.submit_id, 5, broken=False), 8)
    assert sorted(map(bool, done)) == [False] * 7 + [True]
    assert store.unfinished() == {}
    assert not store.finish(one.submit_id, 9, broken=True)
    assert store.all() == [replace(one, finished=5)]


def test_pictures(store: Store) -> None:
    """A picture is found by its URI once it is complete."""
    store.put_file("a", b"picture")
    (store.pictures / ".b.1234").write_bytes(b"half of one")
    assert store.uris() == {f"{URI_PREFIX}a"}
    assert store.upload(f"{URI_PREFIX}a").read_bytes() == b"picture"


def test_interrupted_picture(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old picture, and nothing half-written."""
    store.put_file("a", b"old")

    def fail(_path: Path, _target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        store.put_file("a", b"new")
    assert store.upload("a").read_bytes() == b"old"
    assert [entry.name for entry in store.pictures.iterdir()] == ["a"]


def test_eviction(store: Store) -> None:
    """The oldest results are evicted first, until the rest fits; their tasks are deleted."""
    made = [task(finished=5) for _ in range(4)]
    store.add(made)
    for age, entry in enumerate(reversed(made)):
        write_results(store, entry, age)
    store.evict(400)
    assert [entry.deleted for entry in store.all()] == [True, True, False, False]
    store.evict(400)
    assert len(list(store.media.iterdir())) == 4


@each("count", [0, 3])
def test_results_go_together(store: Store, count: int) -> None:
    """A video and its poster, or all images of a task, stay or go together."""
    made = [
        replace(entry, draft=replace(entry.draft, count=count))
        for entry in (task(finished=5) for _ in range(3))
    ]
    store.add(made)
    for age, entry in enumerate(reversed(made)):
        write_results(store, entry, age * 0.1)  # the files of two tasks overlap in age
    for limit in range(900, -1, -50):
        store.evict(limit)
        names = {path.name for path in store.media.iterdir()}
        whole = [entry for entry in store.all() if not entry.deleted]
        assert names == {path.name for entry in whole for path in store.results(entry)}
        assert len(names) * 100 <= limit


def test_needed_pictures_stay(store: Store) -> None:
    """Pictures of unfinished tasks are never evicted; those of finished ones are, in turn."""
    store.add([task("needed"), task("used", finished=5)])
    for name in ("needed", "used", "new"):
        store.put_file(name, bytes(100))
        os.utime(store.pictures / name, (10**9,) * 2)
    store.evict(0)
    assert store.uris() == {f"{URI_PREFIX}needed"}


def test_no_eviction_below_the_limit(store: Store) -> None:
    """Nothing is evicted while everything fits."""
    stored = task(finished=5)
    store.add([stored])
    write_results(store, stored, 0)
    store.put_file("a", bytes(100))
    store.evict(300)
    assert len([*store.media.iterdir(), *store.pictures.iterdir()]) == 3


def test_deleted_tasks_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest deleted tasks are remembered; an older one's id becomes unknown."""
    monkeypatch.setattr(store_module, "REMEMBERED", 2)
    made = [task(finished=5) for _ in range(4)]
    store.add([*made, task(created=9)])
    for age, entry in enumerate(reversed(made)):
        write_results(store, entry, age)
    store.evict(0)
    assert [entry.submit_id for entry in store.all()[:2]] == [entry.submit_id for entry in made[2:]]
    assert [entry.deleted for entry in store.all()] == [True, True, False]
    assert store.load(made[0].history_id) is None


@pytest.mark.parametrize("column", ["draft", "account", "created", "finished", "charges"])
@pytest.mark.parametrize("value", ["", "words", "{}", "[]", b"\xff\xfe", b"[" * 10**5])
def test_unreadable_row(store: Store, tmp_path: Path, column: str, value: object) -> None:
    """A row that cannot be read costs only itself."""
    good, bad = task(), task()
    store.add([good, bad])
    execute(tmp_path, f"UPDATE tasks SET {column} = ? WHERE submit_id = ?", value, bad.submit_id)  # noqa: S608
    assert store.all()[0] == store.load_many([bad.submit_id, good.submit_id])[0] == good
    assert store.submit(task(), admit_all)
    store.finish(bad.submit_id, 5, broken=True)
    store.evict(0)
    assert bad.submit_id not in store.unfinished()


def old_file(folder: Path, stored: DemoTask) -> Path:
    """Write a task as the version before the database did, with the number of its history id."""
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    (folder / "numbers").mkdir(exist_ok=True)
    (folder / "numbers" / stored.history_id).write_text(stored.submit_id)
    content = asdict(stored)
    content["order"] = content.pop("draft")
    path = folder / "tasks" / f"{stored.submit_id}.json"
    path.write_text(json.dumps(content))
    return path


def test_json_files_of_an_earlier_version(tmp_path: Path) -> None:
    """Tasks in JSON files move into the database; a file that cannot be read costs only itself."""
    folder = tmp_path / "demo"
    made = [task("a", created=2, finished=2.5), replace(task(created=1), charges=3)]
    for entry in made:
        old_file(folder, entry)
    before_images = json.loads(old_file(folder, task(created=3)).read_text())
    del before_images["order"]["count"]
    (folder / "tasks" / "older.json").write_text(json.dumps(before_images))
    (folder / "tasks" / "bad.json").write_text("{")
    (folder / "tasks" / "folder.json").mkdir()
    first = Store(folder).all()
    assert first[:2] == made[::-1]
    assert [entry.created for entry in first] == [1, 2, 3]
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["media", "pictures"]
    assert Store(folder).all() == first


def test_two_stores_open_at_once(tmp_path: Path) -> None:
    """Stores that open an old folder at the same time take its tasks over once."""
    folder = tmp_path / "demo"
    made = [task(created=number) for number in range(20)]
    for entry in made:
        old_file(folder, entry)
    in_threads(lambda: Store(folder), 6)
    assert Store(folder).all() == made


def test_files_that_come_back(tmp_path: Path) -> None:
    """A JSON file of a task that the database has changes nothing, as after a kill."""
    one = task()
    store = Store(tmp_path / "demo")
    store.add([replace(one, finished=7)])
    old_file(tmp_path / "demo", one)
    assert Store(tmp_path / "demo").all() == [replace(one, finished=7)]


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file that is not a database is an error of the folder."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "demo.sqlite3").write_bytes(b"words" * 1000)
    with pytest.raises(OSError, match="not a database"):
        Store(tmp_path / "demo")


def test_full_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot grow is a full disk, and stores a task entirely or not at all."""
    connect = sqlite3.connect

    def small(*args: object, **options: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
        db.execute("PRAGMA max_page_count = 20")
        return db

    monkeypatch.setattr(sqlite3, "connect", small)
    stored: list[DemoTask] = []

    def fill() -> None:
        for _ in range(1000):
            one = replace(task(), draft_content="x" * 5000)
            store.submit(one, admit_all)
            stored.append(one)

    with pytest.raises(OSError, match="full") as caught:
        fill()
    assert caught.value.errno == errno.ENOSPC
    assert store.all() == stored
