"""The archive: names, remote places, fresh links for dead ones, what cannot be saved."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import anyio
import fsspec
import pytest

from jimeng_app.batch import engine, row_work, store
from jimeng_app.batch.archive import Archive, SavedFile, check_template, results_of, stem_of
from jimeng_core import InvalidRequest
from tests.batch.batch_worker import Batches
from tests.batch.conftest import Upstream

TABLE = "prompt,duration,name\nA cat.,4,cat\n"
ROW: dict[str, Any] = {
    "number": 7,
    "mode": "image",
    "task_id": "T",
    "name": "a/b: c",
    "account": "default",
}


@pytest.mark.parametrize(
    ("template", "stem"),
    [
        ("{row:03}-{mode}-{id}", "007-image-T"),
        ("{name}/{row}", "a_b_ c/7"),
        ("{account}-{id}", "default-T"),
    ],
)
def test_names_by_a_template(template: str, stem: str) -> None:
    """A template makes names without signs that file systems refuse."""
    check_template(template)
    assert stem_of(template, ROW) == stem


@pytest.mark.parametrize("template", ["", "film", "{row", "{nope}", "{0}", "../{id}", "/x/{id}"])
def test_unusable_templates(template: str) -> None:
    """A template that cannot tell rows apart, or leaves the folder, is refused."""
    with pytest.raises(InvalidRequest):
        check_template(template)


def flush_as_windows(descriptor: int) -> None:
    """Flush a file; Windows refuses it for one that is open for reading only."""
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def test_results_in_a_remote_place(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results and manifest go to any place that fsspec opens, under their final names only.

    They are flushed to the disk first, as every system can.
    """
    monkeypatch.setattr(os, "fsync", flush_as_windows)
    batches.submit(TABLE, target="memory://films/today")
    with batches.running():
        assert batches.wait().stages == {"completed": 1}

    files = fsspec.filesystem("memory").ls("/films/today", detail=False)
    names = sorted(Path(name).name for name in files)
    assert names == ["001.jpg", "001.mp4", "manifest.csv", "manifest.json"]


def test_a_dead_link_is_asked_for_again(
    batches: Batches, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the stored link does not open, the task is looked up for another one."""
    dead = iter([True])

    def first_is_dead(row: Any, stem: str) -> Any:
        files = results_of(row, stem)
        return [(k, url + "gone" if next(dead, False) else url, p) for k, url, p in files]

    monkeypatch.setattr(row_work, "results_of", first_is_dead)
    batches.submit(TABLE)
    with batches.running():
        assert batches.wait().stages == {"completed": 1}

    assert upstream.lookups >= 2


def test_a_result_that_cannot_be_saved_is_paid_once(
    batches: Batches, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film that cannot be written fails its row; retry-failed saves it without a new task."""
    monkeypatch.setattr(row_work, "SAVE_PAUSES", (1.0, 1.0))
    batches.submit(TABLE, template="sub/{row}")
    blocker = batches.out / "sub"
    batches.out.mkdir()
    blocker.write_text("no folder")
    with batches.running():
        assert batches.wait().stages == {"failed": 1}
        [row] = batches.rows()
        assert "retry-failed" in row["error"]["message"]
        blocker.unlink()
        batches.change(store.retry_failed, batch_id=row["batch_id"])
        assert batches.wait().stages == {"completed": 1}

    assert (batches.out / "sub" / "1.mp4").is_file()
    assert list(upstream.accepted.values()) == [1]


def test_some_results_at_a_time(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker saves no more results at once than it may, whatever it has taken from the queue."""
    save, under_way = Archive.save, [0]
    counts = []

    async def counted(archive: Archive, *args: str) -> SavedFile:
        under_way[0] += 1
        counts.append(under_way[0])
        await anyio.sleep(0.02)
        saved = await save(archive, *args)
        under_way[0] -= 1
        return saved

    monkeypatch.setattr(engine, "MAX_SAVES", 2)
    monkeypatch.setattr(Archive, "save", counted)
    batches.submit("prompt,duration\n" + "".join(f"Film {i}.,4\n" for i in range(5)))
    with batches.running():
        assert batches.wait().stages == {"completed": 5}
    assert max(counts) == 2
