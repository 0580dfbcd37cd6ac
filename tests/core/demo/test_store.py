import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from jimeng_core.backends.demo import store as store_module
from jimeng_core.backends.demo.parsed_draft import ParsedDraft, ParsedShot
from jimeng_core.backends.demo.store import URI_PREFIX, DemoTask, Store, write
from jimeng_core.ids import new_task_id


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "demo")


def task(*shots: str, created: float = 1.0, finished: float | None = None) -> DemoTask:
    """A task of these pictures."""
    order = ParsedDraft(
        "multi_frame",
        "海",
        tuple(ParsedShot(URI_PREFIX + shot, 2, "猫") for shot in shots),
        4,
        24,
        "720p",
        "16:9",
        7,
    )
    return DemoTask(
        new_task_id(), "account", "visitor", created, 1, order, "{}", "{}", finished=finished
    )


def film(store: Store, kept: DemoTask, age: float, size: int = 100) -> None:
    """Give a task a film and its poster, the poster a little older, as the renderer does."""
    for path, older in ((store.poster(kept.submit_id), 1), (store.video(kept.submit_id), 0)):
        path.write_bytes(bytes(size))
        os.utime(path, (10**9 - age - older,) * 2)


def test_kept(store: Store) -> None:
    """A task comes back as it was, by both of its ids, and from another process's store."""
    kept = replace(task("a", "b", finished=2.5), fault="expired", broken=True, deleted=True)
    store.save(kept)
    assert store.load(kept.submit_id) == kept
    assert store.load_number(kept.history_id) == kept
    again = Store(store.tasks.parent)
    assert list(again.all()) == [kept]


def test_history_id() -> None:
    """The site's number for a task is digits that follow from its id, and differ between tasks."""
    numbers = {task().history_id for _ in range(200)}
    assert len(numbers) == 200
    assert all(re.fullmatch(r"[0-9]{13}", number) for number in numbers)
    kept = task()
    assert replace(kept, created=9, finished=10).history_id == kept.history_id


def test_order_of_all(store: Store) -> None:
    """All tasks come in the order they were made."""
    made = [task(created=created) for created in (3, 1, 2)]
    for each in made:
        store.save(each)
    assert [each.created for each in store.all()] == [1, 2, 3]


def test_nothing_there(store: Store) -> None:
    """What is not there is None."""
    assert store.load(new_task_id()) is None
    assert store.load_number("1000000000000") is None
    assert store.change(new_task_id(), lambda kept: kept) is None


def test_changes_do_not_get_lost(store: Store) -> None:
    """Changes of one task from many threads all count."""
    kept = task()
    store.save(kept)

    def charge(_: int) -> None:
        store.change(kept.submit_id, lambda now: replace(now, charges=now.charges + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(charge, range(100)))
    assert store.load(kept.submit_id) == replace(kept, charges=101)


def test_pictures(store: Store) -> None:
    """A picture is found by its URI once it is whole."""
    store.put_picture("a", b"picture")
    (store.pictures / ".b.1234").write_bytes(b"half of one")
    assert store.uris() == {f"{URI_PREFIX}a"}
    assert store.picture(f"{URI_PREFIX}a").read_bytes() == b"picture"


def test_write_is_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old file, and nothing half-written."""
    path = tmp_path / "file"
    write(path, b"old")

    def fail(_path: Path, _target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_room(store: Store) -> None:
    """The oldest go first, until the rest has room; a task whose film went is deleted."""
    made = [task(created=created, finished=5) for created in range(4)]
    for age, each in enumerate(reversed(made)):
        store.save(each)
        film(store, each, age)
    store.make_room(400)
    assert [each.deleted for each in store.all()] == [True, True, False, False]
    store.make_room(400)
    assert len(list(store.media.iterdir())) == 4


def test_film_goes_with_its_poster(store: Store) -> None:
    """A film and its poster stay or go together: no task has a film and a dead cover."""
    made = [task(created=created, finished=5) for created in range(3)]
    for age, each in enumerate(reversed(made)):
        store.save(each)
        film(store, each, age * 0.1)  # posters of one and films of another are of one age
    for limit in range(600, -1, -50):
        store.make_room(limit)
        stems = [path.stem for path in store.media.iterdir()]
        assert len(stems) == 2 * len(set(stems))
        assert len(stems) * 100 <= limit
        assert {each.submit_id for each in store.all() if not each.deleted} == set(stems)


def test_images_go_together(store: Store) -> None:
    """All images of a task stay or go; what is not theirs, with a name that is alike, is not."""
    made = [task(created=created, finished=5) for created in range(3)]
    for age, each in enumerate(reversed(made)):
        store.save(each)
        for number, path in enumerate(store.images(each.submit_id, 3)):
            path.write_bytes(bytes(100))
            os.utime(path, (10**9 - age - number * 0.5,) * 2)  # those of two tasks overlap
    for limit in range(900, -1, -50):
        store.make_room(limit)
        kept = sorted(path.name for path in store.media.iterdir())
        there = [each.submit_id for each in store.all() if not each.deleted]
        assert kept == sorted(path.name for each in there for path in store.images(each, 3))
        assert len(kept) * 100 <= limit


def test_tasks_of_an_earlier_version(store: Store) -> None:
    """A task that was kept before there were images is still a video's task."""
    kept = task("a", finished=2.5)
    store.save(kept)
    path = store.tasks / f"{kept.submit_id}.json"
    old = json.loads(path.read_bytes())
    del old["order"]["count"]
    path.write_text(json.dumps(old))
    assert store.load(kept.submit_id) == kept


def test_needed_pictures_stay(store: Store) -> None:
    """The pictures of unfinished tasks stay, however old; those of finished ones go in turn."""
    store.save(task("needed"))
    store.save(task("used", finished=5))
    for name in ("needed", "used", "new"):
        store.put_picture(name, bytes(100))
        os.utime(store.pictures / name, (10**9,) * 2)
    store.make_room(0)
    assert store.uris() == {f"{URI_PREFIX}needed"}


def test_room_enough(store: Store) -> None:
    """Nothing goes while there is room."""
    kept = task(finished=5)
    store.save(kept)
    film(store, kept, 0)
    store.put_picture("a", bytes(100))
    store.make_room(300)
    assert len([*store.media.iterdir(), *store.pictures.iterdir()]) == 3


def test_deleted_ones_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of deleted tasks the newest are remembered; then the id is simply not known any more."""
    monkeypatch.setattr(store_module, "REMEMBERED", 2)
    made = [replace(task(created=created, finished=5), deleted=True) for created in range(4)]
    for each in made:
        store.save(each)
    store.save(task(created=9))
    store.make_room(0)
    assert [each.created for each in store.all()] == [2, 3, 9]
    assert store.load_number(made[0].history_id) is None
